"""The last seven whole days of each indicator against what is usual, for the board and the mails."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tracker.report.build import Report

DAYS = 7
LEAST_JUDGED = 5
"""Of the seven days so many must be judged, or the week says nothing."""
OUTSIDE = 0.05


@dataclass(frozen=True, slots=True)
class Week:
    """``stories`` of the judged days of the week; nine usual weeks of ten lie between ``lower`` and ``upper``."""

    stories: int
    expected: float
    lower: int
    upper: int
    days: int
    """How many of the seven days were judged."""


def weeks(report: Report) -> dict[str, dict[str, Any]]:
    """Indicator -> its week as JSON holds it; those whose week is not judged are left out.

    The days of a week are taken as independent: variances add, and a negative binomial of that mean and variance gives
    the band.
    """
    import numpy as np
    from scipy import stats

    found: dict[str, dict[str, Any]] = {}
    last = slice(max(0, len(report.series.days) - DAYS), None)
    for row, indicator in enumerate(report.series.indicators):
        expected, size = report.watched.expected[row, last], report.watched.spread[row, last]
        judged = ~np.isnan(expected)
        if judged.sum() < LEAST_JUDGED:
            continue
        mean = float(expected[judged].sum())
        more = float((expected[judged] ** 2 / size[judged]).sum())
        week_size = mean**2 / more if more else 1e9
        chance = week_size / (week_size + mean)
        low, high = (int(stats.nbinom.ppf(at, week_size, chance)) for at in (OUTSIDE, 1 - OUTSIDE))
        stories = int(report.series.counts[row, last][judged].sum())
        found[indicator.id] = asdict(Week(stories, round(mean, 3), low, high, int(judged.sum())))
    return found
