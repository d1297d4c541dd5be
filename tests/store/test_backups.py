from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracker.model import ConfigError
from tracker.store import backups
from tracker.store.lock import sole_poller
from tracker.store.migrations import open_store

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def fill(connection: sqlite3.Connection, count: int = 10) -> None:
    connection.execute("begin immediate")
    connection.execute(
        """insert or ignore into feeds (id, url, declared_url, status, added_at)
           values ('f', 'https://a.example/f', 'https://a.example/f', 'active', '2026-02-01T00:00:00Z')"""
    )
    start = connection.execute("select coalesce(max(id), 0) from items").fetchone()[0]
    connection.executemany(
        """insert into items (feed_id, guid, url, canonical_url, title, summary, body, language, author, published_at,
                              fetched_at, day, date_doubtful, content_hash)
           values ('f', ?, '', '', ?, '', '', 'en', '', null, '2026-02-03T00:00:00Z', '2026-02-03', 1, ?)""",
        [(f"g{start + n}", f"Title {start + n}", f"{start + n}") for n in range(count)],
    )
    connection.execute("commit")


def items_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from items").fetchone()[0])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "tracker.db"
    with closing(open_store(path)) as connection:
        fill(connection)
    return path


def test_a_copy_made_while_somebody_writes_is_whole(database: Path, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        with closing(open_store(database)) as connection:
            while not done.is_set():
                fill(connection, 50)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [backups.make(database, tmp_path / "b", NOW + timedelta(seconds=n), keep=9) for n in range(5)]
    finally:
        done.set()
        writer.join()
    counts = [dict(backups.contents(copy).rows)["items"] for copy in copies]
    assert counts == sorted(counts)
    assert all((count - 10) % 50 == 0 for count in counts)
    assert stat.S_IMODE(copies[0].stat().st_mode) == 0o600


def test_only_the_newest_copies_stay_and_nothing_else_is_removed(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "other-20200101T000000Z.db").write_text("of another database")
    (folder / "tracker-notes.db").write_text("mine")
    made = [backups.make(database, folder, NOW + timedelta(days=n), keep=2) for n in range(4)]
    assert sorted(path.name for path in folder.iterdir()) == [
        "other-20200101T000000Z.db", "tracker-20260205T040506Z.db", "tracker-20260206T040506Z.db", "tracker-notes.db",
    ]  # fmt: skip
    assert made[-1].exists()


def test_a_copy_that_cannot_be_written_costs_no_older_one(database: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="the folder for backups cannot be made"):
        backups.make(database, tmp_path / "file" / "b", NOW, keep=1)


def test_what_was_lost_comes_back_and_the_old_database_is_kept(database: Path, tmp_path: Path) -> None:
    copy = backups.make(database, tmp_path / "b", NOW, keep=1)
    with closing(open_store(database)) as connection:
        fill(connection, 5)
    aside = backups.put_back(copy, database, NOW)
    assert items_in(database) == 10
    assert aside is not None
    assert items_in(aside) == 15


@pytest.mark.parametrize("harm", ["text", "page", "rows"])
def test_a_bad_copy_is_refused_and_changes_nothing(database: Path, tmp_path: Path, harm: str) -> None:
    copy = backups.make(database, tmp_path / "b", NOW, keep=1)
    if harm == "text":
        copy.write_text("no database at all " * 100)
    elif harm == "page":
        content = bytearray(copy.read_bytes())
        content[5 * 4096 : 20 * 4096] = b"\xff" * (15 * 4096)
        copy.write_bytes(content)
    else:
        with closing(sqlite3.connect(copy)) as broken:
            broken.execute("pragma foreign_keys = off")
            broken.execute("delete from feeds")
            broken.commit()
    with pytest.raises(ConfigError, match=r"damaged|no SQLite database"):
        backups.put_back(copy, database, NOW)
    assert items_in(database) == 10


def test_nothing_is_put_back_under_a_running_daemon(database: Path, tmp_path: Path) -> None:
    copy = backups.make(database, tmp_path / "b", NOW, keep=1)
    with sole_poller(database), pytest.raises(ConfigError, match="stop it first"):
        backups.put_back(copy, database, NOW)
    assert items_in(database) == 10
