"""All feeds that are due, asked side by side: paced per host, and none held back by another that hangs."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Protocol

import structlog

from tracker.feeds import judging
from tracker.feeds.credentials import private_headers
from tracker.feeds.faults import FetchError
from tracker.feeds.hosts import Pace, host_of, pace_key
from tracker.feeds.reading import Parser, read
from tracker.model import CheckResult, FeedState, Reply

log = structlog.get_logger("tracker.feeds")

SLOW_AFTER = 2.0
"""Seconds after which a check gives its place to another, and goes on beside it."""
SLOW_LIMIT = 600
"""Checks that may go on beside the others."""
WAITING_RESULTS = 64
"""Results that may wait to be stored; more hold the sweep back, so that bodies do not pile up in memory."""


class Fetcher(Protocol):
    """What asks; see `tracker.feeds.fetch.Fetcher`."""

    async def get(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        headers: Sequence[tuple[str, str]] = (),
        proxy: str = "",
    ) -> Reply:
        """One guarded conditional GET. Raises FetchError."""


async def sweep(
    states: Sequence[FeedState],
    fetcher: Fetcher,
    parser: Parser,
    *,
    now: Callable[[], datetime],
    host_interval: float,
    concurrency: int = 200,
    pace: Pace | None = None,
) -> AsyncGenerator[CheckResult, None]:
    """Check every feed once and yield each result as it comes in.

    ``host_interval``: seconds between the starts of two requests to one host. A host that answers 429, or 503 with
    Retry-After, is asked no more in this sweep: its other feeds yield nothing and stay due. When the iteration is
    closed or cancelled, checks under way are dropped. ``pace``: what other sweeps at the same time keep to as well.
    """
    run = _Sweep(states, fetcher, parser, now, host_interval, concurrency, pace or Pace())
    async with aclosing(run.results()) as results:
        async for result in results:
            yield result


async def check(
    state: FeedState,
    fetcher: Fetcher,
    parser: Parser,
    now: Callable[[], datetime],
    answered: Callable[[], None] = lambda: None,
) -> CheckResult:
    """Ask one feed and judge the answer. ``answered`` is called when the network has had its say."""
    started = time.monotonic()
    try:
        reply = await _ask(state, fetcher)
    except FetchError as fault:
        return judging.without_reply(state, fault, now(), int((time.monotonic() - started) * 1000))
    finally:
        answered()
    if reply.status != 200 or judging.is_unchanged(state, reply):
        return judging.without_document(state, reply, now())
    return await read(state, reply, parser, now())


async def _ask(state: FeedState, fetcher: Fetcher) -> Reply:
    headers, proxy = private_headers(state.feed), state.feed.proxy
    if state.body_hash and (state.etag or state.last_modified):
        reply = await fetcher.get(
            state.url, etag=state.etag, last_modified=state.last_modified, headers=headers, proxy=proxy
        )
    else:
        reply = await fetcher.get(state.url, headers=headers, proxy=proxy)
    if judging.must_ask_again(state, reply):
        reply = await fetcher.get(state.url, headers=headers, proxy=proxy)
    return reply


class _Sweep:
    """One sweep under way."""

    def __init__(
        self,
        states: Sequence[FeedState],
        fetcher: Fetcher,
        parser: Parser,
        now: Callable[[], datetime],
        host_interval: float,
        concurrency: int,
        pace: Pace,
    ) -> None:
        self._fetcher, self._parser, self._now = fetcher, parser, now
        self._interval, self._pace = host_interval, pace
        self._places = asyncio.Semaphore(concurrency)
        self._slow = 0
        self._paused: set[str] = set()
        self._done: asyncio.Queue[CheckResult | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(WAITING_RESULTS)
        self._checks: set[asyncio.Task[None]] = set()
        waiting: dict[str, deque[FeedState]] = {}
        for state in states:
            waiting.setdefault(pace_key(state.url), deque()).append(state)
        self._hosts = [(0.0, number, key, queue) for number, (key, queue) in enumerate(waiting.items())]

    async def results(self) -> AsyncGenerator[CheckResult, None]:
        starting = asyncio.create_task(self._start_all())
        try:
            while (result := await self._done.get()) is not None:
                self._room.release()
                yield result
            await starting
        finally:
            tasks = [starting, *self._checks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _start_all(self) -> None:
        try:
            while self._hosts:
                ready_at, number, key, queue = heapq.heappop(self._hosts)
                ready_at = max(ready_at, self._pace.ready_at(key))
                if ready_at > time.monotonic():
                    heapq.heappush(self._hosts, (ready_at, number, key, queue))
                    await asyncio.sleep(self._hosts[0][0] - time.monotonic())
                    continue
                await self._places.acquire()
                state = self._next_of(queue)
                if state is None:
                    self._places.release()
                    continue
                task = asyncio.create_task(self._check(state))
                self._checks.add(task)
                task.add_done_callback(self._checks.discard)
                self._pace.start(key, self._interval)
                heapq.heappush(self._hosts, (self._pace.ready_at(key), number, key, queue))
            while self._checks:
                await asyncio.wait(self._checks)
        finally:
            self._done.put_nowait(None)

    def _next_of(self, queue: deque[FeedState]) -> FeedState | None:
        while queue:
            state = queue.popleft()
            if host_of(state.url) not in self._paused:
                return state
        return None

    async def _check(self, state: FeedState) -> None:
        place = _Place(self._places)
        slow = asyncio.get_running_loop().call_later(SLOW_AFTER, self._let_others_by, place)
        try:
            result = await self._safely(state, slow.cancel)
            if result.error_class == "throttled" and result.hints.retry_after:
                self._paused.add(host_of(state.url))
            await self._room.acquire()
            self._done.put_nowait(result)
        finally:
            slow.cancel()
            self._slow -= place.left
            place.leave()

    async def _safely(self, state: FeedState, answered: Callable[[], None]) -> CheckResult:
        try:
            return await check(state, self._fetcher, self._parser, self._now, answered)
        except Exception:
            log.exception("a check met an error of our own", feed=state.feed.id)
            fault = FetchError("internal", "an error in tracker itself; see its log")
            return judging.without_reply(state, fault, self._now(), 0)

    def _let_others_by(self, place: _Place) -> None:
        if self._slow < SLOW_LIMIT:
            self._slow += 1
            place.leave()


class _Place:
    """One of the places for checks under way; can be left once."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self.left = False

    def leave(self) -> None:
        if not self.left:
            self.left = True
            self._places.release()
