"""Composes feeds -> items -> matches -> hits -> stories -> store; the one place where siblings meet."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import structlog

from tracker import clock as clocks
from tracker import in_force
from tracker.articles import Articles
from tracker.feeds import cadence, checkup, cleaning, fetch, identity, parsing, sweep
from tracker.feeds.hosts import Pace
from tracker.model import CheckResult, ConfigError, Feed, FeedState, Item, Match, NearMiss, Problem, SweepSummary
from tracker.settings import Settings
from tracker.store import adoptions, archives, feeds, hits, items, pages, removal, stories
from tracker.store.clock_steps import forget_future
from tracker.store.connect import writing
from tracker.store.lock import sole_poller
from tracker.store.migrations import open_store
from tracker.timing import Timing

if TYPE_CHECKING:
    from tracker.indicators.expansions import Expansion
    from tracker.indicators.matcher import Matcher
    from tracker.stories.group import StoryIndex

log = structlog.get_logger("tracker.pipeline")

P = ParamSpec("P")
R = TypeVar("R")

PLACED_AT_ONCE = 512
"""Items whose stories are written together, before the index of stories may ask the database again."""
CHECKS_PER_BATCH, ITEMS_PER_BATCH = 50, 150
"""Bounds of one write transaction, so that reviewers' verdicts wait for fractions of a second at most."""

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
        pipeline = Pipeline(settings, clock, hasty=True)
        pipeline.timing = timing or pipeline.timing
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

    def __init__(self, settings: Settings, clock: clocks.Clock = clocks.real, *, hasty: bool = False) -> None:
        """Open and load everything. Raises ConfigError, and leaves the database untouched, where a file is faulty.

        ``hasty``: a codebook that is in force already is read only when an item is to be matched.
        """
        self.settings = settings
        self.clock = clock
        self.timing = Timing()
        files = in_force.read(settings, hasty=hasty)
        self.connection: sqlite3.Connection = open_store(settings.db)
        self._writer = ThreadPoolExecutor(1, "store")
        self._looked_at = "~"
        """When feeds were looked for last; a clock that tells an earlier time was put back."""
        self.in_force = in_force.put(self.connection, files, self.now())
        self._adoption = adoptions.newest(self.connection)

    @cached_property
    def story_index(self) -> StoryIndex:
        """The stories of the days that new items are of; made when first asked for, as it needs numpy."""
        from tracker.stories.group import StoryIndex

        return StoryIndex(lambda first, last: stories.members(self.connection, first, last))

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
        async with aclosing(sweeping) as results, aclosing(_batches(results)) as batches:
            async for batch in batches:
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
                with self.timing.of("compiling the codebook"):
                    _ = self.in_force.files.matcher  # compiled before the transaction begins, not in it
            try:
                with writing(self.connection):
                    if adoptions.newest(self.connection) == self._adoption:
                        return [self._store_check(before, result) for before, result in checks]
            except BaseException:
                self.story_index.clear()
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

    def _store_check(self, before: FeedState, result: CheckResult) -> tuple[int, int]:
        next_due_at = clocks.iso(cadence.next_due(before, result, self.clock(), random.random()))  # noqa: S311
        found = [self._as_of_feed(before.feed, result, item) for item in result.items]
        items_new, hits_new = self._keep(before.feed.id, found, result.at, before.feed.fulltext) if found else (0, 0)
        feeds.record_check(self.connection, before, result, next_due_at, items_new)
        return items_new, hits_new

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
            by_source.setdefault(item.source, []).append(replace(_identified(item), matches=matches.get(at, ())))
        items_new = hits_new = 0
        try:
            with writing(self.connection):
                for source, found in by_source.items():
                    feed_id = archives.feed_of(self.connection, source, found[0].item.language, now)
                    stored, hit = self._keep(feed_id, found[::-1], now)
                    items_new, hits_new = items_new + stored, hits_new + hit
                archives.block_done(
                    self.connection, archive, block, items=items_new, bad_lines=bad_lines, hits=hits_new, now=now
                )
        except BaseException:
            self.story_index.clear()
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

    def _keep(
        self, feed_id: str, found: Sequence[items.Identified], at: str, want_articles: bool = False
    ) -> tuple[int, int]:
        found = self._without_removed(feed_id, found)
        with self.timing.of("storing items"):
            kept = items.store(self.connection, feed_id, found, at)
            if want_articles:
                pages.want(self.connection, ((stored.id, stored.identified.item.url) for stored in kept), at)
        with self.timing.of("placing in stories"):
            self._place_in_stories(feed_id, kept)
        with self.timing.of("matching, storing hits"):
            hits_new = sum(self._hits_of(stored, at) for stored in kept)
        with self.timing.of("indexing for search"):
            items.index(self.connection, (stored.id for stored in kept))
        return sum(not stored.changed for stored in kept), hits_new

    def _without_removed(self, feed_id: str, found: Sequence[items.Identified]) -> Sequence[items.Identified]:
        """Entries that were let go for their age stay away, unless the codebook in force finds something in them."""
        removed = removal.seen_before(self.connection, feed_id, [one.content_hash for one in found])
        if not removed:
            return found
        kept = []
        for one in found:
            if one.content_hash not in removed:
                kept.append(one)
                continue
            matches = self.match(one.item) if one.matches is None else one.matches
            if matches:
                removal.take_back(self.connection, feed_id, one.content_hash, (one.item.published_at or "")[:10])
                kept.append(replace(one, matches=matches))
        return kept

    def _hits_of(self, stored: items.Stored, at: str) -> int:
        matches = stored.identified.matches
        if matches is None:
            matches = self.match(stored.identified.item)
        if stored.changed:
            hits.withdraw_absent(self.connection, stored.id, matches)
        return hits.add(
            self.connection,
            stored.id,
            matches,
            codebook_id=self.in_force.codebook_id,
            content_hash=stored.identified.content_hash,
            now=at,
        )

    def _place_in_stories(self, feed_id: str, kept: Sequence[items.Stored]) -> None:
        if not kept:
            return
        outlet = stories.outlet(self.connection, feed_id)
        fresh = [stored for stored in kept if not stored.changed]

        for start in range(0, len(fresh), PLACED_AT_ONCE):
            self._place(fresh[start : start + PLACED_AT_ONCE], outlet)
        for stored in kept:
            if stored.changed and stored.story_id is not None:
                self.story_index.learn(stored.story_id, _told(stored), outlet)

    def _place(self, fresh: Sequence[items.Stored], outlet: str) -> None:
        placing = stories.Placing(self.connection)

        def settle(position: int, story_id: int | None) -> int:
            stored = fresh[position]
            if story_id is None or not placing.join(story_id, stored.id):
                return placing.new(stored.id, stored.day)
            return story_id

        self.story_index.place([(_told(stored), stored.day, outlet) for stored in fresh], settle)
        placing.write()

    def _as_of_feed(self, feed: Feed, result: CheckResult, item: Item) -> items.Identified:
        language = item.language or feed.language or result.language
        return _identified(replace(item, source=feed.id, implies=feed.implies, language=language))


async def _batches(results: AsyncIterator[CheckResult]) -> AsyncGenerator[list[CheckResult], None]:
    """Whatever came in while the last batch was being stored: many checks a transaction when busy, one when idle."""
    came: asyncio.Queue[CheckResult | None] = asyncio.Queue()
    room = asyncio.Semaphore(CHECKS_PER_BATCH)

    async def take() -> None:
        try:
            async for result in results:
                await room.acquire()
                came.put_nowait(result)
        finally:
            came.put_nowait(None)

    taking = asyncio.create_task(take())
    try:
        more = True
        while more:
            batch: list[CheckResult] = []
            while more and (not batch or not came.empty()) and sum(len(r.items) for r in batch) < ITEMS_PER_BATCH:
                result = await came.get()
                if result is None:
                    more = False
                else:
                    room.release()
                    batch.append(result)
            if batch:
                yield batch
        await taking
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


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


def _identified(item: Item) -> items.Identified:
    return items.Identified(item, identity.canonical_url(item.url), identity.content_hash(item))


def _told(stored: items.Stored) -> str:
    return stories.text(stored.identified.item.title, stored.identified.item.summary)
