"""When to ask a feed again: pure, no clock, no network.

A feed is asked about four times per item it publishes, within bounds, never sooner than its publisher asks for, and
ever more seldom while it fails. A random number spreads feeds that would otherwise come due together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tracker.clock import parse_iso
from tracker.feeds.hints import HINT_CAP, RETRY_AFTER_CAP
from tracker.model import CheckResult, FeedHints, FeedState

SHORTEST, LONGEST = 15 * 60, 24 * 3600
FIRST_GUESS = 3600
"""Seconds for a feed whose rhythm is not known yet."""
WINDOW_FLOOR = 5 * 60
"""Seconds between checks of a feed that shows less than half an hour of its items."""
CHECKS_PER_ITEM = 4
JITTER = 0.1
BACKOFF_CAP = 24 * 3600

_PATIENCE = {
    "connect": 600, "timeout": 600, "http5xx": 600, "proxy": 600, "protocol": 900, "dns": 900, "throttled": 1800,
    "lying304": 1800, "tls": 3600, "parse": 3600, "http4xx": 3600, "redirect": 3600, "config": 3600,
    "size": 6 * 3600, "guard": 6 * 3600,
}  # fmt: skip
"""Seconds to wait after a first failure, by class; each further one doubles it."""


def next_due(before: FeedState, result: CheckResult, now: datetime, chance: float) -> datetime:
    """When the feed that was in state ``before`` wants to be asked next. ``chance`` lies in 0..1 and spreads feeds.

    Always later than ``now``; at most a day later, or what Retry-After says up to seven days, plus a tenth of it
    and the hours and days that the publisher wants skipped.
    """
    if result.outcome == "failed":
        seconds = _after_failure(before, result)
    elif before.feed.interval:
        seconds = float(before.feed.interval)
    else:
        seconds = max(_rhythm(before, result, now), _asked_for(result.hints))
    seconds = max(seconds, min(result.hints.retry_after or 0, RETRY_AFTER_CAP)) * (1 + JITTER * chance)
    return _past_skipped(now + timedelta(seconds=max(seconds, _still_asked_for(before, result))), result.hints)


def interval(times: list[datetime], now: datetime) -> float:
    """Seconds between checks that suit a feed with items published at these times (any order)."""
    times = sorted(time for time in times if time <= now + timedelta(days=2))
    if len(times) < 2:
        return FIRST_GUESS if not times else _bounded((now - times[0]).total_seconds() / CHECKS_PER_ITEM)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    span = sum(gaps)
    usual = span / len(gaps)
    silence = (now - times[-1]).total_seconds()
    shortest = SHORTEST if span >= 2 * SHORTEST else WINDOW_FLOOR
    return max(shortest, _bounded(max(usual / CHECKS_PER_ITEM, silence / (2 * CHECKS_PER_ITEM)), shortest))


def _rhythm(before: FeedState, result: CheckResult, now: datetime) -> float:
    texts = {item.published_at for item in result.items if item.published_at} | set(before.item_times)
    times = sorted((parse_iso(text) for text in texts), reverse=True)[:30]
    if times:
        return interval(times, now)
    return _undated(before, result)


def _undated(before: FeedState, result: CheckResult) -> float:
    """Without dates: sooner when something changed, later when nothing did."""
    if not before.next_due_at or not before.last_ok_at:
        return FIRST_GUESS
    last = (parse_iso(before.next_due_at) - parse_iso(before.last_ok_at)).total_seconds()
    return _bounded(last * (0.6 if result.outcome == "new" else 1.4))


def _bounded(seconds: float, shortest: float = SHORTEST) -> float:
    return min(max(seconds, shortest), LONGEST)


def _asked_for(hints: FeedHints) -> float:
    wishes = (hints.ttl, hints.update_period, hints.max_age, hints.expires)
    return min(max(wish or 0 for wish in wishes), HINT_CAP)


def _still_asked_for(before: FeedState, result: CheckResult) -> float:
    """An unread document tells no ttl; what was planned after the last one that was read honours it still."""
    unread = result.outcome in ("not_modified", "unchanged") and not before.feed.interval
    if not unread or before.failures or not before.next_due_at or not before.last_ok_at:
        return 0.0
    return min((parse_iso(before.next_due_at) - parse_iso(before.last_ok_at)).total_seconds(), LONGEST)


def _after_failure(before: FeedState, result: CheckResult) -> float:
    first = _PATIENCE.get(result.error_class, 1800)
    if before.feed.interval:
        first = max(first, before.feed.interval)
    return float(min(first * 2 ** min(before.failures, 12), BACKOFF_CAP))


def _past_skipped(moment: datetime, hints: FeedHints) -> datetime:
    """The first moment from then on that lies in no skipped hour or day; hints that leave none are disobeyed."""
    if len(hints.skip_hours) >= 24 or len(hints.skip_days) >= 7:
        return moment
    utc = moment.astimezone(UTC)
    for _ in range(8 * 24):
        if utc.weekday() in hints.skip_days:
            utc = utc.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        elif utc.hour in hints.skip_hours:
            utc = utc.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        else:
            break
    return utc
