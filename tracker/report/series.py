"""Counts of a range of days as they were known at a moment, out of the store. Method: docs/methods/series.md."""

from __future__ import annotations

import sqlite3
import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tracker.clock import iso, parse_iso
from tracker.store import series as store

if TYPE_CHECKING:
    from tracker.analysis.alerts import Flags
    from tracker.analysis.baseline import Floats, Ints


@dataclass(frozen=True, slots=True)
class Series:
    """Everything counted over one range of UTC days, as known at one time. Arrays: indicators or feeds × days."""

    known_at: str
    days: tuple[str, ...]
    indicators: tuple[store.SeriesIndicator, ...]
    feeds: tuple[store.SeriesFeed, ...]
    counts: Floats
    """Stories that are not rejected, of panel feeds."""
    confirmed: Floats
    """Those of them that an analyst has confirmed."""
    stories: Floats
    """Stories that are not rejected, of all feeds."""
    screened: Floats
    """Stories of panel feeds per day, each feed weighted by how much it bears on the indicators."""
    members: Flags
    """Feeds × days: whether a feed belongs to the panel."""
    by_feed: Floats
    """Stories screened, feeds × days."""
    exposure: Floats
    """Per day, 0 to 1; NaN where no feed was scheduled."""
    feed_exposure: Floats
    """Likewise per feed, feeds × days."""
    inferred: Flags
    """Days whose exposure comes mostly from the items themselves (replayed or from before the first check)."""
    begins: Ints
    """Per indicator the index of the day from which its definition is comparable with today's."""
    told: tuple[store.Told, ...]

    @property
    def place(self) -> dict[str, int]:
        """Index of each day."""
        return {day: n for n, day in enumerate(self.days)}


def last_whole_day(connection: sqlite3.Connection, known_at: str) -> str | None:
    """The newest UTC day that was over at ``known_at``; of archives alone, the last with items. None without any.

    An archive ends where its days hold a tenth of their usual items: single items bear dates that are wrong.
    """
    yesterday = (parse_iso(known_at).date() - timedelta(days=1)).isoformat()
    if not store.any_items(connection, yesterday):
        return None
    if store.any_checks(connection):
        return yesterday
    newest = store.newest_days(connection, yesterday)
    usual = statistics.median(count for _, count in newest)
    return next(day for day, count in newest if count >= usual / 10)


def load(connection: sqlite3.Connection, known_at: str, days: int) -> Series | None:
    """Read the series of the ``days`` UTC days up to the last whole one; None where there are no items by then."""
    import numpy as np

    from tracker.analysis import panel

    until, oldest = last_whole_day(connection, known_at), store.first_day(connection)
    if until is None or oldest is None:
        return None
    last = date.fromisoformat(until)
    first = max(last - timedelta(days=days - 1), min(last, date.fromisoformat(oldest)))
    names = tuple((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))
    place = {name: n for n, name in enumerate(names)}
    feeds = store.feeds(connection)
    row = {feed.id: n for n, feed in enumerate(feeds)}
    screened, hits = np.zeros((len(feeds), len(names))), np.zeros((len(feeds), len(names)))
    for feed, day, count in store.screened(connection, names[0], until, known_at):
        screened[row[feed], place[day]] = count
    indicators = tuple(store.indicators(connection))
    line = {indicator.id: n for n, indicator in enumerate(indicators)}
    members = panel.members(screened)
    counts, confirmed, stories = (np.zeros((len(indicators), len(names))) for _ in range(3))
    told = tuple(t for t in store.told(connection, names[0], until, known_at) if t.status != "rejected")
    for one in told:
        spot = (line[one.indicator], place[one.day])
        stories[spot] += 1
        if members[row[one.feed], place[one.day]]:
            counts[spot] += 1
            confirmed[spot] += one.status == "confirmed"
            hits[row[one.feed], place[one.day]] += 1
    covered, shares, inferred = _exposure(connection, feeds, screened, names, known_at)
    changed = store.breaks(connection, until)
    begins = np.array([place.get(changed.get(indicator.id, ""), 0) for indicator in indicators], dtype=np.int64)
    return Series(
        known_at, names, indicators, tuple(feeds), counts, confirmed, stories, panel.volume(screened, hits, members),
        members, screened, covered, shares, inferred, begins, told,
    )  # fmt: skip


def _exposure(
    connection: sqlite3.Connection,
    feeds: list[store.SeriesFeed],
    screened: Floats,
    names: tuple[str, ...],
    known_at: str,
) -> tuple[Floats, Floats, Flags]:
    import numpy as np

    from tracker.analysis import exposure

    starts = np.array([_seconds(f"{name}T00:00:00Z") for name in names])
    checks: dict[str, list[float]] = defaultdict(list)
    slack = iso(parse_iso(f"{names[0]}T00:00:00Z") - timedelta(days=2))
    for asked, at in store.good_checks(connection, slack, known_at):
        checks[asked].append(_seconds(at))
    begun = store.first_checks(connection)
    end = min(_seconds(known_at), float(starts[-1]) + exposure.DAY)
    shares, planned = np.full(screened.shape, np.nan), np.zeros(screened.shape)
    guessed = np.zeros(screened.shape, dtype=bool)
    for n, feed in enumerate(feeds):
        first = _seconds(begun[feed.id]) if feed.id in begun else np.inf
        before = starts + exposure.DAY <= first
        shown = np.where(before, screened[n], 0.0)
        shares[n] = np.where(before, exposure.inferred(shown), np.nan)
        guessed[n] = before & ~np.isnan(shares[n])
        planned[n] = np.where(guessed[n], exposure.DAY * exposure.importance(shown), 0.0)
        if feed.archive or feed.id not in begun:
            continue
        good = checks[feed.id]
        last = _seconds(feed.removed_at) if feed.removed_at else end
        if feed.status == "paused":
            last = min(last, good[-1] if good else first)
        shares[n] = np.where(before, shares[n], exposure.polled(good, starts, first, min(last, end)))
        planned[n] += exposure.scheduled(starts, first, min(last, end))
    whole = exposure.together(shares, planned)
    return whole, shares, np.asarray((guessed * planned).sum(axis=0) > 0.5 * planned.sum(axis=0))


def _seconds(text: str) -> float:
    return parse_iso(text).timestamp()
