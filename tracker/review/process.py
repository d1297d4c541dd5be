"""The review pages in a process of their own, so that heavy polling never slows a reader."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass

from tracker.model import ConfigError, Problem
from tracker.settings import Settings

STOP_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the pages are, and a link that signs its first visitor in as an analyst."""

    url: str
    sign_in: str


class WebProcess:
    """A child process that serves Datasette. It ends with this process, however that ends."""

    def __init__(self, settings: Settings, host: str, port: int) -> None:
        self._command = [
            sys.executable, "-m", "tracker", "--db", str(settings.db), "--indicators", str(settings.indicators),
            "--feeds", str(settings.feeds), "serve", "--host", host, "--port", str(port), "--for-parent",
        ]  # fmt: skip
        self._environment = os.environ | ({"TRACKER_CLOCK": settings.clock} if settings.clock else {})
        self._place = f"{host}:{port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> Address:
        """Start serving; returns once pages are answered. Raises ConfigError where it cannot (a taken port)."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            await self._process.wait()
            message = "the review pages did not start (the reason stands above); is the port taken? try --port"
            raise ConfigError(Problem(self._place, 0, 0, message))
        said = json.loads(line)
        if "problems" in said:
            await self._process.wait()
            raise ConfigError(*(Problem(**problem) for problem in said["problems"]))
        return Address(said["url"], said["sign_in"])

    async def wait(self) -> int:
        """Wait for the child to end; returns its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End the child: asked first, then by force."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
