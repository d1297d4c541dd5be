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


def join(connection: sqlite3.Connection, story_id: int, item_id: int) -> bool:
    """Add an item to a story; False where the story was let go meanwhile. Must run inside a transaction."""
    joined = connection.execute(
        "update items set story_id = ?1 where id = ?2 and exists (select 1 from stories where id = ?1)",
        (story_id, item_id),
    ).rowcount
    if joined:
        count_again(connection, story_id)
    return bool(joined)


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


OUTLET = "coalesce(nullif(feeds.publisher, ''), feeds.id)"
"""In SQL: whoever prints what a feed brings, however many feeds that one has."""


def outlet(connection: sqlite3.Connection, feed_id: str) -> str:
    """The outlet of a feed's items."""
    row = connection.execute(f"select {OUTLET} from feeds where id = ?", (feed_id,)).fetchone()
    return str(row[0]) if row else feed_id


def members(
    connection: sqlite3.Connection, first_day: str, last_day: str
) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """(story id, (text, day, outlet)) of all items of the stories whose first item is of those days.

    The items of a story follow each other, its first item first; all bear that one's day.
    """
    rows = connection.execute(
        f"""select s.id, f.day, i.title, i.summary, {OUTLET} as outlet
            from items f join stories s on s.first_item_id = f.id
            join items i on i.story_id = s.id join feeds on feeds.id = i.feed_id
            where f.day between ? and ? and s.id = f.story_id order by s.id, i.id != s.first_item_id, i.id""",
        (first_day, last_day),
    )
    for row in rows:
        yield row["id"], (text(row["title"], row["summary"]), row["day"], row["outlet"])


def text(title: str, summary: str) -> str:
    """What of an item tells which story it belongs to."""
    return f"{title}\n{summary}"
