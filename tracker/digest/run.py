"""What the daemon, the demonstration and the command line ask of digests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from tracker.clock import iso
from tracker.digest import address, compose, envelope, outbox, schedule, send, server, urgent
from tracker.digest.newsroom import Newsroom
from tracker.digest.outbox import QueueSummary
from tracker.digest.render import Rendered
from tracker.digest.send import DeliverySummary
from tracker.model import ConfigError
from tracker.settings import Settings
from tracker.store.connect import connect
from tracker.store.subscribers import DigestName, MailName, Subscription, subscriptions

log = structlog.get_logger("tracker.digest")

ROUND_SECONDS = 20.0
"""How long one call may send before it hands back, so that a shutdown need not wait; the rest goes next time."""
NO_SERVER = "there are subscribers but no mail server: set smtp_url (TRACKER_SMTP_URL)"
_said: set[str] = set()


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What one run did. ``problem`` is for people: no mail server, wrong settings, a server that is down."""

    queue: QueueSummary
    delivery: DeliverySummary
    problem: str = ""
    alerts: int = 0
    """Alerts queued."""
    notices: int = 0
    """Notices about feeds queued."""


def run_due(
    settings: Settings,
    now: datetime,
    connection: sqlite3.Connection | None = None,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> RunSummary:
    """Queue alerts, notices about feeds and the digests that are due, then send what waits. Meant to be called often.

    Without a mail server nothing is queued and nothing is lost: once there is one, the first digest tells of the whole
    time. Trouble is returned and logged once, not raised.
    """
    if connection is None:
        connection = connect(settings.db)
        try:
            return run_due(settings, now, connection, stop=stop)
        finally:
            connection.close()
    if not subscriptions(connection):
        return RunSummary(QueueSummary(), DeliverySummary())
    try:
        return _run(connection, settings, now, stop)
    except ConfigError as error:
        problem = str(error)
    except send.NoServerError:
        problem = NO_SERVER
    except BlockingIOError:
        problem = "another process is sending from this outbox"
    _say_once(problem)
    return RunSummary(QueueSummary(), DeliverySummary(), problem)


def _run(connection: sqlite3.Connection, settings: Settings, now: datetime, stop: Callable[[], bool]) -> RunSummary:
    reachable = _reachable(settings)
    envelope.sender(settings)
    alerts = urgent.queue_alerts(connection, settings, now, reachable=reachable, stop=stop)
    notices = urgent.queue_notices(connection, settings, now, reachable=reachable, stop=stop)
    queued = outbox.queue_due(connection, settings, now, reachable=reachable, stop=stop)
    delivered = send.deliver(connection, settings, now, stop=stop, seconds=ROUND_SECONDS)
    if queued.queued or alerts or notices or delivered.sent or delivered.failed:
        log.info(
            "mail", digests=queued.queued, alerts=alerts, notices=notices, sent=delivered.sent,
            failed=delivered.failed, left=delivered.waiting,
        )  # fmt: skip
    if delivered.problem:
        _say_once(delivered.problem)
    else:
        _said.clear()
    return RunSummary(queued, delivered, delivered.problem, alerts, notices)


def _reachable(settings: Settings) -> Callable[[Subscription], bool]:
    """Whether there is a way to a subscriber: a mail server, or the channel in the settings. Raises NoServerError.

    Those without one keep their time, so that nothing is lost until there is.
    """
    has_server = server.from_settings(settings) is not None
    names = {f"{address.CHANNEL}{name}" for name, _ in settings.channels}
    if not has_server and not names:
        raise send.NoServerError

    def reachable(subscription: Subscription) -> bool:
        if address.is_channel(subscription.address):
            return subscription.address in names
        return has_server

    return reachable


def send_now(
    connection: sqlite3.Connection, settings: Settings, digest: DigestName, now: datetime
) -> tuple[QueueSummary, DeliverySummary]:
    """Queue the digest for all its subscribers at once and send it.

    Raises ConfigError for wrong settings, NoServerError before anything is queued, BlockingIOError where another
    process is sending (what was queued is then sent by that one).
    """
    if server.from_settings(settings) is None:
        raise send.NoServerError
    envelope.sender(settings)
    queued = outbox.queue_now(connection, settings, digest, now)
    return queued, send.deliver(connection, settings, now)


def preview(
    connection: sqlite3.Connection,
    settings: Settings,
    now: datetime,
    digest: MailName,
    subscriber: Subscription | None = None,
) -> Rendered:
    """The mail as it would be now: the subscriber's next one, or the last day (week) for nobody in particular.

    A notice about feeds tells of all that are in trouble now.

    Nothing is queued and nobody counts as told.
    """
    newsroom = Newsroom(connection, settings.base_url, now)
    if subscriber is None:
        reader = compose.standing_in(digest, iso(now))
        window = newsroom.window_before(schedule.SPANS[digest] or timedelta(days=1))
    else:
        reader = subscriber
        window = outbox.window_for(connection, subscriber, now)
    if digest == "alerts":
        return urgent.preview_alert(newsroom, settings, reader, window)
    if digest == "feeds":
        return urgent.preview_notice(newsroom, settings, reader)
    period = schedule.period_of(digest, now.astimezone(ZoneInfo(reader.timezone or settings.timezone)).date())
    selection = compose.select(newsroom, reader, window)
    return compose.compose(newsroom, settings, reader, window, selection, period)


def _say_once(problem: str) -> None:
    if problem not in _said:
        _said.add(problem)
        log.warning("no mail leaves", why=problem)
