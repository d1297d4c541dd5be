"""After the clock was put back: what was planned by the old time must not be waited for."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from tracker.clock import iso, parse_iso
from tracker.store.connect import writing

TOLERANCE = timedelta(minutes=5)
"""By how much a clock may be put back without anything being planned anew."""

_PLANS = (
    ("feeds", "update feeds set next_due_at = :now", "last_check_at > :future and next_due_at > :now"),
    ("hosts", "delete from hosts", "paused_at > :future and paused_until > :now"),
    (
        "pages",
        "update pages set next_at = :now",
        "status = 'waiting' and next_at > :now and (wanted_at > :future or read_at > :future)",
    ),
)
"""(table, what to do with its plans, which of them were made by a time that has yet to come)"""


def forget_future(connection: sqlite3.Connection, now: str) -> int:
    """Make due what was last asked at a time that has yet to come, and end pauses that began then; return how many.

    Nothing is written where the clock was not put back.
    """
    times = {"now": now, "future": iso(parse_iso(now) + TOLERANCE)}
    changed = 0
    for table, change, where in _PLANS:
        if connection.execute(f"select 1 from {table} where {where} limit 1", times).fetchone() is not None:
            with writing(connection):
                changed += connection.execute(f"{change} where {where}", times).rowcount
    return changed
