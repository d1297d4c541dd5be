"""A desk with one feed, one indicator and a hundred and twenty days, on the last but one of which it surges."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tracker.model import Feed, Indicator
from tracker.store import codebooks, feeds
from tracker.store.migrations import open_store

FIRST = date(2025, 9, 1)
DAYS = 120
SURGE = (FIRST + timedelta(days=DAYS - 2)).isoformat()
NOW = datetime(2025, 9, 1, 6, tzinfo=UTC) + timedelta(days=DAYS)


def fill(path: Path) -> sqlite3.Connection:
    """The desk's database, made at ``path``."""
    connection = open_store(path)
    feeds.sync_catalogue(connection, (Feed("harbour", "http://127.0.0.1/harbour.xml"),), f"{FIRST}T00:00:00Z")
    arms = Indicator("arms", "Arms move", "cooperation", "toward", "weapon*")
    codebooks.put_in_force(
        connection, digest="one", version="1", title="t", source="s", text="…", indicators=(arms,), now="2025-09-01"
    )
    connection.execute("begin")
    for n in range(DAYS):
        day = (FIRST + timedelta(days=n)).isoformat()
        for hour in range(24):
            connection.execute(
                "insert into checks (feed_id, at, outcome) values ('harbour', ?, 'new')", (f"{day}T{hour:02}:00:00Z",)
            )
        told = 12 if day == SURGE else n % 3
        for i in range(30):
            add_item(connection, day, hit=i < told)
    connection.commit()
    return connection


def add_item(connection: sqlite3.Connection, day: str, *, hit: bool, found_at: str = "") -> None:
    """An item of that day, fetched and perhaps found at noon or at ``found_at``."""
    at = found_at or f"{day}T12:00:00Z"
    item = connection.execute(
        "insert into items (feed_id, fetched_at, day, content_hash) values ('harbour', ?, ?, 'x')", (at, day)
    ).lastrowid
    if hit:
        connection.execute(
            """insert into hits (item_id, indicator_id, codebook_id, day, found_at, content_hash)
               values (?, 'arms', 1, ?, ?, 'x')""",
            (item, day, at),
        )
