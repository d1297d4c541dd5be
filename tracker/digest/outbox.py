"""Which digests are due, and putting them into the outbox."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tracker.clock import iso, parse_iso
from tracker.digest import compose, schedule
from tracker.digest.newsroom import Newsroom
from tracker.settings import Settings
from tracker.store import digests, subscribers
from tracker.store import outbox as store
from tracker.store.digests import Window
from tracker.store.subscribers import DIGESTS, DigestName, Subscription

MANY = 200
"""So many digests at once are worth fewer checkpoints."""
ATTEMPTS = 5
"""Tries at a digest that is overtaken by verdicts while it is being made."""


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """What one look for due digests did."""

    queued: int = 0
    nothing_new: int = 0
    waiting: int = 0
    """Subscriptions whose last digest has not left yet; the next one tells of the whole gap."""


def queue_due(
    connection: sqlite3.Connection,
    settings: Settings,
    now: datetime,
    *,
    reachable: Callable[[Subscription], bool] = lambda _: True,
    stop: Callable[[], bool] = lambda: False,
) -> QueueSummary:
    """Queue one digest for every subscription whose time has come, each in a transaction of its own.

    Those that are not ``reachable`` keep their time; ``stop`` is asked between two of them.
    """
    due = [
        (subscription, slot.period)
        for name in DIGESTS
        for subscription in subscribers.subscriptions(connection, name)
        if (slot := _due(subscription, settings, now)) is not None and reachable(subscription)
    ]
    return _queue(connection, settings, now, due, stop)


def queue_now(connection: sqlite3.Connection, settings: Settings, digest: DigestName, now: datetime) -> QueueSummary:
    """Queue the digest for everybody who subscribes to it, whatever the time of day."""
    due = [(s, _period_now(connection, s, settings, now)) for s in subscribers.subscriptions(connection, digest)]
    return _queue(connection, settings, now, due, lambda: False)


def window_for(connection: sqlite3.Connection, subscription: Subscription, now: datetime) -> Window:
    """What arrived since the subscriber was told last."""
    hits_upto, reviews_upto = digests.horizon(connection)
    return Window(
        subscription.hits_until,
        max(hits_upto, subscription.hits_until),
        subscription.reviews_until,
        max(reviews_upto, subscription.reviews_until),
        subscription.since,
        iso(now),
    )


def _due(subscription: Subscription, settings: Settings, now: datetime) -> schedule.Slot | None:
    at = subscription.wishes.time or settings.digest_time
    zone = subscription.timezone or settings.timezone
    slot = schedule.latest_slot(subscription.digest, at, zone, now, subscription.wishes.days)
    return slot if slot.moment > parse_iso(subscription.handled_at) else None


def _period_now(connection: sqlite3.Connection, subscription: Subscription, settings: Settings, now: datetime) -> str:
    """Today's period, or where that was told already one of its own for this extra digest."""
    day = now.astimezone(ZoneInfo(subscription.timezone or settings.timezone)).date()
    period = schedule.period_of(subscription.digest, day)
    if store.period_is_told(connection, subscription.subscriber_id, subscription.digest, period):
        return f"{period} extra {iso(now.astimezone(UTC))}"
    return period


def _queue(
    connection: sqlite3.Connection,
    settings: Settings,
    now: datetime,
    due: Sequence[tuple[Subscription, str]],
    stop: Callable[[], bool],
) -> QueueSummary:
    newsroom = Newsroom(connection, settings.base_url, now)
    if len(due) > MANY:
        store.expect_much(connection)
    queued = nothing = waiting = 0
    for subscription, period in sorted(due, key=_like_beside_like):
        if stop():
            break
        if store.still_waits(connection, subscription.subscriber_id, subscription.digest):
            waiting += 1
        elif _queue_one(newsroom, settings, subscription, period):
            queued += 1
        else:
            nothing += 1
    return QueueSummary(queued, nothing, waiting)


def _like_beside_like(due: tuple[Subscription, str]) -> tuple[str, str, str, str, int]:
    """Readers of the same stories after one another, so that what they read is rendered once and then forgotten."""
    subscription, period = due
    return period, subscription.timezone, subscription.since, repr(subscription.wishes), subscription.subscriber_id


def _queue_one(newsroom: Newsroom, settings: Settings, subscription: Subscription, period: str) -> bool:
    """Queue one digest; False where there was nothing to tell, or another process was quicker.

    The digest is made outside of the transaction, so that nobody waits for rendering, and put inside of one that looks
    again whether the subscription and every chosen hit are as they were.
    """
    connection = newsroom.connection
    for _ in range(ATTEMPTS):
        window = window_for(connection, subscription, newsroom.now)
        try:
            if store.period_is_told(connection, subscription.subscriber_id, subscription.digest, period):
                # The reader moved to another time zone: the day's digest has left already, tomorrow's tells the rest.
                store.skip_slot(connection, subscription, window.end)
                return False
            selection = compose.select(newsroom, subscription, window)
            if selection.choose().empty and not subscription.wishes.nothing_new:
                store.pass_over(connection, subscription, window)
                return False
            made = compose.compose(newsroom, settings, subscription, window, selection, period)
            mail = store.mail_of(made.content, period, made.subject, made.message_id, made.raw)
            store.put(connection, subscription, window, mail)
        except store.OvertakenError:
            newsroom.forget()
            current = subscribers.subscriptions(connection, subscription.digest, subscription.address)
            if not current or current[0].handled_at != subscription.handled_at:
                return False
            subscription = current[0]
        else:
            return True
    return False
