"""Series, exposure and alerts out of a real database file."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.report.desk import NOW, SURGE, add_item
from tracker import report
from tracker.report import series
from tracker.store import judged
from tracker.store.migrations import open_store


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


def test_it_is_due_when_a_day_has_ended_and_an_hour_after_late_hits(db: sqlite3.Connection) -> None:
    assert report.due(db, NOW)
    refreshed(db)
    assert not report.due(db, NOW)
    add_item(db, SURGE, hit=True, found_at="2025-12-30T06:01:00Z")
    assert not report.due(db, NOW + timedelta(minutes=5))
    assert report.due(db, NOW + timedelta(minutes=61))
    assert report.due(db, NOW + timedelta(days=1))


def test_pages_read_what_was_kept(db: sqlite3.Connection) -> None:
    refreshed(db)
    (day,) = judged.days_of(db, "arms", SURGE, SURGE)
    assert (day.stories, day.alert) == (12, "jump")
    assert day.expected is not None
    assert day.lower is not None
    assert day.upper is not None
    assert day.lower <= day.expected <= day.upper < 12
    (covered,) = judged.coverage(db, SURGE, SURGE)
    assert covered.exposure == pytest.approx(1)
    assert not covered.inferred
    assert judged.feed_coverage(db, "harbour", SURGE, SURGE) == [(SURGE, 1.0, 30)]
    newest = judged.index(db, "cooperation", SURGE, "2026-01-01")[-1]
    parts = judged.parts(db, "cooperation")
    assert sum(part.value for part in parts) == pytest.approx(newest.value, abs=0.001)
    assert newest.lower <= newest.value <= newest.upper


def test_late_items_revise_openly_and_the_day_as_it_was_known_stays(db: sqlite3.Connection) -> None:
    refreshed(db)
    for _ in range(3):
        add_item(db, SURGE, hit=True, found_at="2025-12-30T20:00:00Z")
    report.refresh(db, NOW + timedelta(days=1))
    (day,) = judged.days_of(db, "arms", SURGE, SURGE)
    assert day.stories == 15
    assert [one.last_day for one in judged.as_first_known(db, "2025-01-01", "2026-12-31")] == [
        "2025-12-29",
        "2025-12-30",
    ]
    then = report.load(db, "2025-12-30T06:00:00Z")
    assert then is not None
    assert then.series.counts[0, then.series.place[SURGE]] == 12


def test_a_verdict_is_not_known_before_it_is_given(db: sqlite3.Connection) -> None:
    (hit,) = db.execute("select min(id) from hits where day = ?", (SURGE,)).fetchone()
    db.execute(
        """insert into reviews (hit_id, verdict, reviewer, at, previous_status)
           values (?, 'rejected', 'ann', '2025-12-31T01:00:00Z', 'new')""",
        (hit,),
    )
    before, after = (series.load(db, moment, 30) for moment in ("2025-12-31T00:00:00Z", "2025-12-31T02:00:00Z"))
    assert before is not None
    assert after is not None
    assert before.counts[0, before.place[SURGE]] == 12
    assert after.counts[0, after.place[SURGE]] == 11


def test_a_changed_query_is_not_held_against_the_days_before_it_until_the_past_is_matched_anew(
    db: sqlite3.Connection,
) -> None:
    changed = "2025-12-10"
    db.execute("insert into codebooks (id, hash, text, loaded_at) values (2, 'two', '…', ?)", (f"{changed}T00:00:00Z",))
    db.execute(
        "insert into codebook_breaks (codebook_id, indicator_id, day, change) values (2, 'arms', ?, 'changed')",
        (changed,),
    )
    found = report.load(db, "2025-12-30T06:00:00Z")
    assert found is not None
    at = found.series.place[changed]
    assert np.isnan(found.watched.expected[0, at:]).all()
    assert not np.isnan(found.watched.expected[0, at - 1])
    assert found.alerts == ()
    db.execute("update codebooks set adopted_at = '2025-12-11' where id = 2")
    adopted = report.load(db, "2025-12-30T06:00:00Z")
    assert adopted is not None
    assert [alert.day for alert in adopted.alerts] == [SURGE]


def test_an_archive_counts_as_known_when_it_was_published(db: sqlite3.Connection) -> None:
    db.execute("delete from checks")
    db.execute("update feeds set kind = 'archive'")
    db.execute("update items set fetched_at = '2026-06-01T00:00:00Z'")
    db.execute("update hits set found_at = '2026-06-01T00:00:00Z'")
    found = report.load(db, "2025-12-01T00:00:00Z")
    assert found is not None
    assert found.last_day == "2025-11-30"
    assert found.series.counts.sum() > 50
    assert found.series.inferred.all()
