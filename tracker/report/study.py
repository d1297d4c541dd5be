"""The event study over the store: does cooperation follow pressure? Method: docs/methods/event-study.md."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tracker.report.calendar import Calendar, Event
from tracker.report.series import Series
from tracker.report.series import load as load_series

if TYPE_CHECKING:
    from tracker.analysis.baseline import Ints
    from tracker.analysis.distributed_lags import Regression
    from tracker.analysis.event_study import Effect, Weeks

WEEKS = 156
PANEL_DAYS = 28
LEAST_DAYS = 4
"""Of a week so many must be covered, or it is missing."""
LEAST_EXPOSURE = 0.7
LEAST_SIDE = 20
"""Covered weeks that a regression needs inside the windows, and outside them."""
APART = timedelta(days=7)
"""An event this near to a dated act of cooperation may have been timed to it."""
PRESSURE, COOPERATION = "driver", "cooperation"


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. ``effect`` is None where there is too little to compare."""

    name: str
    question: str
    events: int
    effect: Effect | None


@dataclass(frozen=True, slots=True)
class Study:
    """What the weeks say of the claim, and what they cannot say."""

    first_day: str
    last_day: str
    weeks: int
    stories: tuple[int, int]
    """Of cooperation and of pressure, those that bear on both sides left out."""
    both_sides: int
    """Stories that bear on both sides."""
    events: tuple[Event, ...]
    tests: tuple[Test, ...]
    regression: Regression | None
    regression_missing: str
    """Why there is no regression, in words; empty where there is one."""


def study(connection: sqlite3.Connection, known_at: str, calendar: Calendar, weeks: int = WEEKS) -> Study | None:
    """Run the study over the last ``weeks`` weeks; None without dated events or without items."""
    from tracker.analysis import event_study

    if not calendar.events:
        return None
    series = load_series(connection, known_at, weeks * 7 + PANEL_DAYS)
    if series is None:
        return None
    length = min(weeks, (len(series.days) - 1) // 7)
    first = date.fromisoformat(series.days[-1]) - timedelta(days=length * 7 - 1)
    sides, both = _sides(series, length)
    pressed, joined = (_within(found, first, length) for found in (calendar.events, calendar.acts))
    apart = [one for one in pressed if all(abs(one.day - act.day) > APART for act in joined)]

    def test(name: str, question: str, side: str, events: Sequence[Event], span: tuple[int, int]) -> Test:
        at = _at(events, first)
        return Test(name, question, len(events), event_study.effect(sides[side], at, span))

    after, before = event_study.AFTER, event_study.BEFORE
    tests = (
        test("claim", "cooperation in weeks 1–8 after pressure", COOPERATION, pressed, after),
        test("placebo", "cooperation in the 8 weeks before pressure", COOPERATION, pressed, before),
        test("apart", "weeks 1–8 after pressure not timed to a summit", COOPERATION, apart, after),
        test("reverse", "pressure in weeks 1–8 after summits and exercises", PRESSURE, joined, after),
        test("reverse placebo", "pressure in the 8 weeks before them", PRESSURE, joined, before),
    )
    regression, missing = _regression(sides[COOPERATION], _at(pressed, first), tests[0].effect)
    return Study(
        first.isoformat(), series.days[-1], length,
        (int(sides[COOPERATION].counts.sum()), int(sides[PRESSURE].counts.sum())), both, tuple(pressed), tests,
        regression, missing,
    )  # fmt: skip


def _sides(series: Series, weeks: int) -> tuple[dict[str, Weeks], int]:
    """Stories per week of each side, each story once, and how many bear on both and count for neither."""
    import numpy as np

    from tracker.analysis.event_study import Weeks

    start, place = len(series.days) - weeks * 7, series.place
    covered = (np.nan_to_num(series.exposure) >= LEAST_EXPOSURE) & (series.screened > 0)
    groups = {one.id: one.group for one in series.indicators if one.direction == "toward"}
    row = {feed.id: n for n, feed in enumerate(series.feeds)}
    told: dict[str, dict[int, int]] = {PRESSURE: {}, COOPERATION: {}}
    for one in series.told:
        day, group = place[one.day], groups.get(one.indicator, "")
        if group in told and day >= start and covered[day] and series.members[row[one.feed], day]:
            told[group].setdefault(one.story_id, (day - start) // 7)
    both = told[PRESSURE].keys() & told[COOPERATION].keys()
    enough = covered[start:].reshape(weeks, 7).sum(axis=1) >= LEAST_DAYS
    volume = np.where(enough, (series.screened * covered)[start:].reshape(weeks, 7).sum(axis=1), 0.0)
    sides = {}
    for group, stories in told.items():
        counts = np.bincount([week for story, week in stories.items() if story not in both], minlength=weeks)
        sides[group] = Weeks(counts.astype(np.float64) * enough, volume)
    return sides, len(both)


def _within(events: Sequence[Event], first: date, weeks: int) -> list[Event]:
    return [event for event in events if first <= event.day < first + timedelta(days=weeks * 7)]


def _at(events: Sequence[Event], first: date) -> Ints:
    import numpy as np

    return np.array(sorted({(event.day - first).days // 7 for event in events}), dtype=np.int64)


def _regression(series: Weeks, events: Ints, claim: Effect | None) -> tuple[Regression | None, str]:
    from tracker.analysis import distributed_lags

    if not distributed_lags.available():
        return None, "statsmodels is not installed: pip install 'news-indicator-tracker[study]'"
    if claim is None or min(claim.weeks_inside, claim.weeks_outside) < LEAST_SIDE:
        return None, f"fewer than {LEAST_SIDE} covered weeks lie inside, or outside, the windows"
    found = distributed_lags.regress(series, events)
    return found, "" if found else "too few stories, or the fit does not come to rest"


def study_facts(found: Study) -> dict[str, Any]:
    """The study as JSON holds it."""
    return {
        "first_day": found.first_day,
        "last_day": found.last_day,
        "weeks": found.weeks,
        "stories": {
            "cooperation": found.stories[0],
            "pressure": found.stories[1],
            "left_out_both_sides": found.both_sides,
        },
        "events": [{"date": one.day.isoformat(), "title": one.title, "source": one.source} for one in found.events],
        "tests": [
            {"name": test.name, "question": test.question, "events": test.events}
            | ({key: round(value, 4) for key, value in asdict(test.effect).items()} if test.effect else {"ratio": None})
            for test in found.tests
        ],
        "regression": None if found.regression is None else asdict(found.regression),
        "regression_missing": found.regression_missing,
        "plainly": plainly(found),
    }


def plainly(found: Study) -> str:
    """What may be said and what not, in a sentence or two."""
    claim, placebo = (next(test.effect for test in found.tests if test.name == name) for name in ("claim", "placebo"))
    if claim is None:
        return "There are too few covered weeks or dated events to say anything."
    size = f"{claim.ratio:.2f} times the other weeks’ share [{claim.lower:.2f}, {claim.upper:.2f}], p = {claim.p:.2f}"
    if claim.p > 0.05:
        return (
            f"No sign that cooperation follows pressure within eight weeks: {size}. "
            "An effect as large as the upper end of the interval cannot be ruled out."
        )
    if placebo is not None and placebo.p <= 0.05:
        return (
            f"Cooperation is reported more after pressure ({size}), but also before it: something that lasts drives "
            "both, and the data do not show that one follows the other."
        )
    return (
        f"Cooperation is reported more after pressure: {size}, and not before it. That fits the claim; coverage that "
        "turns to both after each event would look the same."
    )
