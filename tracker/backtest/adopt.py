"""Puts a codebook in force and matches the past with it, in batches that a second run can continue."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import structlog

from tracker import clock as clocks
from tracker.indicators import codebook, matcher
from tracker.indicators.codebook import Codebook
from tracker.model import Item, Match
from tracker.settings import Settings
from tracker.store import adoptions, codebooks
from tracker.store.adoptions import Adoption, StoredItem
from tracker.store.connect import writing

log = structlog.get_logger("tracker.backtest")

BATCH = 250
"""Items a transaction, so that reviewers and the daemon wait for fractions of a second at most."""

OnBatch = Callable[[Adoption], None]


def adopt(
    connection: sqlite3.Connection,
    settings: Settings,
    book: Codebook,
    clock: clocks.Clock,
    on_batch: OnBatch = lambda adoption: None,
) -> Adoption:
    """Make ``book`` the codebook in force, in its file and in the database, and match all stored items with it.

    May run beside the daemon, which loads the codebook anew before it stores anything more. Killed at any moment and
    run again with the same codebook, it goes on where it stood. Nothing reviewed is lost: judged hits that the codebook
    no longer finds stay, marked. Raises SupersededError where another codebook came into force meanwhile.
    """
    _put_into_file(connection, settings.indicators, book)
    now = clocks.iso(clock())
    with writing(connection):
        codebook_id = codebooks.put_in_force(
            connection, digest=book.digest, version=book.version, title=book.title, source=book.source, text=book.text,
            indicators=book.indicators, now=now,
        )  # fmt: skip
        adoption = adoptions.begin(connection, codebook_id, now)
    compiled = matcher.compile_codebook(book)
    for batch in _batches(connection, adoption):
        found = [(one, _match(compiled, one.item)) for one in batch]
        adoptions.store_batch(connection, adoption, found, batch[-1].id, clocks.iso(clock()))
        on_batch(adoptions.get(connection, adoption.id))
    adoptions.finish(connection, adoption, clocks.iso(clock()))
    return adoptions.get(connection, adoption.id)


def _batches(connection: sqlite3.Connection, adoption: Adoption) -> Iterator[list[StoredItem]]:
    """Whole batches, read one at a time so that no reading is open while one is written."""
    after = adoption.done_until
    while batch := list(islice(adoptions.stored_items(connection, after, adoption.ceiling, limit=BATCH), BATCH)):
        yield batch
        after = batch[-1].id


def _match(compiled: matcher.Matcher, item: Item) -> tuple[Match, ...]:
    try:
        return compiled.match(item)
    except Exception:
        log.exception("matching failed; the item is kept without hits", source=item.source, guid=item.guid[:200])
        return ()


def _put_into_file(connection: sqlite3.Connection, path: Path, book: Codebook) -> None:
    """Replace the codebook's file at once and whole. What it said before lies in the database, or else beside it."""
    path = Path(os.path.realpath(path))
    if path.is_file():
        before = path.read_bytes().decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n")
        if before == book.text:
            return
        if not adoptions.is_kept(connection, codebook.digest_of(before)):
            shutil.copy2(path, path.with_name(f"{path.stem}.before-{book.digest[:8]}{path.suffix}"))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(book.text)
            file.flush()
            os.fsync(file.fileno())
        if path.is_file():
            shutil.copymode(path, name)
        else:
            os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
