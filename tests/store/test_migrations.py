from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.store.conftest import INDICATORS, put_in_force
from tracker.model import ConfigError, Indicator
from tracker.store.connect import connect, writing
from tracker.store.lock import sole_poller
from tracker.store.migrations import open_store


def test_a_database_is_made_once_in_wal_mode_and_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tracker.db"
    open_store(path).close()
    again = open_store(path)
    assert again.execute("pragma journal_mode").fetchone()[0] == "wal"
    assert again.execute("pragma foreign_keys").fetchone()[0] == 1
    assert again.execute("pragma busy_timeout").fetchone()[0] >= 15_000
    assert again.execute("pragma foreign_key_check").fetchall() == []
    again.close()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, db: sqlite3.Connection) -> None:
    db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('tracker', 'from_2031', '')")
    with pytest.raises(ConfigError, match=r"newer version.*from_2031"):
        open_store(tmp_path / "tracker.db")


def test_a_file_that_is_no_database_and_a_missing_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes, " * 100)
    with pytest.raises(ConfigError, match=r"notes\.db: this file is no SQLite database"):
        open_store(tmp_path / "notes.db")
    with pytest.raises(ConfigError, match="there is no database yet"):
        connect(tmp_path / "absent.db")
    assert not (tmp_path / "absent.db").exists()


def test_a_failed_write_leaves_nothing(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError), writing(db):
        db.executemany("insert into stories (id, first_day) values (1, ?)", [("2026-02-03",), ("2026-02-04",)])
    assert db.execute("select count(*) from stories").fetchone()[0] == 0


def test_a_second_poller_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    with sole_poller(path), pytest.raises(ConfigError, match="is polling into this database"), sole_poller(path):
        pytest.fail("two pollers on one database")
    with sole_poller(path):
        assert path.with_name("tracker.db.lock").exists()


def test_a_changed_codebook_marks_a_break_for_what_it_changes(db: sqlite3.Connection) -> None:
    arms, doubt = INDICATORS
    changed = Indicator(arms.id, arms.title, arms.group, arms.direction, "weapon* OR arms")
    new = Indicator("border", "Border talks", "cooperation", "toward", "border")
    put_in_force(db, "two", (changed, new), "2026-02-10T00:00:00Z")
    breaks = [
        tuple(r) for r in db.execute("select indicator_id, day, change from codebook_breaks order by indicator_id")
    ]
    assert breaks == [
        ("arms", "2026-02-10", "changed"), ("border", "2026-02-10", "added"), (doubt.id, "2026-02-10", "retired"),
    ]  # fmt: skip
    adopted = [r["adopted_at"] for r in db.execute("select adopted_at from codebooks order by id")]
    assert adopted[0] is not None
    assert adopted[1] is None
    put_in_force(db, "two", (changed, new), "2026-02-11T00:00:00Z")
    assert db.execute("select count(*) from codebook_breaks").fetchone()[0] == 3
