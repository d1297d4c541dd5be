"""Stories: rows for groups of items that tell the same thing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


def new(connection: sqlite3.Connection, item_id: int, day: str) -> int:
    """Open a story with its first item and return the story's id. Must run inside a transaction.

    The number of a story that was merged into another is never given again.
    """
    story_id = connection.execute(
        """insert into stories (id, first_item_id, first_day)
           select 1 + max(coalesce((select max(id) from stories), 0),
                          coalesce((select max(old_id) from story_aliases), 0)), ?, ?""",
        (item_id, day),
    ).lastrowid
    assert story_id is not None
    connection.execute("update items set story_id = ? where id = ?", (story_id, item_id))
    return story_id


def join(connection: sqlite3.Connection, story_id: int, item_id: int) -> None:
    """Add an item to a story. Must run inside a transaction."""
    connection.execute("update items set story_id = ? where id = ?", (story_id, item_id))
    count_again(connection, story_id)


def count_again(connection: sqlite3.Connection, story_id: int) -> None:
    """Count a story's items and outlets. Outlets of one owner, which may be a state, count as one."""
    connection.execute(
        """update stories set (size, first_day, outlets) =
             (select count(*), min(items.day),
                     count(distinct coalesce(nullif(feeds.owner, ''), nullif(feeds.publisher, ''), feeds.id))
              from items join feeds on feeds.id = items.feed_id where items.story_id = stories.id)
           where id = ?""",
        (story_id,),
    )


def now_called(connection: sqlite3.Connection, story_id: int) -> int:
    """The story that a number leads to: itself, or the one it was merged into."""
    row = connection.execute("select story_id from story_aliases where old_id = ?", (story_id,)).fetchone()
    return int(row[0]) if row else story_id


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
