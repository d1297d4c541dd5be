"""Polling stands still while nothing can be stored, so that no publisher is asked in vain; and a stepped clock stalls
nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from tracker import clock as clocks
from tracker.store.trouble import in_words

log = structlog.get_logger("tracker.daemon")

FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0
"""Seconds until storing is tried again, with one feed; each failure doubles them."""
STEP = 5.0
"""Seconds by which the system's clock must leap to count as put back or forward."""


class Standstill:
    """Whether storing works. ``monotonic`` tells seconds; tests give their own."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._wait = 0.0
        self._until = 0.0

    @property
    def trying(self) -> bool:
        """Whether storing failed last time, so that one feed is enough to see whether it works again."""
        return self._wait > 0

    def is_on(self) -> bool:
        """Whether nobody is to be asked now."""
        return self._monotonic() < self._until

    def begin(self, error: Exception) -> None:
        """Storing failed: say so and wait. The checks that it concerned are made again."""
        if self.is_on():
            return  # a sweep that was under way beside the one that told already
        self._wait = min(2 * self._wait, LONGEST_WAIT) or FIRST_WAIT
        self._until = self._monotonic() + self._wait
        if isinstance(error, sqlite3.Error):
            log.error("nothing can be stored; polling waits", why=in_words(error), seconds=round(self._wait))
        else:
            log.error("sweep failed; polling waits", seconds=round(self._wait), exc_info=error)

    def end(self) -> None:
        """Storing worked."""
        if self._wait:
            log.info("storing works again")
        self._wait = self._until = 0.0


async def watch_clock(scheduler: AsyncIOScheduler, every: float) -> None:
    """Run the jobs at once when the system's clock was set; APScheduler would sleep until the old time comes round."""
    offset = time.time() - time.monotonic()
    while True:
        await asyncio.sleep(every)
        step = time.time() - time.monotonic() - offset
        if abs(step) > STEP:
            log.warning("the system's clock was put " + ("forward" if step > 0 else "back"), seconds=round(abs(step)))
            for job in scheduler.get_jobs():
                job.modify(next_run_time=clocks.real())
        offset += step
