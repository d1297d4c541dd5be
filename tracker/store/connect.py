"""One way to open the database, one way to write to it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.model import ConfigError, Problem
from tracker.store.trouble import in_words

BUSY_SECONDS = 20.0
_CJK = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)


def split_cjk(text: str) -> str:
    """Text with a space around each CJK character, so that FTS5's unicode61 tokenizer makes one token of each."""
    return text if text.isascii() else _CJK.sub(lambda run: f" {'  '.join(run[0])} ", text)


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection under the rules of the house: foreign keys on, patient with locks, explicit transactions only.

    Rows are sqlite3.Row. With ``create`` the file and its folder are made, in WAL mode; without, a missing file raises
    ConfigError, as does a file that cannot be used.
    """
    if create:
        make_folder(path)
    elif not path.is_file():
        raise ConfigError(
            Problem(str(path), 0, 0, "there is no database yet; run `tracker poll` or `tracker up` first")
        )
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise ConfigError(Problem(str(path), 0, 0, in_words(error))) from None
    connection.row_factory = sqlite3.Row
    try:
        if create and connection.execute("pragma journal_mode").fetchone()[0] != "wal":
            connection.execute("pragma journal_mode = wal")
        prepare(connection)
        connection.execute("select 1 from sqlite_master limit 1").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise ConfigError(Problem(str(path), 0, 0, in_words(error))) from None
    return connection


def make_folder(path: Path) -> None:
    """Make the folder of the database at ``path`` where it is missing. Raises ConfigError where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        message = "its folder cannot be made; name another file with --db"
        raise ConfigError(Problem(str(path), 0, 0, message)) from None


def prepare(connection: sqlite3.Connection) -> None:
    """Pragmas and functions that every connection to the database needs, Datasette's too."""
    connection.execute("pragma foreign_keys = on")
    connection.execute(f"pragma busy_timeout = {int(BUSY_SECONDS * 1000)}")
    connection.execute("pragma synchronous = normal")
    connection.create_function("split_cjk", 1, split_cjk, deterministic=True)


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One short write transaction: BEGIN IMMEDIATE, then all or nothing. Joins a transaction that is already open."""
    if connection.in_transaction:
        yield connection
        return
    connection.execute("begin immediate")
    try:
        yield connection
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
