"""What is wrong with a feed and what a person can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from tracker.clock import parse_iso
from tracker.model import CheckResult, Feed

Condition = Literal["fine", "empty", "stale", "moved", "failed"]

SHORTEST_SILENCE = timedelta(days=3)
GAPS_OF_SILENCE = 4
"""A feed is stale when it is silent for longer than this many of its long gaps."""
FEWEST_DATES = 3

_ADVICE = {
    "dns": "Check the address; the site may have closed or moved.",
    "tls": "Ask the publisher to renew the certificate, or find another address.",
    "connect": "Try again later; if it stays so, look for another address.",
    "timeout": "Try again later; if it stays so, look for another address.",
    "http5xx": "Try again later; the fault is on the server.",
    "proxy": "See whether the proxy runs and takes the sign-in that proxy in feeds.yaml or the settings gives.",
    "config": "Set what it asks for, in the environment or in tracker.toml, and try again.",
    "throttled": "Leave it alone for a while; polling waits as long as the server asks.",
    "guard": "If this is your own network, name it under allow_networks in tracker.toml.",
    "size": "Look for a shorter feed of the same publisher.",
    "redirect": "Open the address in a browser and look for the feed's present address.",
    "lying304": "The server answers wrongly; tell the publisher, or look for another address.",
    "parse": "Open the address in a browser and look for the feed's present address.",
}
_ADVICE_BY_STATUS = {
    401: "Give a sign-in under headers in feeds.yaml, or remove the feed.",
    403: "Set contact in tracker.toml so that the publisher can see who asks; otherwise ask them, or remove the feed.",
    407: "See whether the sign-in that proxy in feeds.yaml or the settings gives is right.",
    404: "Look for the new address on the publisher's site, or remove the feed.",
    410: "Remove the feed; it will not come back.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The condition of one feed; ``reason`` and ``advice`` are empty where it is fine."""

    feed_id: str
    url: str
    condition: Condition
    reason: str = ""
    advice: str = ""
    items: int = 0
    newest_item_at: str = ""
    status: int | None = None
    milliseconds: int = 0


def examine(feed: Feed, result: CheckResult, now: datetime) -> Finding:
    """Judge a check that asked for the whole feed."""
    dates = [item.published_at for item in result.items if item.published_at]
    condition, reason, advice = _judge(feed, result, dates, now)
    return Finding(
        feed.id, feed.url, condition, reason, advice, len(result.items), max(dates, default=""), result.status,
        result.milliseconds,
    )  # fmt: skip


def stale_since(published: Sequence[str], now: datetime) -> datetime | None:
    """When a feed with items of these times (UTC text) fell silent, if its rhythm does not explain the silence.

    None for a feed that is not stale, and for one with too few dates to tell.
    """
    times = sorted({parse_iso(text) for text in published}, reverse=True)[:30]
    if len(times) < FEWEST_DATES:
        return None
    gaps = sorted(later - earlier for later, earlier in pairwise(times))
    long_gap = gaps[int(0.9 * (len(gaps) - 1))]
    return times[0] if now - times[0] > max(SHORTEST_SILENCE, GAPS_OF_SILENCE * long_gap) else None


def _judge(feed: Feed, result: CheckResult, dates: list[str], now: datetime) -> tuple[Condition, str, str]:
    if result.outcome == "failed":
        return "failed", result.error, _advice(feed, result)
    if result.moved_to:
        return "moved", f"the feed has moved for good to {result.moved_to}", "Change its url in feeds.yaml."
    if not result.items:
        return "empty", "the feed holds no items", "Nothing, unless it stays so."
    since = stale_since(dates, now)
    if since is not None:
        return "stale", f"the newest item is of {since:%Y-%m-%d}", "Look whether the publisher has a newer feed."
    return "fine", result.remark, ""


def _advice(feed: Feed, result: CheckResult) -> str:
    if result.suggestion:
        return f"Run: tracker feeds remove {feed.id} && tracker feeds add {result.suggestion}"
    by_status = _ADVICE_BY_STATUS.get(result.status or 0, "")
    return by_status or _ADVICE.get(result.error_class, "Open the address in a browser and see what it says.")
