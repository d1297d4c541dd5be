"""Sends archives through: blocks go to workers, what they find comes back in order, one writer keeps it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tracker.model import ConfigError, Item, Match, Problem
from tracker.replay import archives, columns, readers, rows, work
from tracker.replay.workers import Workers, WorkersGone

BLOCK_ROWS = 10_000
DEATHS = 3
"""Times that workers may die over the same block."""
TEXT_KEPT = 500
"""Characters of a bad row that are kept aside."""


@dataclass(slots=True)
class Progress:
    """How far a replay has come. ``items`` and ``hits`` count what was new, ``bytes`` what was read of the files."""

    lines: int = 0
    items: int = 0
    hits: int = 0
    bad_lines: int = 0
    blocks_skipped: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Archive:
    """A file, how its columns are read, and the name of both in the ledger."""

    path: Path
    columns: columns.Columns
    key: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """A block with what was found in it. ``matches`` has the places of those ``items`` that hit."""

    number: int
    items: Sequence[Item]
    matches: dict[int, tuple[Match, ...]]
    bad_rows: Sequence[tuple[int, str, rows.Row]]
    """(number of the row, why it cannot be used, the row)."""


class Sink(Protocol):
    """Where results go. What was kept once is never asked for again."""

    def done(self, archive: str) -> set[int]:
        """The blocks of an archive that need not be matched again."""

    def keep(self, archive: str, block: Recognised) -> tuple[int, int]:
        """Keep a block whole or not at all; return how many items and hits of it are new."""

    def pass_over(self, archive: str, block: Recognised) -> None:
        """Heed a block that was kept by an earlier run; its ``matches`` are empty."""

    needs_all: bool
    """Whether ``pass_over`` wants the items, because what comes later depends on them."""


def describe(path: Path, told: dict[str, str], block_rows: int = BLOCK_ROWS) -> Archive:
    """How a file is read. Raises ConfigError where it cannot be, or has no column that holds text."""
    names = readers.column_names(path)
    try:
        chosen = columns.choose(names, told)
    except ValueError as trouble:
        raise ConfigError(Problem(str(path), 0, 0, str(trouble))) from None
    if not chosen.usable:
        shown = ", ".join(names)[:300] or "none"
        message = f"no column holds a title or a text; name one with --column title=NAME (there are: {shown})"
        raise ConfigError(Problem(str(path), 0, 0, message))
    return Archive(path, chosen, archives.fingerprint(path, f"{block_rows} {chosen}"))


@dataclass(slots=True)
class Replay:
    """Sends archives to a sink, with workers that hold the codebook of ``digest``.

    ``latest``: the moment after which no date can be true (UTC ISO 8601); ``aside`` takes bad rows.
    """

    sink: Sink
    workers: Workers
    digest: str
    latest: str = ""
    aside: BadLines | None = None
    block_rows: int = BLOCK_ROWS

    def run(self, archive: Archive, on_block: Callable[[Progress], None] | None = None) -> Progress:
        """Send one archive through. Killed and started again, it goes on after the last kept block.

        Raises ConfigError where the file cannot be read on or the workers keep dying; what was kept stays.
        """
        progress, size = Progress(), archive.path.stat().st_size
        for block, found in self._in_order(archive):
            if found is None:
                progress.blocks_skipped += 1
                if self.sink.needs_all:
                    self.sink.pass_over(archive.key, self._recognised(block, archive, None))
            else:
                recognised = self._recognised(block, archive, found)
                items_new, hits_new = self.sink.keep(archive.key, recognised)
                if self.aside is not None:
                    self.aside.add(archive.path, recognised.bad_rows)
                progress.items += items_new
                progress.hits += hits_new
                progress.bad_lines += len(recognised.bad_rows)
            progress.lines += len(block.rows)
            progress.bytes = int(size * block.share)
            if on_block is not None:
                on_block(progress)
        return progress

    def _in_order(self, archive: Archive) -> Iterator[tuple[readers.Block, work.Found | None]]:
        """Blocks with what was found in them, None where that is kept already; a few are always under way."""
        done = self.sink.done(archive.key)
        pending: deque[tuple[readers.Block, Future[work.Found] | None]] = deque()
        try:
            for block in readers.blocks(archive.path, self.block_rows):
                pending.append((block, None if block.number in done else self._submit(block, archive)))
                if len(pending) > self.workers.count:
                    yield self._first(pending, archive)
        except ConfigError:  # of the file; what stands before the faulty place is kept first
            while pending:
                yield self._first(pending, archive)
            raise
        while pending:
            yield self._first(pending, archive)

    def _submit(self, block: readers.Block, archive: Archive) -> Future[work.Found]:
        task = work.Task(self.digest, block.rows, archive.columns, self.latest)
        try:
            return self.workers.executor.submit(work.recognise, task)
        except BrokenExecutor as broken:
            failed: Future[work.Found] = Future()
            failed.set_exception(broken)
            return failed

    def _first(
        self, pending: deque[tuple[readers.Block, Future[work.Found] | None]], archive: Archive
    ) -> tuple[readers.Block, work.Found | None]:
        for _ in range(DEATHS):
            block, future = pending[0]
            try:
                found = None if future is None else self.workers.result(future)
            except WorkersGone:
                self.workers.revive()
                again = [(b, None if f is None else self._submit(b, archive)) for b, f in pending]
                pending.clear()
                pending.extend(again)
            else:
                pending.popleft()
                return block, found
        block, _ = pending[0]
        rows_meant = f"rows {block.first_row} to {block.first_row + len(block.rows) - 1}"
        message = f"workers died {DEATHS} times over {rows_meant}; is there enough memory? What is stored stays."
        raise ConfigError(Problem(str(archive.path), block.first_row, 0, message))

    def _recognised(self, block: readers.Block, archive: Archive, found: work.Found | None) -> Recognised:
        matches = dict(found.matches) if found else {}
        items: list[Item] = []
        bad: list[tuple[int, str, rows.Row]] = []
        by_item: dict[int, tuple[Match, ...]] = {}
        for at, row in enumerate(block.rows):
            item, reason = rows.read(row, archive.columns, self.latest)
            if item is not None:
                if at in matches:
                    by_item[len(items)] = matches[at]
                items.append(item)
            elif reason:
                bad.append((block.first_row + at, reason, row))
        return Recognised(block.number, items, by_item, bad)


class BadLines:
    """A file that rows which cannot be used are appended to, made when there is one: JSON lines with file, row, reason
    and the beginning of the row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def add(self, archive: Path, bad_rows: Sequence[tuple[int, str, rows.Row]]) -> None:
        """Append the bad rows of a block."""
        if not bad_rows:
            return
        self.count += len(bad_rows)
        with self.path.open("a", encoding="utf-8", errors="replace") as file:
            for number, reason, row in bad_rows:
                text = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False, default=str)
                line = {"file": archive.name, "row": number, "reason": reason, "text": text[:TEXT_KEPT]}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
