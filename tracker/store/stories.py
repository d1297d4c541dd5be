"""Stories: rows for groups of items that tell the same thing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


def new(connection: sqlite3.Connection, item_id: int, day: str) -> int:
    """Open a story with its first item and return the story's id. Must run inside a transaction."""
    story_id = connection.execute(
        "insert into stories (first_item_id, first_day) values (?, ?)", (item_id, day)
    ).lastrowid
    assert story_id is not None
    connection.execute("update items set story_id = ? where id = ?", (story_id, item_id))
    return story_id


def join(connection: sqlite3.Connection, story_id: int, item_id: int, day: str) -> None:
    """Add an item to a story and count its outlets again. Outlets of one owner count once."""
    connection.execute("update items set story_id = ? where id = ?", (story_id, item_id))
    connection.execute(
        """update stories set size = size + 1, first_day = min(first_day, ?), outlets =
             (select count(distinct coalesce(nullif(feeds.owner, ''), nullif(feeds.publisher, ''), feeds.id))
              from items join feeds on feeds.id = items.feed_id where items.story_id = stories.id)
           where id = ?""",
        (day, story_id),
    )


def members(connection: sqlite3.Connection, first_day: str, last_day: str) -> Iterator[tuple[int, str, str]]:
    """(story id, day, text) of all items of the stories whose first item is of those days.

    The items of a story follow each other, its first item first; all bear that one's day.
    """
    rows = connection.execute(
        """select s.id, f.day, i.title, i.summary from items f join stories s on s.first_item_id = f.id
           join items i on i.story_id = s.id
           where f.day between ? and ? and s.id = f.story_id order by s.id, i.id != s.first_item_id, i.id""",
        (first_day, last_day),
    )
    for row in rows:
        yield row["id"], row["day"], text(row["title"], row["summary"])


def text(title: str, summary: str) -> str:
    """What of an item tells which story it belongs to."""
    return f"{title}\n{summary}"
