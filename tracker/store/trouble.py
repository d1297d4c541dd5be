"""What SQLite's errors mean to whoever runs the program, and what helps."""

from __future__ import annotations

import sqlite3

_REMEDIES = {
    sqlite3.SQLITE_BUSY: "another program has been writing to it for long; try again, or end that program",
    sqlite3.SQLITE_LOCKED: "another program has been writing to it for long; try again, or end that program",
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again, what was stored before is whole",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written, or is full; what was stored before is whole",
    sqlite3.SQLITE_READONLY: "it may not be written; check the permissions of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the folder and the permissions of both",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; put a backup in its place",
    sqlite3.SQLITE_NOTADB: "this file is no SQLite database; name another with --db",
    sqlite3.SQLITE_ERROR: "its tables are not those of tracker; name another file with --db",
}


def in_words(error: sqlite3.Error) -> str:
    """What is wrong with the database and what helps, without SQLite's own text."""
    code = getattr(error, "sqlite_errorcode", None)  # absent where Python itself raised
    return _REMEDIES.get((code or 0) & 0xFF, "the database refuses what was asked of it")
