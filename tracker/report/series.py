"""Composes store and analysis: what the counts say, and how far they can be trusted."""

from __future__ import annotations

import sqlite3
import statistics
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tracker.clock import iso, parse_iso
from tracker.store import series as store
from tracker.store.connect import writing

if TYPE_CHECKING:
    from tracker.analysis.alerts import Flags, Watched
    from tracker.analysis.baseline import Floats

JUDGED_DAYS = 365
"""Days that a report judges unless told otherwise; as many again and a week before them teach what is usual."""
REVISED_DAYS = 28
"""Days back to which late items may still change alerts that the daemon keeps."""
SETTLING_DAYS = 182
"""Days before those, over which the CUSUM finds its level."""
RETROSPECTIVE = "retrospective: exposure inferred from the items alone"


@dataclass(frozen=True, slots=True)
class Series:
    """Everything counted over one range of UTC days, as known at one time. Arrays: indicators or feeds × days."""

    known_at: str
    days: tuple[str, ...]
    indicators: tuple[store.SeriesIndicator, ...]
    counts: Floats
    """Stories that are not rejected, of panel feeds."""
    stories: Floats
    """Stories that are not rejected, of all feeds."""
    screened: Floats
    """Stories of panel feeds per day, each feed weighted by how much it bears on the indicators."""
    exposure: Floats
    """Per day, 0 to 1; NaN where no feed was scheduled."""
    inferred: Flags
    """Days whose exposure comes mostly from the items themselves (replayed or from before the first check)."""
    told: tuple[store.Told, ...]


def last_whole_day(connection: sqlite3.Connection, known_at: str) -> str | None:
    """The newest UTC day that was over at ``known_at``; of archives alone, the last with items. None without any.

    An archive ends where its days hold a tenth of their usual items: single items bear dates that are wrong.
    """
    yesterday = (parse_iso(known_at).date() - timedelta(days=1)).isoformat()
    newest = store.newest_days(connection, yesterday)
    if not newest:
        return None
    if store.first_checks(connection):
        return yesterday
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
    counts, stories = np.zeros((len(indicators), len(names))), np.zeros((len(indicators), len(names)))
    told = tuple(t for t in store.told(connection, names[0], until, known_at) if t.status != "rejected")
    for one in told:
        spot = (line[one.indicator], place[one.day])
        stories[spot] += 1
        if members[row[one.feed], place[one.day]]:
            counts[spot] += 1
            hits[row[one.feed], place[one.day]] += 1
    covered, inferred = _exposure(connection, feeds, screened, names, known_at)
    volume = panel.volume(screened, hits, members)
    return Series(known_at, names, indicators, counts, stories, volume, covered, inferred, told)


def _exposure(
    connection: sqlite3.Connection,
    feeds: list[store.SeriesFeed],
    screened: Floats,
    names: tuple[str, ...],
    known_at: str,
) -> tuple[Floats, Flags]:
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
    return whole, np.asarray((guessed * planned).sum(axis=0) > 0.5 * planned.sum(axis=0))


def _seconds(text: str) -> float:
    return parse_iso(text).timestamp()


def day_types(days: Collection[str], holidays: Collection[str] = ()) -> list[int]:
    """0–6 for Monday to Sunday, 7 for the days in ``holidays``."""
    return [7 if day in holidays else date.fromisoformat(day).weekday() for day in days]


def watch(series: Series, judged: int) -> Watched:
    """Baselines and alerts of the last ``judged`` days, each from what lay before it."""
    import numpy as np

    from tracker.analysis import alerts

    return alerts.watch(
        series.counts,
        series.screened,
        np.nan_to_num(series.exposure),
        np.array(day_types(series.days)),
        since=max(0, len(series.days) - judged),
    )


def alert_rows(series: Series, watched: Watched, judged: int) -> list[store.AlertRow]:
    """The alerts of the last ``judged`` days, newest first and then by what is most surprising."""
    import numpy as np

    found = []
    lines, days = np.nonzero(watched.alert)
    for line, day in zip(lines.tolist(), days.tolist(), strict=True):
        if day < len(series.days) - judged:
            continue
        kind = "jump: more stories than the day explains" if watched.jump[line, day] else "rise: more over several days"
        found.append(
            store.AlertRow(
                series.indicators[line].id,
                series.days[day],
                float(series.counts[line, day]),
                round(float(watched.expected[line, day]), 4),
                float(watched.p[line, day]),
                float(watched.q[line, day]),
                round(float(series.exposure[day]), 4),
                f"{kind}; {RETROSPECTIVE}" if series.inferred[day] else kind,
            )
        )
    return sorted(found, key=lambda alert: (alert.day, -alert.p), reverse=True)


def update_alerts(connection: sqlite3.Connection, now: datetime) -> tuple[int, int]:
    """Bring table `alerts` up to the last whole UTC day before ``now``; return (new, taken back).

    Late items and verdicts may still change the alerts of the last four weeks: new ones appear with today's
    ``known_at``, open ones that no longer hold are closed with a reason; what an analyst has handled stays.
    Reads without holding a lock; the write at the end is short.
    """
    from tracker.analysis.alerts import GUARD, WINDOW

    known_at = iso(now.astimezone(UTC))
    judged = REVISED_DAYS + SETTLING_DAYS
    series = load(connection, known_at, judged + WINDOW + GUARD)
    if series is None:
        return 0, 0
    found = alert_rows(series, watch(series, judged), REVISED_DAYS)
    span = (series.days[-min(REVISED_DAYS, len(series.days))], series.days[-1])
    with writing(connection):
        return store.keep_alerts(connection, found, span, known_at)
