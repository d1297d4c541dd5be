"""The background service: APScheduler jobs for polling, digests and upkeep; signals; a clean shutdown."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, closing
from datetime import date
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from tracker import allocation, digest, report
from tracker import clock as clocks
from tracker.model import CheckResult, ConfigError, FeedState, Problem, SweepSummary
from tracker.pipeline import Pipeline, polling_tools
from tracker.pulse import Pulse, notify
from tracker.report.process import ReportProcess
from tracker.review.process import WebProcess
from tracker.settings import Settings
from tracker.standstill import Standstill, watch_clock
from tracker.store import retention, upkeep
from tracker.store.connect import connect
from tracker.store.feeds import host_of
from tracker.store.lock import sole_poller
from tracker.store.trouble import in_words

log = structlog.get_logger("tracker.daemon")

DRAIN_SECONDS = 10.0
SWEEPS_AT_ONCE = 8
UPKEEP_SECONDS = 600
POLL_SECONDS = 5
"""How often due feeds are looked for at least: a feed asked every five minutes is a fiftieth of that late at most."""
MANY_ITEMS = 300
"""New items after which a sweep gives back the memory that it took."""
DIGEST_SECONDS = 30
REPORT_SECONDS = 60
CLOCK_SECONDS = 1.0
LARGE_LOG_PAGES = 25_000
"""Pages (100 MB) of the write-ahead log that a reader keeps from being folded in; more is told."""


class Daemon:
    """Polls, matches, stores and mails until told to stop."""

    def __init__(
        self,
        settings: Settings,
        clock: clocks.Clock = clocks.real,
        *,
        on_sweep: Callable[[SweepSummary], None] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.stopping = asyncio.Event()
        self._on_sweep = on_sweep
        self.failure: Problem | None = None
        self._file: tuple[int, int] | None = None
        self._sweeps: set[asyncio.Task[None]] = set()
        self._standstill = Standstill()
        self._reading: asyncio.Task[None] | None = None
        self._report = ReportProcess(settings)
        self._pruned_on: date | None = None
        """The day on which old rows were let go last."""
        self._asked: Counter[str] = Counter()
        """Checks under way, by host."""

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """Work until `stop` is called or SIGTERM or SIGINT arrives; SIGHUP takes codebook and feeds anew.

        ``ready`` is called when the files are loaded and the jobs are planned. Raises ConfigError where a file is
        faulty, or where another daemon works on this database.
        """
        allocation.be_frugal()
        async with AsyncExitStack() as stack:
            stack.enter_context(sole_poller(self.settings.db))
            self.pipeline = Pipeline(self.settings, self.clock)
            stack.callback(self.pipeline.close)
            self._pulse = Pulse(self.pipeline, self.clock, self.settings.ping_url)
            stack.push_async_callback(self._pulse.stop)
            self._file = _identity(self.settings.db)
            self.tools = await stack.enter_async_context(polling_tools(self.settings))
            self._listen_to_signals(stack)
            stack.push_async_callback(self._report.stop)
            scheduler = self._schedule()
            scheduler.start()
            stack.callback(scheduler.shutdown, wait=False)
            watching = asyncio.create_task(watch_clock(scheduler, max(self.settings.tick, CLOCK_SECONDS)))
            stack.callback(watching.cancel)
            log.info("started", db=str(self.settings.db), feeds=len(self.pipeline.in_force.feeds))
            if ready is not None:
                ready()
            notify("READY=1")
            await self.stopping.wait()
            notify("STOPPING=1")
            scheduler.pause()
            await self._drain()
            await self.pipeline.run(upkeep.checkpoint, self.pipeline.connection)
        if self.failure is not None:
            raise ConfigError(self.failure)
        log.info("stopped")

    def stop(self) -> None:
        """Ask the daemon to finish what it is storing and end."""
        self.stopping.set()

    async def reload(self) -> None:
        """Take codebook and feed list anew; where one is faulty say so and keep the old."""
        try:
            await self.pipeline.run(self.pipeline.reload)
        except ConfigError as error:
            log.error("reload refused, the old files stay in force", problems=[str(p) for p in error.problems])
        else:
            log.info("reloaded", feeds=len(self.pipeline.in_force.feeds))

    async def poll_due(self) -> None:
        """Begin a sweep over the feeds that the clock makes due.

        A sweep that still waits for a hung server holds back that server's feeds alone: the others are swept beside it.
        """
        if self.stopping.is_set() or len(self._sweeps) >= SWEEPS_AT_ONCE or self._standstill.is_on():
            return
        if _identity(self.settings.db) != self._file:
            log.error("the database was removed or replaced under the service; it stops", db=str(self.settings.db))
            self.failure = Problem(str(self.settings.db), 0, 0, "was removed or replaced while the service ran")
            self.stop()
            return
        due = await self.pipeline.run(self.pipeline.due)
        due = [state for state in due if not self._asked[host_of(state.url)]]
        if self._standstill.trying:
            due = due[:1]
        if due:
            task = asyncio.create_task(self._sweep(due))
            self._sweeps.add(task)
            task.add_done_callback(self._sweeps.discard)

    async def _sweep(self, due: Sequence[FeedState]) -> None:
        hosts = {state.feed.id: host_of(state.url) for state in due}
        self._asked.update(hosts.values())

        def settled(result: CheckResult, items_new: int, hits_new: int) -> None:
            self._asked[hosts.pop(result.feed_id)] -= 1

        try:
            summary = await self.pipeline.poll(due, tools=self.tools, on_result=settled)
        except Exception as error:
            self._standstill.begin(error)
            await self._pulse.beat("sweep", ok=False)
            return
        finally:
            self._asked.subtract(hosts.values())
        self._standstill.end()
        self._pulse.swept()
        await self._pulse.beat("sweep", ok=True)
        log.info(
            "swept", feeds=summary.feeds, failed=summary.failed, items=summary.items_new, hits=summary.hits_new,
            seconds=summary.seconds,
        )  # fmt: skip
        if summary.items_new >= MANY_ITEMS:
            await asyncio.to_thread(allocation.give_back)
        if self._on_sweep is not None:
            self._on_sweep(summary)

    async def read_articles(self) -> None:
        """Read the pages that feeds with full text want, beside the sweeps; one run at a time."""
        if self.stopping.is_set() or self._standstill.trying or (self._reading and not self._reading.done()):
            return
        self._reading = asyncio.create_task(self._read_articles())
        self._sweeps.add(self._reading)
        self._reading.add_done_callback(self._sweeps.discard)

    async def _read_articles(self) -> None:
        try:
            articles, hits = await self.pipeline.read_articles(self.tools)
        except Exception as error:
            self._standstill.begin(error)
            return
        if articles:
            log.info("read articles", articles=articles, hits=hits)

    async def report_due(self) -> None:
        """Renew alerts, bands and indices, in a process of its own, where a day has ended or late hits have come."""
        now = self.clock()
        if self.stopping.is_set() or self._standstill.trying or not self._report.ready(now):
            return
        if await self.pipeline.run(report.due, self.pipeline.connection, now):
            self._report.begin(now)

    async def mail_due(self) -> None:
        """Queue alerts, notices about feeds and the digests that are due, and deliver what is queued."""
        await asyncio.to_thread(digest.run_due, self.settings, self.clock(), stop=self.stopping.is_set)

    async def keep_up(self) -> None:
        """Checkpoint the log, refresh the planner's statistics."""
        connection = self.pipeline.connection
        left = await self.pipeline.run(upkeep.checkpoint, connection)
        if left > LARGE_LOG_PAGES:
            log.warning(
                "a reader keeps the write-ahead log from shrinking; end the program that holds it open",
                megabytes=left * upkeep.PAGE_BYTES // 1_000_000,
            )
        await self.pipeline.run(upkeep.optimise, connection)
        await asyncio.to_thread(allocation.give_back)

    async def prune(self) -> None:
        """Once a day let go of what has been kept long enough."""
        today = self.clock().date()
        if self._pruned_on == today or self.stopping.is_set() or self._standstill.is_on():
            return
        await asyncio.to_thread(self._prune)
        self._pruned_on = today

    def _prune(self) -> None:
        """On a connection of its own, in short transactions between those of the sweeps."""
        with closing(connect(self.settings.db)) as connection:
            keep, stop = dict(self.settings.keep), self.stopping.is_set
            gone = retention.run(connection, keep, self.clock(), who="daemon", stop=stop)
        if any(one.rows for one in gone):
            log.info("let go of what was kept long enough", **{one.what: one.rows for one in gone if one.rows})

    def _schedule(self) -> AsyncIOScheduler:
        # One job that asks for due feeds, not one a feed, and no misfire limit: APScheduler drops late jobs silently.
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        for name, job, seconds, at_once in (
            ("poll", self.poll_due, min(POLL_SECONDS, self.settings.tick), True),
            ("articles", self.read_articles, self.settings.tick, False),
            ("mail", self.mail_due, min(DIGEST_SECONDS, self.settings.tick), False),
            ("upkeep", self.keep_up, UPKEEP_SECONDS, False),
            ("prune", self.prune, UPKEEP_SECONDS, True),
            ("report", self.report_due, min(REPORT_SECONDS, self.settings.tick), False),
        ):
            options = {"next_run_time": clocks.real()} if at_once else {}
            scheduler.add_job(self._guarded(name, job), "interval", seconds=max(seconds, 0.05), id=name, **options)
        return scheduler

    def _guarded(self, name: str, job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def guarded() -> None:
            try:
                await job()
            except sqlite3.Error as error:
                log.error("job failed", job=name, why=in_words(error))
            except Exception:
                # A job that fails must not end the service; the next run tries again.
                log.exception("job failed", job=name)
            else:
                if name == "poll":
                    notify("WATCHDOG=1")
                await self._pulse.beat(name, ok=True)
                return
            await self._pulse.beat(name, ok=False)

        return guarded

    def _listen_to_signals(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
            stack.callback(loop.remove_signal_handler, number)
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.create_task(self.reload()))
        stack.callback(loop.remove_signal_handler, signal.SIGHUP)

    async def _drain(self) -> None:
        if self._reading is not None:
            self._reading.cancel()  # pages are asked again at the next start; a sweep's answers are worth waiting for
            await asyncio.wait([self._reading])
        if not self._sweeps:
            return
        log.info("finishing the sweep under way", at_most_seconds=DRAIN_SECONDS)
        _, pending = await asyncio.wait(self._sweeps, timeout=DRAIN_SECONDS)
        for sweep in pending:
            sweep.cancel()
        if pending:
            await asyncio.wait(pending)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def up(
    settings: Settings, clock: clocks.Clock, host: str, port: int, say_where: Callable[[str, str], None]
) -> None:
    """The daemon and the review pages as one process tree, until told to stop; one that ends takes the other with it.

    ``say_where`` gets the address of the pages and a sign-in link. Raises ConfigError where either cannot start.
    """
    worker = Daemon(settings, clock)
    ready = asyncio.Event()
    work = asyncio.create_task(worker.run(ready.set))
    pages = WebProcess(settings, host, port)
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            address = await pages.start()
            say_where(address.url, address.sign_in)
            ended = asyncio.create_task(pages.wait())
            await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
    finally:
        waiting.cancel()
        worker.stop()
        await pages.stop()
        await work
