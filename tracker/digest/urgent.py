"""Alerts and notices about feeds: what is new to each reader, at most so many mails an hour, the rest in one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from tracker.clock import iso, parse_iso
from tracker.digest import address, alert_content, chat, envelope, feed_content, feed_watch
from tracker.digest.choose import Choice, IndicatorFacts, choose_urgent, wants
from tracker.digest.newsroom import ALERTS_LAST, Newsroom
from tracker.digest.render import Body, Rendered
from tracker.settings import Settings
from tracker.store import digests, notices, subscribers
from tracker.store import outbox as store
from tracker.store.digests import Window
from tracker.store.notices import Alert, NotedEvent
from tracker.store.outbox import Entry, Queued
from tracker.store.subscribers import Subscription

ALERTS_AN_HOUR = 6
"""Mails of alerts to one reader in any hour; what comes beyond waits for the next, which then tells of it all."""
HOUR = timedelta(hours=1)
SETTLING = timedelta(minutes=10)
"""A notice about feeds waits so long for company: a dead uplink fails many within minutes."""

Reachable = Callable[[Subscription], bool]


def queue_alerts(
    connection: sqlite3.Connection,
    settings: Settings,
    now: datetime,
    *,
    reachable: Reachable = lambda _: True,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Queue an alert for every reader of alerts to whom something is new; returns how many."""
    readers = [reader for reader in subscribers.subscriptions(connection, "alerts") if reachable(reader)]
    if not readers:
        return 0
    desk = _AlertDesk(Newsroom(connection, settings.base_url, now), settings)
    queued = 0
    quiet: list[tuple[Subscription, Window]] = []
    for reader in readers:
        if stop():
            break
        window = desk.window(reader)
        choice, alerts = desk.choose(reader, window)
        if choice.empty and not alerts:
            if (window.hits_after, window.reviews_after) != (window.hits_upto, window.reviews_upto):
                quiet.append((reader, window))
        elif not held(connection, reader, now, ALERTS_AN_HOUR):
            queued += desk.queue(reader, window, choice, alerts)
    if quiet:
        store.pass_over_all(connection, quiet)
    return queued


def queue_notices(
    connection: sqlite3.Connection,
    settings: Settings,
    now: datetime,
    *,
    reachable: Reachable = lambda _: True,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Look at the feeds, and queue a notice for every reader of notices to whom something is new; returns how many."""
    readers = [reader for reader in subscribers.subscriptions(connection, "feeds") if reachable(reader)]
    if not readers:
        return 0
    feed_watch.watch(connection, now)
    events = notices.events_after(connection, min(reader.events_until for reader in readers))
    newsroom = Newsroom(connection, settings.base_url, now)
    queued = 0
    for reader in readers:
        fresh = [noted for noted in events if noted.id > reader.events_until]
        if stop() or not fresh or now - parse_iso(fresh[0].at) < SETTLING or held(connection, reader, now, 1):
            continue
        window = Window(
            reader.hits_until, reader.hits_until, reader.reviews_until, reader.reviews_until, reader.since, iso(now),
            reader.events_until, fresh[-1].id,
        )  # fmt: skip
        episodes = told_episodes(fresh)
        if not episodes:
            store.pass_over_all(connection, [(reader, window)])
            continue
        made = _notice(newsroom, settings, reader, iso(now), episodes)
        queued += _put(connection, reader, window, made, iso(now))
    return queued


def told_episodes(events: Sequence[NotedEvent]) -> list[tuple[NotedEvent, NotedEvent]]:
    """The first and the last event of each feed that is worth telling: a feed that left the list is not."""
    by_feed = sorted(events, key=lambda noted: (noted.event.feed_id, noted.id))
    grouped = [list(group) for _, group in groupby(by_feed, key=lambda noted: noted.event.feed_id)]
    kept = [(group[0], group[-1]) for group in grouped if group[-1].event.what != "dropped"]
    return sorted(kept, key=lambda pair: pair[1].id)


def held(connection: sqlite3.Connection, reader: Subscription, now: datetime, hourly: int) -> bool:
    """Whether the reader has had so many mails of that name within the hour, or the last one has not left yet."""
    recent = store.mails_since(connection, reader.subscriber_id, reader.digest, iso(now - HOUR))
    return recent >= hourly or store.still_waits(connection, reader.subscriber_id, reader.digest)


def compose_alert_again(
    newsroom: Newsroom, settings: Settings, reader: Subscription, mail: Queued, kept: Sequence[Entry]
) -> Rendered:
    """A queued alert with only the ``kept`` stories and the alerts that are still open, under the same Message-ID."""
    window = Window(0, 0, 0, 0, mail.window_start, mail.window_end)
    alerts = notices.alerts_of(newsroom.connection, mail.digest_id)
    choice = Choice(tuple(kept), mail.left_out, mail.older)
    return _alert(newsroom, settings, reader, window, mail.period, choice, alerts, known_id=mail.message_id)


def preview_alert(newsroom: Newsroom, settings: Settings, reader: Subscription, window: Window) -> Rendered:
    """The alert that would tell of a window."""
    choice, alerts = _AlertDesk(newsroom, settings).choose(reader, window)
    return _alert(newsroom, settings, reader, window, window.end, choice, alerts)


def preview_notice(newsroom: Newsroom, settings: Settings, reader: Subscription) -> Rendered:
    """The notice that would tell of all feeds that are in trouble now."""
    found = feed_watch.in_trouble(newsroom.connection, newsroom.now)
    return _notice(newsroom, settings, reader, iso(newsroom.now), [(noted, noted) for noted in found])


class _AlertDesk:
    """One look for alerts, shared by all readers."""

    def __init__(self, newsroom: Newsroom, settings: Settings) -> None:
        self.newsroom = newsroom
        self.settings = settings
        connection = newsroom.connection
        first_day = (newsroom.now - ALERTS_LAST).date().isoformat()
        self._upto = digests.horizon(connection)
        self._open = [
            a
            for a in notices.open_alerts(connection, first_day, iso(newsroom.now))
            if a.indicator in newsroom.indicators
        ]
        self._told = notices.alerts_told(connection, first_day)

    def window(self, reader: Subscription) -> Window:
        """What arrived since the reader's last look."""
        hits, reviews = self._upto
        return Window(
            reader.hits_until, max(hits, reader.hits_until), reader.reviews_until, max(reviews, reader.reviews_until),
            reader.since, iso(self.newsroom.now),
        )  # fmt: skip

    def choose(self, reader: Subscription, window: Window) -> tuple[Choice, list[Alert]]:
        """Stories and alerts of the window that are new to the reader."""
        ranked = self.newsroom.urgent_tales(window, reader.wishes)
        told = digests.told(
            self.newsroom.connection, reader.subscriber_id, "alerts", (tale.best.story_id for tale in ranked)
        )
        room = chat.ROOM if address.is_channel(reader.address) else 0
        return choose_urgent(ranked, told, room), self._alerts(reader)

    def _alerts(self, reader: Subscription) -> list[Alert]:
        told = self._told.get(reader.subscriber_id, set())
        known = self.newsroom.indicators
        return [
            alert
            for alert in self._open
            if (alert.indicator, alert.day) not in told
            and alert.known_at >= reader.added_at
            and _wanted(reader, known[alert.indicator])
        ]

    def queue(self, reader: Subscription, window: Window, choice: Choice, alerts: list[Alert]) -> bool:
        """Queue one alert; False where a verdict overtook it, then the next look tells what is left."""
        made = _alert(self.newsroom, self.settings, reader, window, window.end, choice, alerts)
        if _put(self.newsroom.connection, reader, window, made, window.end):
            return True
        self.newsroom.forget()
        return False


def _wanted(reader: Subscription, facts: IndicatorFacts) -> bool:
    return wants(reader.wishes, facts)


def _alert(
    newsroom: Newsroom,
    settings: Settings,
    reader: Subscription,
    window: Window,
    period: str,
    choice: Choice,
    alerts: Sequence[Alert],
    known_id: str = "",
) -> Rendered:
    zone = reader.timezone or settings.timezone
    away = bool(envelope.way_out(newsroom, settings, reader))
    key = ("alerts", zone, window.start, window.end, choice, tuple(alerts), away)
    made: Body = newsroom.bodies.get(key) or newsroom.bodies.put(
        key, alert_content.body(newsroom, choice, alerts, window, zone, way_out=away)
    )
    return envelope.seal(newsroom, settings, reader, period, made, known_id)


def _notice(
    newsroom: Newsroom,
    settings: Settings,
    reader: Subscription,
    period: str,
    episodes: Sequence[tuple[NotedEvent, NotedEvent]],
) -> Rendered:
    zone = reader.timezone or settings.timezone
    away = bool(envelope.way_out(newsroom, settings, reader))
    key = ("feeds", zone, tuple(last.id for _, last in episodes), away)
    made: Body = newsroom.bodies.get(key) or newsroom.bodies.put(
        key,
        feed_content.body(
            episodes, digests.polled_feeds(newsroom.connection), newsroom.base_url, newsroom.now, zone, way_out=away
        ),
    )
    return envelope.seal(newsroom, settings, reader, period, made)


def _put(connection: sqlite3.Connection, reader: Subscription, window: Window, made: Rendered, period: str) -> bool:
    try:
        store.put(
            connection, reader, window, store.mail_of(made.content, period, made.subject, made.message_id, made.raw)
        )
    except store.OvertakenError:
        return False
    return True
