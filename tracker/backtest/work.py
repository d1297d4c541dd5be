"""What runs in the processes of a backtest: a block of items -> which of them the codebooks find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import structlog

from tracker.indicators import difference, matcher, trial
from tracker.indicators.codebook import Codebook
from tracker.model import Item
from tracker.replay import rows
from tracker.replay.columns import Columns
from tracker.store import adoptions
from tracker.store.connect import connect

log = structlog.get_logger("tracker.backtest")

OLDER = "\0"
"""What the ids of an earlier codebook begin with where both are matched in one go."""

Found = list[tuple[int, tuple[str, ...]]]
"""For the items that hit: their number, and the indicators, those of an earlier codebook begun with `OLDER`."""


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """Items of the store, by id."""

    db: Path
    after: int
    until: int
    since: str


@dataclass(frozen=True, slots=True)
class ArchiveBlock:
    """Rows of an archive; the number of an item is that of its row."""

    rows: tuple[rows.Row, ...]
    first_row: int
    columns: Columns
    since: str


Block = StoredBlock | ArchiveBlock


@dataclass(frozen=True, slots=True)
class Job:
    """Which indicators to look for: the texts of the codebooks, "" for one that is not matched, and their ids."""

    before: str
    after: str
    removed: tuple[str, ...]
    """Looked for in ``before`` alone."""
    wanted: tuple[str, ...]


class Finder:
    """The codebooks of a job at work."""

    def __init__(self, job: Job) -> None:
        """Raises ConfigError where a codebook is faulty."""
        names = (*job.wanted, *job.removed)
        after = difference.only(trial.read_text(job.after), names)
        if not job.before:
            self._matchers = [("", _compiled(after))]
            return
        before = difference.only(trial.read_text(job.before), names)
        both = difference.together(before, after, OLDER)
        if both is not None:
            self._matchers = [("", _compiled(both))]
        else:
            self._matchers = [(OLDER, _compiled(before)), ("", _compiled(after))]

    def find(self, item: Item) -> tuple[str, ...]:
        """The indicators that the item hits; nothing where matching breaks."""
        try:
            return tuple(prefix + match.indicator for prefix, one in self._matchers for match in one.match(item))
        except Exception:
            log.exception("matching failed; the item counts as without hits", source=item.source)
            return ()


def _compiled(book: Codebook) -> matcher.Matcher:
    return matcher.compile_codebook(book)


_finder: Finder | None = None


def begin(job: Job) -> None:
    """Make this process ready for the blocks of a job."""
    global _finder  # noqa: PLW0603 - a worker process serves one job
    import gc

    _finder = Finder(job)
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)  # matching makes much that is gone at once and no circles


def look(block: Block) -> tuple[int, int, Found]:
    """(number of the last item, items, found) of one block. ``begin`` must have run in this process."""
    assert _finder is not None
    found: Found = []
    count = last = 0
    for last, item in items_of(block):
        count += 1
        names = _finder.find(item)
        if names:
            found.append((last, names))
    return last, count, found


def items_of(block: Block) -> Iterator[tuple[int, Item]]:
    """The items of a block with their numbers."""
    if isinstance(block, ArchiveBlock):
        for number, row in enumerate(block.rows, block.first_row):
            item, _ = rows.read(row, block.columns)
            if item is not None and (item.published_at or "9999") >= block.since:
                yield number, item
        return
    connection = connect(block.db)
    try:
        for stored in adoptions.stored_items(connection, block.after, block.until, since=block.since):
            yield stored.id, stored.item
    finally:
        connection.close()


def run(job: Job, blocks: Iterator[Block], processes: int, on_block: Callable[[int], None]) -> tuple[int, Found]:
    """Look through all blocks, in this process (``processes`` 0) or in others; return (items, found), in order.

    ``on_block`` gets the number of items of each block that is done.
    """
    total, found = 0, []
    for _, count, some in _done(job, blocks, processes):
        total += count
        found += some
        on_block(count)
    return total, found


def _done(job: Job, blocks: Iterator[Block], processes: int) -> Iterator[tuple[int, int, Found]]:
    if not processes:
        begin(job)
        yield from map(look, blocks)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), begin, (job,)) as pool:
        under_way: list[Future[tuple[int, int, Found]]] = []
        try:
            for block in blocks:
                under_way.append(pool.submit(look, block))
                if len(under_way) > processes * 2:
                    yield under_way.pop(0).result()
            for one in under_way:
                yield one.result()
        finally:
            for one in under_way:
                one.cancel()


def stored_blocks(db: Path, last: int, since: str, size: int) -> Iterator[Block]:
    """The whole store in blocks of ids."""
    for after in range(0, last, size):
        yield StoredBlock(db, after, min(after + size, last), since)
