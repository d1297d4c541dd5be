"""What keeps a database fit for years: checkpoints of the write-ahead log, statistics for the planner."""

from __future__ import annotations

import sqlite3

from tracker.store.connect import BUSY_SECONDS

PATIENCE_MS = 250
PAGE_BYTES = 4096


def checkpoint(connection: sqlite3.Connection) -> int:
    """Move the write-ahead log into the database; return the number of pages left in the log.

    PASSIVE first, which waits for nobody, then TRUNCATE with little patience: a reader may hold the log for minutes.
    """
    connection.execute("pragma wal_checkpoint(passive)").fetchone()
    connection.execute(f"pragma busy_timeout = {PATIENCE_MS}")
    try:
        busy, in_log, moved = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    finally:
        connection.execute(f"pragma busy_timeout = {int(BUSY_SECONDS * 1000)}")
    return int(in_log - moved) if busy else 0


def optimise(connection: sqlite3.Connection) -> None:
    """Refresh the planner's statistics where SQLite finds it worth while."""
    connection.execute("pragma analysis_limit = 1000")
    connection.execute("pragma optimize")
