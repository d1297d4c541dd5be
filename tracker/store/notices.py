"""What alerts and notices about feeds are made of: open alerts, and the events in the life of a feed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tracker.store.connect import writing

Trouble = Literal["failing", "gone", "stale"]
EventKind = Literal["failing", "gone", "stale", "recovered", "dropped"]


_WEEK = "from report_days where indicator_id = a.indicator_id and day between date(a.day, '-6 days') and a.day"
WEEK_OF_RISE = f"""case when a.reason like 'rise%' then (select sum(stories) {_WEEK}) end as week,
    case when a.reason like 'rise%' then (select sum(expected) {_WEEK}) end as week_expected"""
"""Columns of an alert ``a``: what several days together held, where they and no single day stood out."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An indicator's day with more (or fewer) stories than its baseline explains."""

    indicator: str
    day: str
    known_at: str
    observed: float
    expected: float
    q: float | None
    week: int | None = None
    """For a rise over several days: stories of the seven days to its day, as the stored report has them."""
    week_expected: float | None = None


@dataclass(frozen=True, slots=True)
class FeedState:
    """What decides whether a feed is in trouble."""

    id: str
    title: str
    status: str
    failures: int
    last_ok_at: str
    last_error: str
    newest_item_at: str
    watched: bool
    """Whether it is polled or should be; a paused feed is not, nor one that left the list."""


@dataclass(frozen=True, slots=True)
class Event:
    """A feed stopped being readable, fell silent, came back, or left the list while in trouble."""

    feed_id: str
    what: EventKind
    since: str = ""
    """UTC time of the last good answer, or of the newest item of a silent feed; empty where there never was one."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NotedEvent:
    """An event with its number, the time at which it was noticed, and the feed's title."""

    id: int
    at: str
    title: str
    event: Event


def open_alerts(connection: sqlite3.Connection, first_day: str, now: str) -> list[Alert]:
    """Alerts of that day and later that nobody has acknowledged, closed or put off, newest day first."""
    return _alerts(connection, "a.status = 'open' and a.day >= ? and a.snoozed_until <= ?", first_day, now)


def alerts_of(connection: sqlite3.Connection, digest_id: int) -> list[Alert]:
    """The alerts that a mail tells and that are still open."""
    return _alerts(
        connection,
        """a.status = 'open' and (a.indicator_id, a.day) in (
               select indicator_id, day from alerts_told where digest_id = ?)""",
        digest_id,
    )


def closed_alerts(connection: sqlite3.Connection, digest_id: int) -> int:
    """How many alerts of a mail are no longer open."""
    row = connection.execute("select count(*) from alerts_told where digest_id = ?", (digest_id,)).fetchone()
    return int(row[0]) - len(alerts_of(connection, digest_id))


def alerts_told(connection: sqlite3.Connection, first_day: str) -> dict[int, set[tuple[str, str]]]:
    """(indicator, day) of the alerts from that day on that each subscriber was told."""
    told: dict[int, set[tuple[str, str]]] = {}
    rows = connection.execute("select subscriber_id, indicator_id, day from alerts_told where day >= ?", (first_day,))
    for subscriber_id, indicator, day in rows:
        told.setdefault(subscriber_id, set()).add((indicator, day))
    return told


def feed_states(connection: sqlite3.Connection) -> list[FeedState]:
    """Every feed, archives aside."""
    rows = connection.execute(
        """select id, coalesce(nullif(title, ''), nullif(publisher, ''), id), status, failures, last_ok_at, last_error,
                  newest_item_at, removed_at = '' and status != 'paused' as watched
           from feeds where kind != 'archive' order by id"""
    )
    return [FeedState(row[0], row[1], row[2], row[3], row[4], row[5], row[6], bool(row[7])) for row in rows]


def published_times(connection: sqlite3.Connection, feed_id: str, limit: int) -> list[str]:
    """UTC times of the feed's newest items."""
    rows = connection.execute(
        """select published_at from items where feed_id = ? and published_at is not null
           order by published_at desc limit ?""",
        (feed_id, limit),
    )
    return [row[0] for row in rows]


def open_episodes(connection: sqlite3.Connection) -> dict[str, Event]:
    """The event that began each episode of trouble that has not ended, by feed."""
    rows = connection.execute(
        """select feed_id, what, since, reason from feed_events
           where id in (select max(id) from feed_events group by feed_id)
             and what not in ('recovered', 'dropped')"""
    )
    return {row["feed_id"]: Event(*row) for row in rows}


def note(connection: sqlite3.Connection, events: Iterable[Event], now: str) -> None:
    """Add events to the log."""
    with writing(connection):
        connection.executemany(
            "insert into feed_events (feed_id, at, what, since, reason) values (?, ?, ?, ?, ?)",
            [(event.feed_id, now, event.what, event.since, event.reason) for event in events],
        )


def events_after(connection: sqlite3.Connection, after: int) -> list[NotedEvent]:
    """Events after an id, in order."""
    rows = connection.execute(
        """select e.id, e.at, coalesce(nullif(f.title, ''), nullif(f.publisher, ''), f.id), e.feed_id, e.what, e.since,
                  e.reason
           from feed_events e join feeds f on f.id = e.feed_id where e.id > ? order by e.id""",
        (after,),
    )
    return [NotedEvent(row[0], row[1], row[2], Event(*row[3:])) for row in rows]


def _alerts(connection: sqlite3.Connection, where: str, *values: str | int) -> list[Alert]:
    rows = connection.execute(
        f"""select a.indicator_id, a.day, a.known_at, a.observed, a.expected, a.q, {WEEK_OF_RISE}
            from alerts a where {where} order by a.day desc, a.q, a.indicator_id""",
        values,
    )
    return [Alert(*row) for row in rows]
