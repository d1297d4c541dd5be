"""A database that cannot be used: one line that says what is wrong and what helps, and no traceback."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.test_commands import desk, tracker
from tracker.store import connect as connecting
from tracker.store.connect import connect
from tracker.store.trouble import in_words

__all__ = ["desk"]


def refused(folder: Path, *arguments: str) -> str:
    answer = tracker(folder, *arguments)
    assert answer.returncode in (1, 2)
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    return answer.stderr


def test_an_empty_file_is_no_database_of_ours(desk: Path) -> None:
    (desk / "empty.db").touch()
    assert "empty.db: its tables are not those of tracker" in refused(desk, "--db", "empty.db", "digest", "log")


@pytest.mark.parametrize("command", [("poll",), ("digest", "log")])
def test_the_database_of_another_program_is_left_alone(desk: Path, command: tuple[str, ...]) -> None:
    with sqlite3.connect(desk / "foreign.db") as foreign:
        foreign.execute("create table feeds (x)")
    assert "foreign.db: its tables are not those of tracker" in refused(desk, "--db", "foreign.db", *command)
    tables = sqlite3.connect(desk / "foreign.db").execute("select name from sqlite_master where name = 'items'")
    assert tables.fetchall() == []


def test_a_damaged_file_is_called_damaged(desk: Path) -> None:
    assert tracker(desk, "users", "add", "anna").returncode == 0
    whole = (desk / "db" / "tracker.db").read_bytes()
    (desk / "cut.db").write_bytes(whole[: len(whole) // 3])
    assert "cut.db: the file is damaged; put a backup in its place" in refused(desk, "--db", "cut.db", "users", "list")


def test_a_folder_that_cannot_be_made_is_named(desk: Path) -> None:
    (desk / "file").touch()
    assert "file/t.db: its folder cannot be made" in refused(desk, "--db", "file/t.db", "poll")


def test_a_lock_that_is_never_let_go_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 0.05)
    holder = connect(tmp_path / "t.db", create=True)
    holder.execute("begin immediate")
    other = connect(tmp_path / "t.db")
    with pytest.raises(sqlite3.OperationalError) as locked:
        other.execute("begin immediate")
    assert "another program has been writing" in in_words(locked.value)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    connection = connect(tmp_path / "t.db", create=True)
    connection.execute("pragma max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError) as full:
        connection.execute("create table t as select zeroblob(100000)")
    assert "the disk is full" in in_words(full.value)
