"""Archives: their sources as feeds that nobody polls, and the ledger of blocks that are done."""

from __future__ import annotations

import hashlib
import re
import sqlite3


def feed_of(connection: sqlite3.Connection, source: str, language: str, now: str) -> str:
    """The id of the feed that stands for an archive's source; made where it is missing.

    Such a feed is paused and of kind ``archive``. Must run inside a transaction.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")[:40]
    digest = hashlib.sha256(source.encode()).hexdigest()[:6]
    feed_id = f"archive-{slug}-{digest}" if slug else f"archive-{digest}"
    connection.execute(
        """insert into feeds (id, url, declared_url, title, publisher, language, kind, status, added_at)
           values (?, ?, ?, ?, ?, ?, 'archive', 'paused', ?) on conflict (id) do nothing""",
        (feed_id, f"archive:{source}", f"archive:{source}", source, source, language, now),
    )
    return feed_id


def done_blocks(connection: sqlite3.Connection, archive: str) -> set[int]:
    """The numbers of the archive's blocks that are stored already."""
    return {row[0] for row in connection.execute("select block from replay_blocks where archive = ?", (archive,))}


def block_done(
    connection: sqlite3.Connection, archive: str, block: int, *, items: int, bad_lines: int, hits: int, now: str
) -> None:
    """Enter a block into the ledger. Must run in the transaction that stores the block."""
    connection.execute(
        "insert into replay_blocks (archive, block, items, bad_lines, hits, done_at) values (?, ?, ?, ?, ?, ?)",
        (archive, block, items, bad_lines, hits, now),
    )
