"""Series, exposure and alerts out of a real database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tracker import report
from tracker.model import Feed, Indicator
from tracker.report import series
from tracker.store import codebooks, feeds
from tracker.store.migrations import open_store

FIRST = date(2025, 9, 1)
DAYS = 120
SURGE = (FIRST + timedelta(days=DAYS - 2)).isoformat()
NOW = datetime(2025, 9, 1, 6, tzinfo=UTC) + timedelta(days=DAYS)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_store(tmp_path / "tracker.db")
    feeds.sync_catalogue(connection, (Feed("harbour", "http://127.0.0.1/harbour.xml"),), f"{FIRST}T00:00:00Z")
    arms = Indicator("arms", "Arms move", "cooperation", "toward", "weapon*")
    codebooks.put_in_force(
        connection, digest="one", version="1", title="t", source="s", text="…", indicators=(arms,), now="2025-09-01"
    )
    for n in range(DAYS):
        day = (FIRST + timedelta(days=n)).isoformat()
        for hour in range(24):
            connection.execute(
                "insert into checks (feed_id, at, outcome) values ('harbour', ?, 'new')", (f"{day}T{hour:02}:00:00Z",)
            )
        told = 12 if day == SURGE else n % 3
        for i in range(30):
            add_item(connection, day, hit=i < told)
    yield connection
    connection.close()


def add_item(connection: sqlite3.Connection, day: str, *, hit: bool, found_at: str = "") -> None:
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


def refreshed(connection: sqlite3.Connection) -> tuple[int, int]:
    outcome = report.refresh(connection, NOW)
    assert outcome is not None
    return outcome.alerts_new, outcome.alerts_taken_back


def alerts(connection: sqlite3.Connection) -> list[tuple[str, str, float]]:
    return [tuple(row) for row in connection.execute("select day, status, observed from alerts")]


def test_a_surge_is_entered_once_and_taken_back_when_its_hits_are_rejected(db: sqlite3.Connection) -> None:
    assert refreshed(db) == (1, 0)
    assert refreshed(db) == (0, 0)
    assert alerts(db) == [(SURGE, "open", 12.0)]
    for (hit,) in db.execute("select id from hits where day = ?", (SURGE,)).fetchall():
        db.execute(
            """insert into reviews (hit_id, verdict, reviewer, at, previous_status)
               values (?, 'rejected', 'ann', '2025-12-30T01:00:00Z', 'new')""",
            (hit,),
        )
    assert refreshed(db) == (0, 1)
    assert alerts(db) == [(SURGE, "closed", 12.0)]


def test_what_was_not_yet_known_does_not_count(db: sqlite3.Connection) -> None:
    add_item(db, SURGE, hit=True, found_at="2026-01-05T00:00:00Z")
    then, later = series.load(db, "2025-12-31T00:00:00Z", 10), series.load(db, "2026-01-06T00:00:00Z", 20)
    assert then is not None
    assert later is not None
    assert then.stories[0, then.days.index(SURGE)] == 12
    assert later.stories[0, later.days.index(SURGE)] == 13


def test_hours_without_checks_are_missing_and_silence_alerts(db: sqlite3.Connection) -> None:
    db.execute("delete from checks where at >= ? and at < ?", (f"{SURGE}T01:00:00Z", f"{SURGE}T22:00:00Z"))
    found = series.load(db, "2025-12-30T00:00:00Z", 200)
    assert found is not None
    assert found.exposure[found.days.index(SURGE)] < 0.3
    assert found.exposure[10] == pytest.approx(1)
    assert refreshed(db) == (0, 0)


def test_an_empty_database_has_no_series(tmp_path: Path) -> None:
    connection = open_store(tmp_path / "empty.db")
    assert report.refresh(connection, NOW) is None
    assert not report.due(connection, NOW)
    connection.close()
