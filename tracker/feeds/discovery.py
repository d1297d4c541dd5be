"""From an address that a person gives to the feed behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tracker.feeds.reading import Parser
from tracker.feeds.sweep import Fetcher, check
from tracker.model import CheckResult, Feed, FeedState

STEPS = 2
"""Web pages that may lead from one to the next before a feed is found."""


async def discover(
    feed: Feed, fetcher: Fetcher, parser: Parser, now: Callable[[], datetime]
) -> tuple[Feed, CheckResult]:
    """Ask ``feed.url``; where a web page there names its feed, or the feed has moved for good, follow.

    Returns the feed with the address found and with title and language from the document where it lacked them, and the
    last check, which may have failed.
    """
    for _ in range(STEPS + 1):
        result = await check(FeedState(feed, feed.url), fetcher, parser, now)
        if not result.suggestion or result.suggestion == feed.url:
            break
        feed = replace(feed, url=result.suggestion)
    found = replace(
        feed,
        url=result.moved_to or feed.url,
        title=feed.title or result.title,
        language=feed.language or result.language.partition("-")[0],
    )
    return found, result
