"""The daily job: keeps alerts, bands, coverage and indices in the database, for pages and mails to read."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tracker.clock import iso, parse_iso
from tracker.report import build, weighing
from tracker.report.build import Beside, Report
from tracker.report.series import last_whole_day
from tracker.report.study import study, study_facts
from tracker.report.weeks import weeks
from tracker.store import judged as kept
from tracker.store import series as store
from tracker.store.connect import writing

REVISED_DAYS = 28
"""Days back to which late items may still change alerts and bands that are kept; older ones stay as they were known."""
SETTLING_DAYS = 182
"""Days before those, over which the CUSUM finds its level."""
LEAST_PAUSE = timedelta(hours=1)
"""Between two reports of the same day, so that a busy hour makes one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has kept. ``alerts_new`` and ``alerts_taken_back`` concern the last four weeks."""

    last_day: str
    alerts_new: int
    alerts_taken_back: int
    seconds: float


def due(connection: sqlite3.Connection, now: datetime) -> bool:
    """Whether a day has ended since the last report, or hits, verdicts or a codebook have come. Reads a few rows."""
    last_day = last_whole_day(connection, iso(now))
    if last_day is None:
        return False
    before = kept.latest(connection)
    if before is None or before.last_day != last_day:
        return True
    pause = now.astimezone(UTC) - parse_iso(before.known_at)
    return before.seen != kept.seen(connection, last_day) and not timedelta(0) <= pause < LEAST_PAUSE


def refresh(connection: sqlite3.Connection, now: datetime, beside: Beside | None = None) -> Outcome | None:
    """Bring the stored report and table `alerts` up to the last whole UTC day before ``now``; None without items.

    Late items and verdicts may still change the last four weeks: new alerts appear with today's ``known_at``, open ones
    that no longer hold are closed with a reason; what an analyst has handled stays. The first run fills a year.
    Reads without holding a lock; the write at the end is short.
    """
    started, known_at = time.monotonic(), iso(now.astimezone(UTC))
    before = kept.latest(connection)
    last_day = last_whole_day(connection, known_at)
    seen = kept.seen(connection, last_day or "")
    report = build.load(connection, known_at, beside=beside)
    if report is None:
        return None
    found = summary(report, known_at) | {"lead_lag": _lead_lag(connection, report, beside, before)}
    # Days that no job has kept, because it did not run or the archive is new, are written however old they are.
    written = min(report.judged, build.JUDGED_DAYS if before is None else _days_since(before.last_day, report.last_day))
    revised = min(REVISED_DAYS, len(report.series.days))
    recent = [row for row in report.alerts if row.day >= report.series.days[-revised]]
    with writing(connection):
        new, gone = store.keep_alerts(connection, recent, (report.series.days[-revised], report.last_day), known_at)
        kept.keep_days(connection, judged_days(report, written))
        kept.keep_coverage(connection, coverage_days(report, written), _feed_days(report, written))
        kept.keep_indices(connection, index_days(report), index_parts(report))
        seconds = round(time.monotonic() - started, 3)
        kept.keep_report(connection, kept.StoredReport(report.last_day, known_at, seconds, seen, found))
    return Outcome(report.last_day, new, gone, seconds)


def _lead_lag(
    connection: sqlite3.Connection, report: Report, beside: Beside | None, before: kept.StoredReport | None
) -> dict[str, Any] | None:
    """The event study, once a day: its weeks change no faster. None without dated events."""
    if beside is None or not beside.calendar.events:
        return None
    if before is not None and before.last_day == report.last_day and before.summary.get("lead_lag"):
        told: dict[str, Any] = before.summary["lead_lag"]
        return told
    studied = study(connection, report.known_at, beside.calendar)
    if studied is None:
        return None
    facts = study_facts(studied)
    return {key: facts[key] for key in ("first_day", "last_day", "weeks", "tests", "regression", "plainly")} | {
        "regression_missing": facts["regression_missing"],
        "events": len(facts["events"]),
    }


def _days_since(kept_until: str, last_day: str) -> int:
    return max(0, (date.fromisoformat(last_day) - date.fromisoformat(kept_until)).days) + REVISED_DAYS


def judged_days(report: Report, days: int) -> Iterator[kept.JudgedDay]:
    """The newest ``days`` of every indicator."""
    series, watched = report.series, report.watched
    for row, indicator in enumerate(series.indicators):
        for at in range(len(series.days) - days, len(series.days)):
            alert = "jump" if watched.jump[row, at] else "rise" if watched.rise[row, at] else ""
            lower, upper = number(report.lower[row, at]), number(report.upper[row, at])
            yield kept.JudgedDay(
                indicator.id, series.days[at], int(series.counts[row, at]), number(watched.expected[row, at], 4),
                None if lower is None else int(lower), None if upper is None else int(upper),
                number(watched.climb[row, at], 4), alert,
            )  # fmt: skip


def coverage_days(report: Report, days: int) -> Iterator[kept.CoverageDay]:
    """Coverage of the newest ``days``."""
    series = report.series
    screened = series.by_feed.sum(axis=0)
    for at in range(len(series.days) - days, len(series.days)):
        yield kept.CoverageDay(
            series.days[at], number(series.exposure[at], 4), bool(series.inferred[at]), int(screened[at])
        )


def _feed_days(report: Report, days: int) -> Iterator[tuple[str, str, float | None, int]]:
    series = report.series
    for row, feed in enumerate(series.feeds):
        for at in range(len(series.days) - days, len(series.days)):
            exposure = number(series.feed_exposure[row, at], 3)
            if exposure is not None or series.by_feed[row, at]:
                yield feed.id, series.days[at], exposure, int(series.by_feed[row, at])


def index_days(report: Report) -> Iterator[kept.IndexDay]:
    """Every index on the judged days."""
    for name, weighed in report.indices.items():
        index = weighed.index
        for at in range(len(report.series.days) - report.judged, len(report.series.days)):
            if not math.isnan(index.value[at]):
                value, lower, upper = (round(float(line[at]), 4) for line in (index.value, index.lower, index.upper))
                yield kept.IndexDay(name, report.series.days[at], value, lower, upper)


def index_parts(report: Report) -> list[kept.IndexPart]:
    """What each indicator adds to each index on the last day, with the stories behind it."""
    found = []
    for name, weighed in report.indices.items():
        index = weighed.index
        for n, row in enumerate(weighed.rows):
            value = number(index.parts[n, -1], 4)
            if value is None:
                continue
            week = number(index.parts[n, -8], 4) if len(report.series.days) > 7 else None
            stories = [
                {"hit": one.hit, "story": one.story, "day": one.day, "weight": round(one.weight, 4)}
                for one in weighing.stories_of(report.series, weighed, row)
            ]
            found.append(
                kept.IndexPart(
                    name, report.series.indicators[row].id, value, round(float(index.part_lower[n]), 4),
                    round(float(index.part_upper[n]), 4), week or 0.0, stories,
                )
            )  # fmt: skip
    return found


def summary(report: Report, known_at: str) -> dict[str, Any]:
    """What is kept of each day's report as it was known then: index values, stability, alerts, coverage."""
    week = [row for row in report.alerts if row.day > report.series.days[-min(8, len(report.series.days))]]
    return {
        "known_at": known_at,
        "exposure": number(report.series.exposure[-1], 4),
        "indices": {name: index_summary(report, weighed) for name, weighed in report.indices.items()},
        "weeks": weeks(report),
        "alerts_this_week": [{"indicator": row.indicator, "day": row.day} for row in week],
    }


def index_summary(report: Report, weighed: weighing.Weighed) -> dict[str, Any]:
    """The newest value of an index with its interval, what it was before, and how stable its ranks are."""
    index = weighed.index

    def at(back: int) -> float | None:
        return number(index.value[-1 - back], 4) if len(index.value) > back else None

    return {
        "value": at(0), "lower": number(index.lower[-1], 4), "upper": number(index.upper[-1], 4),
        "week_before": at(7), "four_weeks_before": at(28), "year_before": at(364),
        "question": weighed.question, "indicators": len(weighed.rows), "raters": weighed.raters,
        "rank_correlation_of_months": round(index.stability.months, 3),
        "top_stays": round(index.stability.top_stays, 3),
    }  # fmt: skip


def number(value: float, digits: int = 6) -> float | None:
    """A rounded number, None for NaN."""
    return None if math.isnan(value) else round(float(value), digits)
