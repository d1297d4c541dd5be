"""Full text: the article behind an item's link becomes its body, and is matched again. Composes feeds and store."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog

from tracker.clock import Clock, iso
from tracker.feeds import article
from tracker.feeds.hosts import Pace
from tracker.feeds.pages import Fetcher, Reader, read_pages
from tracker.feeds.robots import Robots, origin_of
from tracker.model import Feed, Item, Match, PageResult, PageWanted
from tracker.store import hits, items, pages
from tracker.store.connect import writing

log = structlog.get_logger("tracker.articles")

Run = Callable[..., Awaitable[Any]]
"""Runs a function in the thread that writes."""


@dataclass(frozen=True, slots=True)
class Articles:
    """What a run over wanted pages works with."""

    connection: sqlite3.Connection
    feeds: Sequence[Feed]
    match: Callable[[Item], tuple[Match, ...]]
    codebook_id: int
    clock: Clock
    run: Run

    async def read(self, fetcher: Fetcher, reader: Reader, pace: Pace, host_interval: float) -> tuple[int, int]:
        """Read the pages that are wanted now and return (articles, new hits). Each is stored as it comes in.

        Pages of sites whose robots.txt keeps programs out are not asked.
        """
        wanted: list[PageWanted] = await self.run(self._wanted)
        if not wanted:
            return 0, 0
        if not article.is_installed():
            _say_what_is_missing()
            return 0, 0
        copies: dict[int, str] = await self.run(self._copies, wanted)
        rules: dict[str, Robots] = await self.run(self._rules, wanted)
        known, by_id, counts = dict(rules), {page.item_id: page for page in wanted}, Counter[str]()
        for item_id, text in copies.items():
            await self._keep(by_id[item_id], PageResult(item_id, "read", text=text), counts)
        rest = [page for page in wanted if page.item_id not in copies]
        asked = read_pages(rest, fetcher, reader, rules, now=self.clock, pace=pace, host_interval=host_interval)
        try:
            async with aclosing(asked) as results:
                async for result in results:
                    await self._keep(by_id[result.item_id], result, counts)
        finally:
            learnt = {origin: site for origin, site in rules.items() if known.get(origin) != site}
            if learnt:
                await self.run(self._keep_rules, learnt)
        return counts["read"], counts["hits"]

    async def _keep(self, page: PageWanted, result: PageResult, counts: Counter[str]) -> None:
        counts[result.outcome] += 1
        counts["hits"] += await self.run(self.keep, page, result)

    def keep(self, page: PageWanted, result: PageResult) -> int:
        """Store what came of a page in one transaction, with the hits that the article brings; return how many."""
        now = self._now()
        with writing(self.connection):
            pages.record(self.connection, page, result, now)
            if result.outcome != "read":
                return 0
            filled = items.fill(self.connection, page.item_id, result.text, page.feed.implies, now)
            if filled is None:
                return 0
            matches = self.match(filled.identified.item)
            hits.withdraw_absent(self.connection, filled.id, matches)
            new = hits.add(
                self.connection, filled.id, matches,
                codebook_id=self.codebook_id, content_hash=filled.identified.content_hash, now=now,
            )  # fmt: skip
            items.index(self.connection, [filled.id])
            return new

    def _now(self) -> str:
        return iso(self.clock())

    def _wanted(self) -> list[PageWanted]:
        chosen = {feed.id: feed for feed in self.feeds if feed.fulltext}
        return pages.waiting(self.connection, chosen, self._now()) if chosen else []

    def _copies(self, wanted: Sequence[PageWanted]) -> dict[int, str]:
        found = {page.item_id: pages.copy(self.connection, page, self._now()) for page in wanted}
        return {item_id: text for item_id, text in found.items() if text}

    def _rules(self, wanted: Sequence[PageWanted]) -> dict[str, Robots]:
        found = pages.rules(self.connection, (origin_of(page.url) for page in wanted), self._now())
        return {origin: Robots(site.text, site.until, site.reachable) for origin, site in found.items()}

    def _keep_rules(self, learnt: dict[str, Robots]) -> None:
        kept = {origin: pages.SiteRules(site.text, site.until, site.reachable) for origin, site in learnt.items()}
        with writing(self.connection):
            pages.keep_rules(self.connection, kept, self._now())


@cache
def _say_what_is_missing() -> None:
    """Once a process: the daemon comes by every few seconds."""
    log.warning(article.EXTRA)
