"""How the feeds are: state, last error, and which of the last 24 hours had a good answer."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tracker.clock import iso
from tracker.store.connect import writing

Change = Literal["pause", "resume", "poll"]
HOURS = 24
DATES = 30


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed. ``hours``: per hour, oldest first, "ok", "failed" or "" where it was not asked."""

    row: sqlite3.Row
    hours: tuple[str, ...]
    published: tuple[str, ...]
    """Times of its newest items (UTC), newest first; by them a silence is judged."""


def health(connection: sqlite3.Connection, now: datetime, status: str = "") -> list[FeedHealth]:
    """All feeds of the catalogue (or those of one status): trouble first, then by name."""
    rows = connection.execute(
        """select * from feeds where removed_at = '' and kind != 'archive' and (?1 = '' or status = ?1)
           order by status = 'active', status = 'paused', coalesce(nullif(publisher, ''), nullif(title, ''), id)""",
        (status,),
    ).fetchall()
    first = now - timedelta(hours=HOURS - 1)
    strips: dict[str, list[str]] = {}
    checks = connection.execute(
        """select feed_id, substr(at, 1, 13) as hour, max(outcome != 'failed') as fine
           from checks indexed by checks_at
           where at >= ? group by feed_id, hour""",
        (iso(first)[:13],),
    )
    index = {iso(first + timedelta(hours=step))[:13]: step for step in range(HOURS)}
    for check in checks:
        step = index.get(check["hour"])
        if step is not None:
            strips.setdefault(check["feed_id"], [""] * HOURS)[step] = "ok" if check["fine"] else "failed"
    return [
        FeedHealth(row, tuple(strips.get(row["id"], [""] * HOURS)), published_times(connection, row["id"]))
        for row in rows
    ]


def published_times(connection: sqlite3.Connection, feed_id: str) -> tuple[str, ...]:
    """Times of a feed's newest items, newest first."""
    rows = connection.execute(
        """select published_at from items indexed by items_feed_published
           where feed_id = ? and published_at is not null order by published_at desc limit ?""",
        (feed_id, DATES),
    )
    return tuple(row[0] for row in rows)


def archived_sources(connection: sqlite3.Connection) -> int:
    """How many sources are known from replayed archives alone; nobody polls them."""
    return int(connection.execute("select count(*) from feeds where kind = 'archive'").fetchone()[0])


def change(connection: sqlite3.Connection, feed_id: str, what: Change, now: str) -> bool:
    """Pause a feed, let it be polled again, or make it due now. False where there is no such feed."""
    statement = {
        "pause": "update feeds set status = 'paused' where id = ? and removed_at = ''",
        "resume": "update feeds set status = 'active', next_due_at = ? where id = ? and removed_at = ''",
        "poll": "update feeds set next_due_at = ? where id = ? and removed_at = ''",
    }[what]
    with writing(connection):
        changed = connection.execute(statement, (feed_id,) if what == "pause" else (now, feed_id))
    return changed.rowcount == 1
