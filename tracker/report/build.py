"""Composes a report: series, alerts and indices of a range of days as they were known at one moment."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.report import alarms, raters, weighing
from tracker.report import calendar as calendars
from tracker.report.calendar import Calendar
from tracker.report.raters import Ratings
from tracker.report.series import Series
from tracker.report.series import load as load_series
from tracker.report.weighing import Weighed
from tracker.store import series as store
from tracker.store.judged import IndexName

if TYPE_CHECKING:
    from tracker.analysis.alerts import Watched
    from tracker.analysis.baseline import Floats

JUDGED_DAYS = 365
"""Days that a report judges unless told otherwise; as many again and five weeks before them teach what is usual."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the codebook: dated facts and ratings."""

    calendar: Calendar = field(default_factory=Calendar)
    ratings: Ratings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """A report. Arrays: indicators × days of ``series``; the last ``judged`` days are judged, those before only teach.

    ``lower`` and ``upper`` hold nine usual days of ten; NaN, like ``watched.expected``, where a day was not judged.
    """

    series: Series
    judged: int
    watched: Watched
    lower: Floats
    upper: Floats
    alerts: tuple[store.AlertRow, ...]
    """Of the judged days, newest first."""
    indices: dict[IndexName, Weighed]
    beside: Beside
    verdicts_drawn: int
    """Verdicts on hits that were drawn at random, from which precision is estimated."""

    @property
    def known_at(self) -> str:
        """The moment (UTC) whose knowledge it shows."""
        return self.series.known_at

    @property
    def last_day(self) -> str:
        """The last whole UTC day."""
        return self.series.days[-1]


def beside(codebook: Path) -> Beside:
    """Read `events.yaml` and `ratings/` beside a codebook. Raises ConfigError where they are faulty."""
    return Beside(calendars.load(codebook), raters.load(codebook))


def load(
    connection: sqlite3.Connection, known_at: str, *, judged: int = JUDGED_DAYS, beside: Beside | None = None
) -> Report | None:
    """The report as known at a moment (UTC, ISO 8601); None where there are no items by then. Only reads."""
    from tracker.analysis import alerts
    from tracker.analysis.indices import BASE_DAYS, WINDOW_DAYS

    beside = beside or Beside()
    history = max(alerts.WINDOW + alerts.GUARD, BASE_DAYS + WINDOW_DAYS)
    series = load_series(connection, known_at, judged + history)
    if series is None:
        return None
    judged = min(judged, len(series.days))
    watched = alarms.watch(series, judged, beside.calendar.holidays(series.days))
    lower, upper = alerts.band(watched)
    verdicts = store.sampled_verdicts(connection, known_at)
    return Report(
        series=series,
        judged=judged,
        watched=watched,
        lower=lower,
        upper=upper,
        alerts=tuple(alarms.alert_rows(series, watched, judged)),
        indices=weighing.weigh(series, verdicts, beside.ratings),
        beside=beside,
        verdicts_drawn=sum(map(sum, verdicts.values())),
    )
