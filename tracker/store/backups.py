"""Copies of the database that are whole and proven, made while it is in use, and put back in its place."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracker.model import ConfigError, Problem
from tracker.store import served
from tracker.store.connect import connect, prepare
from tracker.store.lock import sole_poller
from tracker.store.migrations import newer_than_this_version
from tracker.store.trouble import in_words

COUNTED = ("items", "hits", "reviews", "alerts", "digests", "subscribers", "users")
_ALL = 10**9
"""Findings of the integrity check to be told: false ones must not hide a true one."""
_NAME = re.compile(r"(?P<stem>.+)-\d{8}T\d{6}Z(?:-\d+)?\.db")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: rows of the tables that matter, and the time of its newest item (UTC)."""

    rows: tuple[tuple[str, int], ...]
    newest_item_at: str
    bytes: int


def contents(path: Path) -> Contents:
    """What is in a database. Raises ConfigError where it is none, damaged, or from a newer version."""
    try:
        with closing(_read_only(path)) as connection:
            _prove(path, connection)
            have = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
            rows = tuple(
                (t, connection.execute(f"select count(*) from {t}").fetchone()[0]) for t in COUNTED if t in have
            )
            newest = connection.execute("select max(fetched_at) from items").fetchone()[0] if "items" in have else None
    except sqlite3.Error as error:
        raise ConfigError(Problem(str(path), 0, 0, in_words(error))) from None
    return Contents(rows, newest or "", path.stat().st_size)


def make(database: Path, folder: Path, now: datetime, keep: int) -> Path:
    """Copy the database into ``folder``, prove the copy, and remove all but the newest ``keep`` copies of it.

    The daemon and the pages may go on meanwhile. Copies hold secrets: only their owner may read them. Raises
    ConfigError where it cannot be written or the copy turns out bad; then older copies stay.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise ConfigError(Problem(str(folder), 0, 0, "the folder for backups cannot be made")) from None
    copy = _free_name(folder, f"{database.stem}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    copy_to(database, copy)
    _rotate(folder, database.stem, keep)
    return copy


def copy_to(database: Path, copy: Path) -> None:
    """A proven copy at ``copy``, which comes to be at once or not at all. Raises ConfigError where that fails."""
    draft = copy.with_name(copy.name + ".draft")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with closing(connect(database)) as source, closing(sqlite3.connect(draft, isolation_level=None)) as target:
            source.backup(target)
            target.execute("pragma journal_mode = delete")
        with closing(_read_only(draft)) as written:
            _prove(copy, written)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, copy)
        _sync_folder(copy.parent)
    except sqlite3.Error as error:
        raise ConfigError(Problem(str(copy), 0, 0, in_words(error))) from None
    except OSError:
        raise ConfigError(Problem(str(copy), 0, 0, "cannot be written there; is there room, and permission?")) from None
    finally:
        with suppress(OSError):
            draft.unlink()


def put_back(copy: Path, database: Path, now: datetime) -> Path | None:
    """Put ``copy`` in the place of ``database``; return where the old one lies now, None where there was none.

    Raises ConfigError, and changes nothing, where the copy is bad, or a daemon works on the database.
    """
    contents(copy)
    pages = served.address(database)
    if pages:
        raise ConfigError(Problem(str(database), 0, 0, f"its pages are served at {pages}; stop them first"))
    with sole_poller(database):
        fresh = database.with_name(database.name + ".restored")
        copy_to(copy, fresh)
        aside = None
        if database.exists():
            with closing(connect(database)) as old:
                busy = old.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
            if busy:
                fresh.unlink()
                message = "a program still reads or writes it; stop `tracker serve` and the like first"
                raise ConfigError(Problem(str(database), 0, 0, message))
            aside = _free_name(database.parent, f"{database.stem}-replaced-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
            os.replace(database, aside)
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                database.with_name(database.name + suffix).unlink()
        os.replace(fresh, database)
        _sync_folder(database.parent)
        return aside


def _read_only(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise ConfigError(Problem(str(path), 0, 0, "there is no such file"))
    connection = sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True, isolation_level=None)
    prepare(connection)
    return connection


def _is_false_alarm(connection: sqlite3.Connection, message: str) -> bool:
    """SQLite 3.40 sees NULL in tables without rowid whose key is not made of their first columns. Is there one?"""
    said = re.fullmatch(r"NULL value in (\w+)\.(\w+)", message)
    if said is None:
        return False
    # "is null" would be taken for false without a look, as the column is declared not null
    return not connection.execute(f"select 1 from {said[1]} where typeof({said[2]}) = 'null' limit 1").fetchone()


def _prove(path: Path, connection: sqlite3.Connection) -> None:
    told = (message for (message,) in connection.execute(f"pragma integrity_check({_ALL})"))
    if any(message != "ok" and not _is_false_alarm(connection, message) for message in told):
        raise ConfigError(Problem(str(path), 0, 0, "is damaged: it does not pass SQLite's integrity check"))
    if connection.execute("pragma foreign_key_check").fetchone() is not None:
        raise ConfigError(Problem(str(path), 0, 0, "is damaged: rows refer to rows that are not there"))
    newer = newer_than_this_version(connection)
    if newer:
        message = f"was made by a newer version of tracker (it has {newer}); upgrade tracker first"
        raise ConfigError(Problem(str(path), 0, 0, message))
    if not connection.execute("select 1 from sqlite_master where name = 'items'").fetchone():
        raise ConfigError(Problem(str(path), 0, 0, "is no database of tracker"))


def _free_name(folder: Path, stem: str) -> Path:
    path, number = folder / f"{stem}.db", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.db"
    return path


def _rotate(folder: Path, stem: str, keep: int) -> None:
    ours = [path for path in folder.glob("*.db") if (m := _NAME.fullmatch(path.name)) and m["stem"] == stem]
    for old in sorted(ours, key=lambda path: path.name)[:-keep]:
        old.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
