"""Parsing in processes that can be killed: a document may cost its time limit, never the sweep."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import tracker
from tracker.feeds.document import NoArticle, NotAFeed, Parsed
from tracker.feeds.worker import ARTICLE, FEED, FRAME

TIME_LIMIT = 10.0
"""Processor seconds that one document may take: a busy machine makes no document slow."""
PATIENCE = 6
"""Seconds by the clock, per processor second, after which a process that says nothing is given up."""
WORKERS = 2
ANSWER_LIMIT = 400_000_000
"""Bytes of one answer; the caps on items and texts keep real ones far below."""


class ParserPool:
    """Up to ``workers`` warm processes, started when first needed. Use it from one event loop; close it at the end."""

    def __init__(self, *, time_limit: float = TIME_LIMIT, workers: int = WORKERS) -> None:
        self._time_limit = time_limit
        self._free = asyncio.Semaphore(workers)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; none is left behind."""
        for worker in list(self._all):
            self._end(worker)

    async def parse(self, body: bytes, content_type: str, url: str, now: datetime) -> Parsed:
        """Like `tracker.feeds.parse.parse`, elsewhere. Raises NotAFeed, also where the document costs too much."""
        answer = await self._ask((FEED, body, content_type, url, now), NotAFeed)
        assert isinstance(answer, Parsed)
        return answer

    async def extract(self, body: bytes, content_type: str, url: str) -> str:
        """Like `tracker.feeds.article.extract`, elsewhere. Raises NoArticle, also where the page costs too much."""
        answer = await self._ask((ARTICLE, body, content_type, url), NoArticle)
        assert isinstance(answer, str)
        return answer

    async def _ask(self, task: tuple[object, ...], refused: type[NotAFeed | NoArticle]) -> object:
        request = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        async with self._free:
            worker = self._idle.pop() if self._idle else self._start()
            try:
                async with asyncio.timeout(PATIENCE * self._time_limit):
                    answer = await worker.ask(request)
            except BaseException as error:
                ended_by = self._end(worker)
                if isinstance(error, TimeoutError) or (isinstance(error, EOFError) and ended_by == -signal.SIGPROF):
                    raise refused(f"the document takes more than {self._time_limit:g} s to read") from None
                if isinstance(error, OSError | EOFError | pickle.UnpicklingError):
                    raise refused("the document made its reader fail") from None
                raise
            self._idle.append(worker)
        if isinstance(answer, NotAFeed | NoArticle):
            raise answer
        return answer

    def _start(self) -> _Worker:
        worker = _Worker(self._time_limit)
        self._all.add(worker)
        return worker

    def _end(self, worker: _Worker) -> int:
        self._all.discard(worker)
        with contextlib.suppress(ValueError):
            self._idle.remove(worker)
        return worker.end()


class _Worker:
    """One process and the socket to it."""

    def __init__(self, time_limit: float) -> None:
        self._line, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "tracker.feeds.worker", str(time_limit)]
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=_environment(),
            )
        self._line.setblocking(False)

    async def ask(self, request: bytes) -> object:
        """Send a request and wait for its answer. Raises OSError or EOFError where the process ended."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._line, FRAME.pack(len(request)) + request)
        (size,) = FRAME.unpack(await self._receive(loop, FRAME.size))
        if size > ANSWER_LIMIT:
            raise EOFError
        return pickle.loads(await self._receive(loop, size))  # noqa: S301 - written by our own child

    async def _receive(self, loop: asyncio.AbstractEventLoop, size: int) -> bytearray:
        buffer = bytearray(size)
        view, filled = memoryview(buffer), 0
        while filled < size:
            count = await loop.sock_recv_into(self._line, view[filled:])
            if not count:
                raise EOFError
            filled += count
        return buffer

    def end(self) -> int:
        """Kill and reap the process; how it ended, which may have been by itself."""
        self._process.poll()
        self._line.close()
        self._process.kill()
        return self._process.wait()


def _environment() -> dict[str, str]:
    """Ours without our secrets, and with this very package first."""
    package = str(Path(tracker.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, (package, kept.get("PYTHONPATH"))))}
