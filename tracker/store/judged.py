"""The stored report: expected bands, coverage and indices per day, for pages and mails that compute nothing.

`tracker.report.daily` writes these tables after each UTC day and when late items arrive; everybody else reads here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

IndexName = Literal["pressure", "cooperation", "pressure_specific", "cooperation_specific"]
INDEX_NAMES: tuple[IndexName, ...] = ("pressure", "cooperation", "pressure_specific", "cooperation_specific")


@dataclass(frozen=True, slots=True)
class JudgedDay:
    """One indicator on one whole UTC day. ``expected``, ``lower``, ``upper`` and ``climb`` are None where the day was
    not judged: exposure below 0.7, too short a history, or a definition that is too new."""

    indicator: str
    day: str
    stories: int
    """Stories of panel feeds that are not rejected: what the band is to be held against."""
    expected: float | None
    lower: int | None
    upper: int | None
    """Between ``lower`` and ``upper`` nine usual days of ten lie."""
    climb: float | None
    """The CUSUM as a share of its threshold."""
    alert: str
    """"", "jump" or "rise"."""


@dataclass(frozen=True, slots=True)
class CoverageDay:
    """How much of the news was looked at on a day."""

    day: str
    exposure: float | None
    """0 to 1; None where no feed was scheduled."""
    inferred: bool
    """True where it comes from the items themselves (replays, days before the first check): draw it hatched."""
    screened: int
    """Stories screened, a story once per feed."""


@dataclass(frozen=True, slots=True)
class IndexDay:
    """A value of one index at the end of a day with its 90 % interval."""

    name: str
    day: str
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class IndexPart:
    """What one indicator adds to the newest value of an index; the parts of an index sum to its value."""

    name: str
    indicator: str
    value: float
    lower: float
    upper: float
    week_before: float
    """What it added seven days earlier."""
    stories: list[dict[str, Any]]
    """The stories that weigh most, heaviest first: ``{"hit": id, "story": id, "day": …, "weight": …}``."""


@dataclass(frozen=True, slots=True)
class StoredReport:
    """When the stored report was made, and what it says beside the tables."""

    last_day: str
    known_at: str
    seconds: float
    seen: str
    """What it rests on; a job compares it to see whether anything came since."""
    summary: dict[str, Any]


def latest(connection: sqlite3.Connection) -> StoredReport | None:
    """The newest report; None while the daily job has not run."""
    row = connection.execute(
        "select last_day, known_at, seconds, seen, summary from reports order by last_day desc limit 1"
    ).fetchone()
    return StoredReport(row[0], row[1], row[2], row[3], json.loads(row[4])) if row else None


def as_first_known(connection: sqlite3.Connection, first: str, last: str) -> list[StoredReport]:
    """One report per day as it was when the day had just ended or was last revised, oldest first."""
    rows = connection.execute(
        "select last_day, known_at, seconds, seen, summary from reports where last_day between ? and ? order by 1",
        (first, last),
    )
    return [StoredReport(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]


def days_of(connection: sqlite3.Connection, indicator: str, first: str, last: str) -> list[JudgedDay]:
    """The judged days of one indicator, oldest first."""
    rows = connection.execute(
        """select indicator_id, day, stories, expected, lower, upper, climb, alert from report_days
           where indicator_id = ? and day between ? and ? order by day""",
        (indicator, first, last),
    )
    return [JudgedDay(*row) for row in rows]


def coverage(connection: sqlite3.Connection, first: str, last: str) -> list[CoverageDay]:
    """Coverage of all feeds together per day, oldest first."""
    rows = connection.execute(
        "select day, exposure, inferred, screened from coverage_days where day between ? and ? order by day",
        (first, last),
    )
    return [CoverageDay(row[0], row[1], bool(row[2]), row[3]) for row in rows]


def feed_coverage(
    connection: sqlite3.Connection, feed: str, first: str, last: str
) -> list[tuple[str, float | None, int]]:
    """(day, exposure, stories) of one feed, oldest first; exposure None where it was not scheduled."""
    rows = connection.execute(
        "select day, exposure, stories from feed_days where feed_id = ? and day between ? and ? order by day",
        (feed, first, last),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def index(connection: sqlite3.Connection, name: IndexName, first: str, last: str) -> list[IndexDay]:
    """Daily values of one index, oldest first."""
    rows = connection.execute(
        "select name, day, value, lower, upper from index_days where name = ? and day between ? and ? order by day",
        (name, first, last),
    )
    return [IndexDay(*row) for row in rows]


def parts(connection: sqlite3.Connection, name: IndexName) -> list[IndexPart]:
    """The decomposition of an index on its newest day, heaviest first."""
    rows = connection.execute(
        """select name, indicator_id, value, lower, upper, week_before, stories from index_parts
           where name = ? order by abs(value) desc, indicator_id""",
        (name,),
    )
    return [IndexPart(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6])) for row in rows]


def keep_days(connection: sqlite3.Connection, days: Iterable[JudgedDay]) -> None:
    """Enter judged days, over what stood there."""
    connection.executemany(
        """insert into report_days (indicator_id, day, stories, expected, lower, upper, climb, alert)
           values (?, ?, ?, ?, ?, ?, ?, ?)
           on conflict (indicator_id, day) do update set stories = excluded.stories, expected = excluded.expected,
               lower = excluded.lower, upper = excluded.upper, climb = excluded.climb, alert = excluded.alert""",
        (
            (day.indicator, day.day, day.stories, day.expected, day.lower, day.upper, day.climb, day.alert)
            for day in days
        ),
    )


def keep_coverage(
    connection: sqlite3.Connection,
    days: Iterable[CoverageDay],
    feeds: Iterable[tuple[str, str, float | None, int]],
) -> None:
    """Enter coverage, over what stood there. ``feeds``: (feed, day, exposure, stories)."""
    connection.executemany(
        """insert into coverage_days (day, exposure, inferred, screened) values (?, ?, ?, ?)
           on conflict (day) do update set exposure = excluded.exposure, inferred = excluded.inferred,
               screened = excluded.screened""",
        ((day.day, day.exposure, day.inferred, day.screened) for day in days),
    )
    connection.executemany(
        """insert into feed_days (feed_id, day, exposure, stories) values (?, ?, ?, ?)
           on conflict (feed_id, day) do update set exposure = excluded.exposure, stories = excluded.stories""",
        feeds,
    )


def keep_indices(connection: sqlite3.Connection, days: Iterable[IndexDay], found: Sequence[IndexPart]) -> None:
    """Enter index values, over what stood there; the decomposition replaces the earlier one."""
    connection.executemany(
        """insert into index_days (name, day, value, lower, upper) values (?, ?, ?, ?, ?)
           on conflict (name, day) do update set value = excluded.value, lower = excluded.lower,
               upper = excluded.upper""",
        ((day.name, day.day, day.value, day.lower, day.upper) for day in days),
    )
    connection.execute("delete from index_parts")
    connection.executemany(
        """insert into index_parts (name, indicator_id, value, lower, upper, week_before, stories)
           values (?, ?, ?, ?, ?, ?, ?)""",
        (
            (part.name, part.indicator, part.value, part.lower, part.upper, part.week_before, json.dumps(part.stories))
            for part in found
        ),
    )


def keep_report(connection: sqlite3.Connection, report: StoredReport) -> None:
    """Enter the report of a day, over what stood there."""
    connection.execute(
        """insert into reports (last_day, known_at, seconds, seen, summary) values (?, ?, ?, ?, ?)
           on conflict (last_day) do update set known_at = excluded.known_at, seconds = excluded.seconds,
               seen = excluded.seen, summary = excluded.summary""",
        (report.last_day, report.known_at, report.seconds, report.seen, json.dumps(report.summary)),
    )


def seen(connection: sqlite3.Connection, last_day: str) -> str:
    """What a report up to ``last_day`` rests on: the newest day, hit, review, codebook and taking-back of a review.

    Items without hits move the volume a little; they do not ask for a new report before the day is over.
    """
    row = connection.execute(
        """select (select coalesce(max(id), 0) from hits), (select coalesce(max(id), 0) from reviews),
                  (select coalesce(max(id), 0) from codebooks),
                  (select coalesce(max(adopted_at), '') from codebooks),
                  (select coalesce(max(undone_at), '') from reviews where undone_at is not null)"""
    ).fetchone()
    return " ".join(map(str, (last_day, *row)))
