"""Signs of life of the daemon: what each job last did, systemd's notifications, and a ping to an address of choice."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime

import httpx
import structlog

from tracker import clock as clocks
from tracker.pipeline import Pipeline
from tracker.store import jobs

log = structlog.get_logger("tracker.daemon")

NOTED_EVERY = 60.0
"""Seconds between two notes of a job that goes on succeeding."""
PING_EVERY, PING_SECONDS = 60.0, 10.0


class Pulse:
    """Remembers what jobs did. ``ping_url``, where there is one, is asked after good sweeps; it may hold a secret."""

    def __init__(self, pipeline: Pipeline, clock: Callable[[], datetime], ping_url: str = "") -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._ping_url = ping_url
        self._noted: dict[str, tuple[bool, float]] = {}
        self._pinged = -PING_EVERY
        self._ping: asyncio.Task[None] | None = None

    async def beat(self, job: str, *, ok: bool) -> None:
        """A job has succeeded or failed. A database that cannot be written is no reason for a second complaint."""
        was_ok, at = self._noted.get(job, (False, 0.0))
        if ok and was_ok and time.monotonic() - at < NOTED_EVERY:
            return
        try:
            now = clocks.iso(self._clock())
            await self._pipeline.run(jobs.note, self._pipeline.connection, job, now, ok=ok)
        except sqlite3.Error:
            return
        self._noted[job] = (ok, time.monotonic())

    def swept(self) -> None:
        """A sweep went well: tell the address that watches for it."""
        due = time.monotonic() - self._pinged >= PING_EVERY
        if self._ping_url and due and (self._ping is None or self._ping.done()):
            self._pinged = time.monotonic()
            self._ping = asyncio.create_task(self._tell())

    async def stop(self) -> None:
        """Let go of a ping under way."""
        if self._ping is not None:
            self._ping.cancel()
            await asyncio.gather(self._ping, return_exceptions=True)

    async def _tell(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=PING_SECONDS) as client:
                answer = await client.get(self._ping_url)
            failed = answer.is_error
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            failed = True
        if failed:
            log.warning("ping_url does not answer well")


def notify(state: str) -> None:
    """Tell systemd ``READY=1``, ``WATCHDOG=1`` or ``STOPPING=1``; nothing where it did not start us (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(1.0)
            channel.sendto(state.encode(), address)
    except OSError:
        log.warning("systemd does not hear us")
