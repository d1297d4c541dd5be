"""What the daily job found, as the board shows it: coverage, the two indices, and each week against what is usual."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from markupsafe import Markup

from tracker.digest.outlook import moved
from tracker.review import pictures
from tracker.store import bands, judged
from tracker.store.judged import IndexName, StoredReport

TITLES: dict[IndexName, tuple[str, str]] = {
    "pressure": ("Pressure", "do the drivers take more of the news than in the year before?"),
    "pressure_specific": ("Pressure, telling indicators alone", "the same, of indicators that tell much"),
    "cooperation": ("Cooperation", "what the other indicators’ reports add up to, half forgotten after 90 days"),
    "cooperation_specific": ("Cooperation, telling indicators alone", "the same, of indicators that tell much"),
}
_TOO_YOUNG = (
    "No value yet. It sets the last four weeks against the year before them, "
    "and too few days of that year were covered: it begins with about three months of items."
)
WHY_NO_VALUE: dict[IndexName, str] = {
    "pressure": _TOO_YOUNG,
    "pressure_specific": _TOO_YOUNG,
    "cooperation": "No value yet: no indicator but the drivers has a story.",
    "cooperation_specific": "No value yet: no indicator that tells much has a story.",
}
WORTH_SHADING = 2
"""Where a usual day holds fewer stories at most, a band of days would look like a fence and say nothing."""
OLD_AFTER = 3
"""Days after which a stored report is called old."""


@dataclass(frozen=True, slots=True)
class IndexShown:
    """One index: its newest value in numbers and words, and its chart."""

    name: IndexName
    title: str
    question: str
    value: float
    lower: float
    upper: float
    direction: str
    """How it moved within a week, in words."""
    chart: Markup
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WeekShown:
    """The last seven whole days of an indicator against what is usual."""

    stories: int
    usual: str
    standing: str
    """"above", "below" or "within"."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """All of it. ``old``: the job has not run for some days."""

    stored: StoredReport
    old: bool
    strip: Markup
    coverage: str
    indices: list[IndexShown]
    without_value: list[tuple[str, str]]
    """Indices without a value: title, and why."""
    weeks: dict[str, WeekShown]
    bands: dict[str, bands.Band]
    short_day: str


def outlook(
    connection: sqlite3.Connection, now: datetime, indicators: Sequence[str], days: int, names: Sequence[IndexName]
) -> Outlook | None:
    """What stands on the board over the last ``days`` days; None while the daily job has never run."""
    stored = judged.latest(connection)
    if stored is None:
        return None
    last = date.fromisoformat(stored.last_day)
    first = now.date() - timedelta(days=days - 1)
    covered = judged.coverage(connection, first.isoformat(), stored.last_day)
    return Outlook(
        stored=stored,
        old=(now.date() - last).days > OLD_AFTER,
        strip=pictures.coverage_strip(covered, first, max(first, last)),
        coverage=pictures.coverage_words(covered),
        indices=[found for name in names if (found := index_shown(connection, stored, name, first))],
        without_value=without_value(stored, names),
        weeks={name: shown for name, week in stored.summary.get("weeks", {}).items() if (shown := week_shown(week))},
        bands={
            name: band
            for name, band in bands.bands(connection, indicators, first, now.date()).items()
            if median(usual[1] for usual in band if usual) >= WORTH_SHADING
        },
        short_day=f"{last.day} {last:%b}",
    )


def index_shown(
    connection: sqlite3.Connection, stored: StoredReport, name: IndexName, first: date
) -> IndexShown | None:
    """One index since ``first``; None where it has no value."""
    if not _has_value(stored, name):
        return None
    summary = stored.summary["indices"][name]
    title, question = TITLES[name]
    series = judged.index(connection, name, first.isoformat(), stored.last_day)
    return IndexShown(
        name, title, question, summary["value"], summary["lower"], summary["upper"],
        moved(summary["value"], summary.get("week_before")), pictures.index_chart(series, title), summary,
    )  # fmt: skip


def without_value(stored: StoredReport, names: Sequence[IndexName]) -> list[tuple[str, str]]:
    """Title of each index that the stored report gives no value for its last day, and why it has none."""
    return [(TITLES[name][0], WHY_NO_VALUE[name]) for name in names if not _has_value(stored, name)]


def _has_value(stored: StoredReport, name: IndexName) -> bool:
    return (stored.summary.get("indices", {}).get(name) or {}).get("value") is not None


def week_shown(week: dict[str, Any] | None) -> WeekShown | None:
    """A week as the stored report holds it, in words; None where it was not judged."""
    if week is None:
        return None
    low, high, stories = week["lower"], week["upper"], week["stories"]
    standing = "above" if stories > high else "below" if stories < low else "within"
    return WeekShown(stories, str(low) if low == high else f"{low}–{high}", standing)
