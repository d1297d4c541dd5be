"""The background service: APScheduler jobs for polling, digests and upkeep; signals; a clean shutdown."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from tracker import clock as clocks
from tracker import digest
from tracker.model import ConfigError, SweepSummary
from tracker.pipeline import Pipeline, polling_tools
from tracker.review.process import WebProcess
from tracker.settings import Settings
from tracker.store import upkeep
from tracker.store.lock import sole_poller

log = structlog.get_logger("tracker.daemon")

DRAIN_SECONDS = 10.0
UPKEEP_SECONDS = 600
DIGEST_SECONDS = 30


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
        self._sweep: asyncio.Task[SweepSummary] | None = None
        self._busy = asyncio.Lock()

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """Work until `stop` is called or SIGTERM or SIGINT arrives; SIGHUP takes codebook and feeds anew.

        ``ready`` is called when the files are loaded and the jobs are planned. Raises ConfigError where a file is
        faulty, or where another daemon works on this database.
        """
        async with AsyncExitStack() as stack:
            stack.enter_context(sole_poller(self.settings.db))
            self.pipeline = Pipeline(self.settings, self.clock)
            stack.callback(self.pipeline.close)
            self.tools = await stack.enter_async_context(polling_tools(self.settings))
            self._listen_to_signals(stack)
            scheduler = self._schedule()
            scheduler.start()
            stack.callback(scheduler.shutdown, wait=False)
            log.info("started", db=str(self.settings.db), feeds=len(self.pipeline.in_force.feeds))
            if ready is not None:
                ready()
            await self.stopping.wait()
            scheduler.pause()
            await self._drain()
            await self.pipeline.run(upkeep.checkpoint, self.pipeline.connection)
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
        """One sweep over the feeds that the clock makes due; nothing where a sweep is still under way."""
        if self._busy.locked() or self.stopping.is_set():
            return
        async with self._busy:
            due = await self.pipeline.run(self.pipeline.due)
            if not due:
                return
            self._sweep = asyncio.create_task(self.pipeline.poll(due, tools=self.tools))
            try:
                summary = await self._sweep
            except asyncio.CancelledError:
                if not self.stopping.is_set():
                    raise
                return
            log.info(
                "swept", feeds=summary.feeds, failed=summary.failed, items=summary.items_new, hits=summary.hits_new,
                seconds=summary.seconds,
            )  # fmt: skip
            if self._on_sweep is not None:
                self._on_sweep(summary)

    async def mail_due(self) -> None:
        """Queue the digests that are due and deliver what is queued."""
        await asyncio.to_thread(digest.run_due, self.settings, self.clock())

    async def keep_up(self) -> None:
        """Checkpoint the log, refresh the planner's statistics, forget old checks."""
        connection = self.pipeline.connection
        await self.pipeline.run(upkeep.checkpoint, connection)
        await self.pipeline.run(upkeep.optimise, connection)
        oldest = clocks.iso(self.clock() - timedelta(days=upkeep.CHECKS_KEPT_DAYS))
        await self.pipeline.run(upkeep.prune_checks, connection, oldest)

    def _schedule(self) -> AsyncIOScheduler:
        # One job that asks for due feeds, not one a feed, and no misfire limit: APScheduler drops late jobs silently.
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        for job, seconds, at_once in (
            (self.poll_due, self.settings.tick, True),
            (self.mail_due, min(DIGEST_SECONDS, self.settings.tick), False),
            (self.keep_up, UPKEEP_SECONDS, False),
        ):
            options = {"next_run_time": clocks.real()} if at_once else {}
            scheduler.add_job(
                self._guarded(job.__name__, job), "interval", seconds=max(seconds, 0.05), id=job.__name__, **options
            )
        return scheduler

    def _guarded(self, name: str, job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def guarded() -> None:
            try:
                await job()
            except Exception:
                # A job that fails must not end the service; the next run tries again.
                log.exception("job failed", job=name)

        return guarded

    def _listen_to_signals(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
            stack.callback(loop.remove_signal_handler, number)
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.create_task(self.reload()))
        stack.callback(loop.remove_signal_handler, signal.SIGHUP)

    async def _drain(self) -> None:
        sweep = self._sweep
        if sweep is None or sweep.done():
            return
        log.info("finishing the sweep under way", at_most_seconds=DRAIN_SECONDS)
        _, pending = await asyncio.wait({sweep}, timeout=DRAIN_SECONDS)
        if pending:
            sweep.cancel()
            await asyncio.wait({sweep})


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
