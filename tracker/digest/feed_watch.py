"""When a feed is in trouble, and when it is well again: decisions over its state, once per episode."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from tracker.clock import iso
from tracker.feeds.checkup import SHORTEST_SILENCE, stale_since
from tracker.store import notices
from tracker.store.notices import Event, FeedState, NotedEvent

FAILURES = 3
"""So many failures in a row begin an episode; one good answer ends it."""
ANSWERED_WITHIN = timedelta(days=1)
DATES = 30

Silence = Callable[[FeedState], datetime | None]


def watch(connection: sqlite3.Connection, now: datetime) -> None:
    """Note in the store which feeds came into trouble, and which out of it, since the last look."""

    states, episodes = notices.feed_states(connection), notices.open_episodes(connection)
    found = list(changes(states, episodes, now, _silence(connection, now)))
    if found:
        notices.note(connection, found, iso(now))


def in_trouble(connection: sqlite3.Connection, now: datetime) -> list[NotedEvent]:
    """Every feed that is in trouble now, whether that was noted or not."""
    states = notices.feed_states(connection)
    found = changes(states, {}, now, _silence(connection, now))
    titles = {state.id: state.title for state in states}
    return [NotedEvent(number, iso(now), titles[event.feed_id], event) for number, event in enumerate(found)]


def _silence(connection: sqlite3.Connection, now: datetime) -> Silence:
    return lambda state: stale_since(notices.published_times(connection, state.id, DATES), now)


def changes(
    states: Iterable[FeedState], open_episodes: Mapping[str, Event], now: datetime, silence: Silence
) -> Iterable[Event]:
    """The events that these states mean. ``silence`` says since when a feed is quieter than its rhythm explains."""
    for state in states:
        episode = open_episodes.get(state.id)
        if not state.watched:
            if episode is not None:
                yield Event(state.id, "dropped", episode.since)
            continue
        trouble = _trouble(state, now, silence)
        if trouble is not None and episode is None:
            yield trouble
        elif trouble is None and episode is not None and state.failures == 0:
            yield Event(state.id, "recovered", episode.since)


def _trouble(state: FeedState, now: datetime, silence: Silence) -> Event | None:
    if state.status == "gone":
        return Event(state.id, "gone", state.last_ok_at, "its publisher says that it is gone")
    if state.failures >= FAILURES:
        reason = f"{state.last_error or 'it failed'}, {state.failures} times in a row"
        return Event(state.id, "failing", state.last_ok_at, reason)
    # A feed that we ourselves have not asked lately is not silent.
    answered = state.last_ok_at >= iso(now - ANSWERED_WITHIN)
    if answered and state.newest_item_at and state.newest_item_at < iso(now - SHORTEST_SILENCE):
        since = silence(state)
        if since is not None:
            return Event(state.id, "stale", iso(since), "nothing new")
    return None
