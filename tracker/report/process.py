"""Renews the stored report in a process of its own, so that the service stays small."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime, timedelta

import structlog

from tracker.settings import Settings

log = structlog.get_logger("tracker.report")

STOP_SECONDS = 5.0
PAUSE_AFTER_FAILURE = timedelta(hours=1)
NUMBER_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class ReportProcess:
    """At most one child at a time that runs `tracker report --keep`."""

    def __init__(self, settings: Settings) -> None:
        self._command = [
            sys.executable, "-m", "tracker", "--db", str(settings.db), "--indicators", str(settings.indicators),
            "--feeds", str(settings.feeds), "report", "--keep", "--json",
        ]  # fmt: skip
        self._environment = os.environ | dict.fromkeys(NUMBER_THREADS, "1")
        if settings.clock:
            self._environment["TRACKER_CLOCK"] = settings.clock
        self._task: asyncio.Task[None] | None = None
        self._not_before: datetime | None = None

    def ready(self, now: datetime) -> bool:
        """Whether none is running, and the last one did not fail within the hour."""
        waits = self._not_before is not None and timedelta(0) <= self._not_before - now <= PAUSE_AFTER_FAILURE
        return not waits and (self._task is None or self._task.done())

    def begin(self, now: datetime) -> None:
        """Start a child and return at once; how it went is logged."""
        self._not_before = None
        self._task = asyncio.create_task(self._run(now))

    async def stop(self) -> None:
        """End the child. What it had not stored is stored by the next."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, now: datetime) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env=self._environment, start_new_session=True,
        )  # fmt: skip
        try:
            said, complaint = await process.communicate()
        except asyncio.CancelledError:
            await _end(process)
            raise
        if process.returncode:
            self._not_before = now + PAUSE_AFTER_FAILURE
            reason = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["it ended without a word"]
            log.error("the report was not renewed; tried again in an hour", why=reason[0])
        else:
            log.info("report renewed", outcome=said.decode(errors="replace").strip())


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
