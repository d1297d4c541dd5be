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
    """(story id, day, text) of every stored item of those days, in the order of arrival."""
    rows = connection.execute(
        "select story_id, day, title, summary from items"
        " where day between ? and ? and story_id is not null order by id",
        (first_day, last_day),
    )
    for row in rows:
        yield row["story_id"], row["day"], f"{row['title']}\n{row['summary']}"
