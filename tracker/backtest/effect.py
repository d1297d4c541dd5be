"""What an edit would do to series and alerts, were the past matched anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tracker.backtest.compare import Outcome
from tracker.indicators.codebook import Codebook
from tracker.report import Beside, load
from tracker.report.alarms import alert_rows, watch
from tracker.report.series import Series
from tracker.store import past
from tracker.store.series import SeriesIndicator

if TYPE_CHECKING:
    from tracker.analysis.baseline import Floats

WEEKS = 52


@dataclass(frozen=True, slots=True)
class Changed:
    """One indicator's stories per week (oldest first) and days of alerts, before and after."""

    indicator: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    alerts_kept: tuple[str, ...]
    alerts_lost: tuple[str, ...]
    alerts_gained: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """``first_day`` begins the first of the weeks; the last ends with ``last_day`` (UTC)."""

    first_day: str
    last_day: str
    judged: int
    """Days, the last of which is ``last_day``, on which alerts are compared."""
    changed: tuple[Changed, ...]


def effect(
    connection: sqlite3.Connection, outcome: Outcome, after: Codebook, now: str, beside: Beside | None = None
) -> Effect | None:
    """Series and alerts of the touched indicators before and after; None where there is no whole day of items.

    The baselines of an indicator rest on the past as the edited query would have found it, as after adopting.
    """
    report = load(connection, now, beside=beside)
    if report is None:
        return None
    touched = [row.indicator for row in outcome.rows]
    changed = _edited(connection, report.series, outcome, after)
    holidays = report.beside.calendar.holidays(report.series.days)
    later = alert_rows(changed, watch(changed, report.judged, holidays), report.judged)
    sooner = _days_of((alert.indicator, alert.day) for alert in report.alerts)
    then = _days_of((alert.indicator, alert.day) for alert in later)
    weeks = min(WEEKS, len(report.series.days) // 7)
    found = []
    for name in touched:
        was, becomes = sooner.get(name, set()), then.get(name, set())
        found.append(
            Changed(
                name, _weekly(report.series, name, weeks), _weekly(changed, name, weeks), tuple(sorted(was & becomes)),
                tuple(sorted(was - becomes)), tuple(sorted(becomes - was)),
            )
        )  # fmt: skip
    return Effect(report.series.days[-7 * weeks] if weeks else "", report.last_day, report.judged, tuple(found))


def _edited(connection: sqlite3.Connection, series: Series, outcome: Outcome, after: Codebook) -> Series:
    """The series with the counts of touched indicators as they would be; new indicators at the end."""
    import numpy as np

    items = sorted({item for sides in outcome.by_indicator.values() for side in sides for item in side})
    places = past.places(connection, items)
    known = {one.id for one in series.indicators}
    new = [d.indicator for d in after.definitions if d.indicator.id in outcome.difference.added]
    added = tuple(
        SeriesIndicator(i.id, i.title, i.group, i.direction, "{}", i.diagnosticity) for i in new if i.id not in known
    )
    indicators = series.indicators + added
    extra = np.zeros((len(added), len(series.days)))
    counts, stories = (np.vstack([old, extra]) for old in (series.counts, series.stories))
    begins = np.concatenate([series.begins, np.zeros(len(added), dtype=np.int64)])
    members = _members(series)
    for row, one in enumerate(indicators):
        if one.id in outcome.by_indicator:
            was, becomes = outcome.by_indicator[one.id]
            for lines, only in ((counts, members), (stories, None)):
                lines[row] += _per_day(series, places, becomes, only) - _per_day(series, places, was, only)
                lines[row] = np.maximum(lines[row], 0)
            begins[row] = 0
    confirmed = np.vstack([series.confirmed, extra])
    return replace(series, indicators=indicators, counts=counts, stories=stories, confirmed=confirmed, begins=begins)


def _members(series: Series) -> Mapping[str, Floats]:
    from tracker.analysis import panel

    members = panel.members(series.by_feed)
    return {feed.id: members[row] for row, feed in enumerate(series.feeds)}


def _per_day(
    series: Series, places: Mapping[int, past.Place], items: Iterable[int], members: Mapping[str, Floats] | None
) -> Floats:
    """Stories per day of these items: a story counts once, where its first item stands."""
    import numpy as np

    line = np.zeros(len(series.days))
    seen: set[int] = set()
    index = series.place
    for item in sorted(items):
        place = places.get(item)
        if place is None or place.story in seen:
            continue
        seen.add(place.story)
        at = index.get(place.day)
        if at is not None and (members is None or members[place.feed][at]):
            line[at] += 1
    return line


def _days_of(alerts: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for indicator, day in alerts:
        found.setdefault(indicator, set()).add(day)
    return found


def _weekly(series: Series, name: str, weeks: int) -> tuple[int, ...]:
    row = next((n for n, one in enumerate(series.indicators) if one.id == name), None)
    if row is None or not weeks:
        return ()
    days = series.stories[row][-7 * weeks :]
    return tuple(int(count) for count in days.reshape(weeks, 7).sum(axis=1))
