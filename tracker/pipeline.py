"""Composes feeds -> items -> matches -> hits -> stories -> store; the one place where siblings meet."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import structlog

from tracker import clock as clocks
from tracker import in_force
from tracker.articles import Articles
from tracker.batches import batches
from tracker.feeds import cadence, checkup, cleaning, fetch, parsing, sweep
from tracker.feeds.hosts import Pace
from tracker.keeping import Brought, Keeper, identified
from tracker.model import CheckResult, ConfigError, Feed, FeedState, Item, Match, NearMiss, Problem, SweepSummary
from tracker.settings import Settings
from tracker.store import adoptions, archives, feeds, items
from tracker.store.clock_steps import forget_future
from tracker.store.connect import writing
from tracker.store.lock import sole_poller
from tracker.store.migrations import open_store
from tracker.timing import Timing

if TYPE_CHECKING:
    from tracker.indicators.expansions import Expansion
    from tracker.indicators.matcher import Matcher

log = structlog.get_logger("tracker.pipeline")

P = ParamSpec("P")
R = TypeVar("R")

OnResult = Callable[[CheckResult, int, int], None]
"""Called after each stored check with the result, its new items and its new hits."""


@dataclass(frozen=True, slots=True)
class PollingTools:
    """What a sweep asks and parses with; kept open between sweeps, so that connections and workers stay warm."""

    fetcher: fetch.Fetcher
    parser: parsing.ParserPool
    pace: Pace


@asynccontextmanager
async def polling_tools(settings: Settings) -> AsyncIterator[PollingTools]:
    """Tools for sweeps under these settings, closed at the end."""
    async with fetch.open_fetcher(settings) as fetcher:
        with parsing.ParserPool() as parser:
            yield PollingTools(fetcher, parser, Pace())


async def poll_once(
    settings: Settings,
    clock: clocks.Clock,
    *,
    everything: bool = False,
    feed_id: str | None = None,
    on_due: Callable[[int], None] | None = None,
    timing: Timing | None = None,
    on_result: OnResult | None = None,
) -> SweepSummary:
    """Open the database, sweep once, close it; ``on_due`` is told how many feeds will be asked.

    Raises ConfigError, also where another process polls into it.
    """
    with sole_poller(settings.db):
        pipeline = Pipeline(settings, clock, hasty=True, timing=timing)
        try:
            due = pipeline.due(everything=everything, feed_id=feed_id)
            if on_due is not None:
                on_due(len(due))
            async with polling_tools(settings) as tools:
                summary = await pipeline.poll(due, tools=tools, on_result=on_result)
                articles_read, hits_new = await pipeline.read_articles(tools)
                return replace(summary, articles=articles_read, hits_new=summary.hits_new + hits_new)
        finally:
            pipeline.close()


class Pipeline:
    """An open database with a codebook and a feed list in force. Use it from one thread; close it at the end."""

    def __init__(
        self,
        settings: Settings,
        clock: clocks.Clock = clocks.real,
        *,
        hasty: bool = False,
        timing: Timing | None = None,
    ) -> None:
        """Open and load everything. Raises ConfigError, and leaves the database untouched, where a file is faulty.

        ``hasty``: a codebook that is in force already is read only when an item is to be matched.
        """
        self.settings = settings
        self.clock = clock
        files = in_force.read(settings, hasty=hasty)
        self.connection: sqlite3.Connection = open_store(settings.db)
        self._writer = ThreadPoolExecutor(1, "store")
        self._looked_at = "~"
        """When feeds were looked for last; a clock that tells an earlier time was put back."""
        self.in_force = in_force.put(self.connection, files, self.now())
        self._adoption = adoptions.newest(self.connection)
        self._keeper = Keeper(self.connection, self.match, timing or Timing())

    def close(self) -> None:
        """Finish what is being stored and close the database."""
        self._writer.shutdown(wait=True)
        self.connection.close()

    def reload(self) -> None:
        """Take the codebook and the feed list anew. Raises ConfigError where one is faulty; the old stay in force.

        A changed codebook applies to new items; a break is marked in the series of each indicator that it changes.
        """
        self.in_force = in_force.put(self.connection, in_force.read(self.settings, hasty=False), self.now())

    def now(self) -> str:
        """The clock's time in the form of our tables."""
        return clocks.iso(self.clock())

    def due(self, *, everything: bool = False, feed_id: str | None = None) -> list[FeedState]:
        """The feeds to ask now. Raises ConfigError where ``feed_id`` is not in the feed list."""
        chosen: Sequence[Feed] = self.in_force.feeds
        if feed_id is not None:
            chosen = [feed for feed in chosen if feed.id == feed_id]
            if not chosen:
                message = f"there is no feed {feed_id!r}; `tracker feeds list` shows the ids"
                raise ConfigError(Problem(str(self.settings.feeds), 0, 0, message))
        now = self.now()
        if now < self._looked_at:
            forget_future(self.connection, now)
        self._looked_at = now
        return feeds.due(self.connection, chosen, now, everything=everything or feed_id is not None)

    async def poll(
        self,
        due: Sequence[FeedState],
        *,
        tools: PollingTools,
        on_result: OnResult | None = None,
    ) -> SweepSummary:
        """One sweep over ``due``. Checks are stored as they come in: items, hits and validators in one transaction.

        When cancelled, the checks being stored are finished and the others are asked again at the next sweep.
        """
        started = time.monotonic()
        outcomes: Counter[str] = Counter()
        failures: list[tuple[str, str]] = []
        states = {state.feed.id: state for state in due}
        sweeping = sweep.sweep(
            due,
            tools.fetcher,
            tools.parser,
            now=self.clock,
            host_interval=self.settings.host_interval,
            concurrency=self.settings.concurrency,
            pace=tools.pace,
        )
        async with aclosing(sweeping) as results, aclosing(batches(results)) as gathered:
            async for batch in gathered:
                stored = await self.run(self.store_checks, [(states[result.feed_id], result) for result in batch])
                for result, (items_new, hits_new) in zip(batch, stored, strict=True):
                    outcomes[result.outcome] += 1
                    outcomes["items_new"] += items_new
                    outcomes["hits_new"] += hits_new
                    if result.outcome == "failed":
                        failures.append((result.feed_id, result.error))
                    if on_result is not None:
                        on_result(result, items_new, hits_new)
        return SweepSummary(
            feeds=len(due),
            ok=outcomes["new"] + outcomes["unchanged"] + outcomes["not_modified"],
            not_modified=outcomes["not_modified"],
            unchanged=outcomes["unchanged"],
            failed=outcomes["failed"],
            items_new=outcomes["items_new"],
            hits_new=outcomes["hits_new"],
            seconds=round(time.monotonic() - started, 3),
            failures=tuple(failures),
        )

    async def read_articles(self, tools: PollingTools) -> tuple[int, int]:
        """Read the pages that feeds with full text want now; return (articles, new hits).

        Each page is stored as it comes in; none fails its feed.
        """
        force = self.in_force
        reading = Articles(self.connection, force.feeds, self.match, force.codebook_id, self.clock, self.run)
        return await reading.read(tools.fetcher, tools.parser, tools.pace, self.settings.host_interval)

    def store_checks(self, checks: Sequence[tuple[FeedState, CheckResult]]) -> list[tuple[int, int]]:
        """Store checks with everything they brought, in one transaction; return (new items, new hits) of each."""
        while True:
            self._follow_adoption()
            if any(result.items for _, result in checks):
                with self._keeper.timing.of("compiling the codebook"):
                    _ = self.in_force.files.matcher  # compiled before the transaction begins, not in it
            try:
                with writing(self.connection):
                    if adoptions.newest(self.connection) == self._adoption:
                        return self._store_checks(checks)
            except BaseException:
                self._keeper.forget()
                raise

    def _follow_adoption(self) -> None:
        """Load the codebook anew where another process has adopted one since; the old stays where that is faulty."""
        newest = adoptions.newest(self.connection)
        if newest == self._adoption:
            return
        self._adoption = newest
        try:
            self.reload()
        except ConfigError as error:
            log.error(
                "the codebook that was adopted is faulty, the old one stays", problems=list(map(str, error.problems))
            )
        else:
            log.info("took the codebook that was adopted", codebook=self.in_force.codebook_id)

    def _store_checks(self, checks: Sequence[tuple[FeedState, CheckResult]]) -> list[tuple[int, int]]:
        brought = [
            Brought(
                before.feed.id,
                [self._as_of_feed(before.feed, result, item) for item in result.items],
                result.at,
                before.feed.fulltext,
            )
            for before, result in checks
            if result.items
        ]
        counts = iter(self._keeper.keep(brought, self.in_force.codebook_id) if brought else ())
        stored = []
        for before, result in checks:
            items_new, hits_new = next(counts) if result.items else (0, 0)
            next_due_at = clocks.iso(cadence.next_due(before, result, self.clock(), random.random()))  # noqa: S311
            feeds.record_check(self.connection, before, result, next_due_at, items_new)
            stored.append((items_new, hits_new))
        return stored

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``function`` in the one thread that writes, after what it has at hand."""
        call = partial(function, *args, **kwargs)
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writer, call))

    def archive_blocks_done(self, archive: str) -> set[int]:
        """The numbers of an archive's blocks that an earlier replay stored."""
        return archives.done_blocks(self.connection, archive)

    def store_archive_block(
        self,
        archive: str,
        block: int,
        archived: Sequence[Item],
        matches: Mapping[int, tuple[Match, ...]],
        *,
        bad_lines: int,
    ) -> tuple[int, int]:
        """Store a block of an archive and its line in the ledger in one transaction; return (new items, new hits).

        ``matches``: for the places in ``archived`` that hit, what the codebook in force recognised there.
        """
        if adoptions.newest(self.connection) != self._adoption:
            message = "another codebook was adopted meanwhile; run the replay again, it goes on where it stood"
            raise ConfigError(Problem(str(self.settings.indicators), 0, 0, message))
        now = self.now()
        by_source: dict[str, list[items.Identified]] = {}
        for at, item in enumerate(archived):
            by_source.setdefault(item.source, []).append(replace(identified(item), matches=matches.get(at, ())))
        try:
            with writing(self.connection):
                brought = [
                    Brought(archives.feed_of(self.connection, source, found[0].item.language, now), found[::-1], now)
                    for source, found in by_source.items()
                ]
                counts = self._keeper.keep(brought, self.in_force.codebook_id)
                items_new, hits_new = sum(new for new, _ in counts), sum(hit for _, hit in counts)
                archives.block_done(
                    self.connection, archive, block, items=items_new, bad_lines=bad_lines, hits=hits_new, now=now
                )
        except BaseException:
            self._keeper.forget()
            raise
        return items_new, hits_new

    def match(self, item: Item) -> tuple[Match, ...]:
        """What the codebook in force recognises in an item; nothing, with an error in the log, where matching breaks.

        One item must not keep a feed from being stored for ever.
        """
        compiled = self.in_force.files.matcher
        try:
            return compiled.match(item)
        except Exception:
            log.exception("matching failed; the item is kept without hits", source=item.source, guid=item.guid[:200])
            return ()

    def _as_of_feed(self, feed: Feed, result: CheckResult, item: Item) -> items.Identified:
        language = item.language or feed.language or result.language
        return identified(replace(item, source=feed.id, implies=feed.implies, language=language))


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries of a codebook at work on single items, for pages that explain them. Touches no database."""

    matcher: Matcher

    def near_misses(self, item: Item) -> tuple[NearMiss, ...]:
        """The indicators that the item misses by one clause."""
        from tracker.indicators import explain

        return explain.near_misses(self.matcher, item)

    def expansions(self, indicator: str) -> tuple[Expansion, ...]:
        """What the words of an indicator's query stand for."""
        from tracker.indicators import expansions

        return expansions.expansions(self.matcher, indicator)


def open_queries(settings: Settings) -> Queries:
    """The queries of the codebook that the settings name. Raises ConfigError where it is faulty; takes a second."""
    from tracker.indicators import codebook, matcher

    return Queries(matcher.compile_codebook(codebook.load(settings.indicators)))


def silent_since(published: Sequence[str], now: datetime) -> datetime | None:
    """When a feed with items of these times (UTC) fell silent, if its own rhythm does not explain the silence."""
    return checkup.stale_since(published, now)


def clean_text(text: str) -> str:
    """Text from outside in the form in which items are stored: no control characters, white space collapsed."""
    return cleaning.text_of(text, cleaning.BODY_LIMIT)
