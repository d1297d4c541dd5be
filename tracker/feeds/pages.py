"""The pages behind links: each asked once, politely, and only where its site's robots.txt lets programs in."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from tracker.clock import iso
from tracker.feeds import robots
from tracker.feeds.credentials import headers_for_page
from tracker.feeds.document import NoArticle
from tracker.feeds.faults import FetchError
from tracker.feeds.hints import with_headers
from tracker.feeds.hosts import Pace, host_of, pace_key
from tracker.feeds.robots import Robots
from tracker.model import FeedHints, PageResult, PageWanted, Reply

log = structlog.get_logger("tracker.feeds")

CONCURRENCY = 20
"""Pages under way at once; of one registered domain there is never more than one."""
_ACCEPT = ("Accept", "text/html, application/xhtml+xml;q=0.9")
_FINAL = ("guard", "size", "redirect", "robots")
"""Faults that asking again does not mend."""


class Fetcher(Protocol):
    """What asks; see `tracker.feeds.fetch.Fetcher`."""

    async def get(
        self,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        proxy: str = "",
        before_hop: Callable[[str], Awaitable[None]] | None = None,
    ) -> Reply:
        """One guarded GET. Raises FetchError."""


class Reader(Protocol):
    """What reads; see `tracker.feeds.parsing.ParserPool`."""

    async def extract(self, body: bytes, content_type: str, url: str) -> str:
        """The text of a page's article. Raises NoArticle."""


async def read_pages(
    wanted: Sequence[PageWanted],
    fetcher: Fetcher,
    reader: Reader,
    known_robots: dict[str, Robots],
    *,
    now: Callable[[], datetime],
    pace: Pace,
    host_interval: float,
) -> AsyncGenerator[PageResult, None]:
    """Ask every page once and yield each result as it comes in; rules that are learnt go into ``known_robots``.

    ``host_interval``: least seconds between two requests to a registered domain; its Crawl-delay lengthens them. After
    a failure the host's other pages are left for another run, so that a hung host costs one deadline, not ten.
    """
    run = _Run(fetcher, reader, known_robots, now, pace, host_interval)
    queues: dict[str, deque[PageWanted]] = {}
    for page in wanted:
        queues.setdefault(pace_key(page.url), deque()).append(page)
    tasks = [asyncio.create_task(run.drain(key, queue)) for key, queue in queues.items()]
    ending = asyncio.gather(*tasks, return_exceptions=True)
    ending.add_done_callback(lambda _: run.results.put_nowait(None))
    try:
        while (result := await run.results.get()) is not None:
            yield result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Run:
    def __init__(
        self,
        fetcher: Fetcher,
        reader: Reader,
        known: dict[str, Robots],
        now: Callable[[], datetime],
        pace: Pace,
        interval: float,
    ) -> None:
        self._fetcher, self._reader, self._known = fetcher, reader, known
        self._now, self._pace, self._interval = now, pace, interval
        self._places, self._robots_places = asyncio.Semaphore(CONCURRENCY), asyncio.Semaphore(CONCURRENCY)
        self.results: asyncio.Queue[PageResult | None] = asyncio.Queue()

    async def drain(self, key: str, queue: deque[PageWanted]) -> None:
        """Ask the pages of one registered domain, one after the other."""
        paused: set[str] = set()
        for page in queue:
            if host_of(page.url) in paused:
                continue
            result = await self._safely(key, page)
            if result.outcome == "failed":
                paused.add(host_of(page.url))
            self.results.put_nowait(result)

    async def _safely(self, key: str, page: PageWanted) -> PageResult:
        try:
            return await self._read(key, page)
        except FetchError as fault:
            outcome = "refused" if fault.error_class in _FINAL else "failed"
            return PageResult(page.item_id, outcome, error=fault.reason)  # type: ignore[arg-type]
        except NoArticle as refusal:
            return PageResult(page.item_id, "refused", error=refusal.reason)
        except Exception:
            log.exception("a page met an error of our own", feed=page.feed.id)
            return PageResult(page.item_id, "failed", error="an error in tracker itself; see its log")

    async def _read(self, key: str, page: PageWanted) -> PageResult:
        proxy = page.feed.proxy
        await self._judge(page.url, key, proxy)
        await self._turn(key, page.url)
        async with self._places:
            reply = await self._fetcher.get(
                page.url,
                headers=(_ACCEPT, *headers_for_page(page.feed, page.url)),
                proxy=proxy,
                before_hop=lambda target: self._judge(target, pace_key(target), proxy),
            )
        if reply.status != 200:
            return _refused(page, reply, self._now())
        content_type = dict(reply.headers).get("content-type", "")
        text = await self._reader.extract(reply.body, content_type, reply.url)
        return PageResult(page.item_id, "read", text=text)

    async def _judge(self, url: str, key: str, proxy: str) -> None:
        """Raises FetchError where robots.txt keeps us out, or cannot be had."""
        origin = robots.origin_of(url)
        known = self._known.get(origin)
        now = self._now()
        if known is None or known.until <= iso(now):
            await self._turn(key, "")
            try:
                async with self._robots_places:
                    known = robots.of_reply(await self._fetcher.get(f"{origin}/robots.txt", proxy=proxy), now)
            except FetchError as fault:
                if fault.error_class in ("guard", "config"):
                    raise
                known = robots.of_fault(fault, now)
            self._known[origin] = known
        if not known.reachable:
            raise FetchError("unreachable", "the site's robots.txt cannot be had, so nothing is asked there for now")
        if not known.allows(url):
            raise FetchError("robots", "the site's robots.txt asks programs to leave this page alone")

    async def _turn(self, key: str, url: str) -> None:
        known = self._known.get(robots.origin_of(url)) if url else None
        while (wait := self._pace.ready_at(key) - time.monotonic()) > 0:  # noqa: ASYNC110 - others may go first
            await asyncio.sleep(wait)
        self._pace.start(key, max(self._interval, known.delay if known else 0.0))


def _refused(page: PageWanted, reply: Reply, now: datetime) -> PageResult:
    retry_after = with_headers(FeedHints(), dict(reply.headers), now).retry_after
    if reply.status == 429 or (reply.status == 503 and retry_after):
        reason = f"the server asks for fewer requests ({reply.status})"
        return PageResult(page.item_id, "failed", error=reason, retry_after=retry_after or 3600)
    if reply.status >= 500:
        return PageResult(page.item_id, "failed", error=f"the server has a fault ({reply.status})")
    return PageResult(page.item_id, "refused", error=f"the server does not give the page ({reply.status})")
