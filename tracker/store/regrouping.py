"""Moves items between stories: their hits, verdicts, mails and watchers go with them, and old numbers still lead."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from tracker.store import stories


def in_order(connection: sqlite3.Connection) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """(item id, (text, day, outlet)) of all items by time of publication; ties fall by content, never by arrival."""
    days = [row[0] for row in connection.execute("select distinct day from items order by day")]
    for day in days:
        rows = connection.execute(
            f"""select items.id, items.title, items.summary, {stories.OUTLET} as outlet
                from items join feeds on feeds.id = items.feed_id where items.day = ?
                order by coalesce(published_at, ''), content_hash, feed_id, guid, items.url""",
            (day,),
        ).fetchall()
        for row in rows:
            yield row["id"], (stories.text(row["title"], row["summary"]), day, row["outlet"])


def story_of_items(connection: sqlite3.Connection) -> dict[int, int]:
    """The story of each item that has one."""
    return dict(connection.execute("select id, story_id from items where story_id is not null").fetchall())


def stories_by_first_item(connection: sqlite3.Connection) -> dict[int, int]:
    """Stories by their first item, as far as it is still theirs."""
    return dict(
        connection.execute(
            "select i.id, s.id from stories s join items i on i.id = s.first_item_id and i.story_id = s.id"
        ).fetchall()
    )


def move(
    connection: sqlite3.Connection, story_id: int | None, items: Sequence[int], merged: Sequence[int], now: str
) -> int:
    """Let a story (None for a new one) hold these items; return its id. Must run inside a transaction.

    Stories that lose their last item are gone, and their numbers lead to the one that took their first.
    """
    listed = json.dumps(list(items))
    among = "(select value from json_each(?))"
    left = {
        row[0]
        for row in connection.execute(
            f"select distinct story_id from items where id in {among} and story_id is not null", (listed,)
        )
    }
    if story_id is None:
        day = connection.execute("select day from items where id = ?", (items[0],)).fetchone()[0]
        story_id = stories.new(connection, items[0], day)
    connection.execute(f"update items set story_id = ? where id in {among}", (story_id, listed))
    connection.execute(f"update hits set story_id = ? where item_id in {among}", (story_id, listed))
    connection.execute(
        f"""update or ignore digest_items set story_id = ?
            where hit_id in (select id from hits where item_id in {among}) and story_id != ?""",
        (story_id, listed, story_id),
    )
    connection.execute("update stories set first_item_id = ? where id = ?", (items[0], story_id))
    stories.count_again(connection, story_id)
    for old in sorted((left | set(merged)) - {story_id}):
        if connection.execute("select 1 from items where story_id = ? limit 1", (old,)).fetchone():
            stories.count_again(connection, old)
            one_primary_each(connection, old)
        else:
            _dissolve(connection, old, story_id, now)
    one_primary_each(connection, story_id)
    return story_id


def _dissolve(connection: sqlite3.Connection, old: int, into: int, now: str) -> None:
    connection.execute(
        """insert or ignore into story_watches (user_name, story_id, since, size_seen)
           select user_name, ?, since, size_seen from story_watches where story_id = ?""",
        (into, old),
    )
    connection.execute("delete from story_watches where story_id = ?", (old,))
    connection.execute("update or ignore digest_items set story_id = ? where story_id = ?", (into, old))
    connection.execute("delete from digest_items where story_id = ?", (old,))
    connection.execute("update story_aliases set story_id = ? where story_id = ?", (into, old))
    connection.execute("delete from stories where id = ?", (old,))
    connection.execute("insert into story_aliases (old_id, story_id, at) values (?, ?, ?)", (old, into, now))


def one_primary_each(connection: sqlite3.Connection, story_id: int) -> None:
    """Make one hit of each indicator in a story the primary one: a confirmed one, else a judged one, else the first.

    An indicator that has just one keeps it.
    """
    rows = connection.execute(
        """select indicator_id, sum(primary_in_story) as primaries from hits
           where story_id = ? and status != 'withdrawn' group by indicator_id having primaries != 1""",
        (story_id,),
    ).fetchall()
    for row in rows:
        chosen = connection.execute(
            """select id from hits where story_id = ? and indicator_id = ? and status != 'withdrawn'
               order by status = 'confirmed' desc, status != 'new' desc, primary_in_story desc, id limit 1""",
            (story_id, row["indicator_id"]),
        ).fetchone()[0]
        connection.execute(
            """update hits set primary_in_story = (id = ?1)
               where story_id = ?2 and indicator_id = ?3 and primary_in_story != (id = ?1)""",
            (chosen, story_id, row["indicator_id"]),
        )


def recount_outlets(connection: sqlite3.Connection) -> None:
    """Count the outlets of all stories of several items again, for the feed list may name other owners now."""
    for row in connection.execute("select id from stories where size > 1").fetchall():
        stories.count_again(connection, row["id"])
