"""A week against what is usual: judged days alone count, and the band holds nine weeks of ten."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from tracker.report.build import Report
from tracker.report.weeks import weeks


def made(expected: list[list[float]], counts: list[list[int]], size: float = 2.0) -> Report:
    mean = np.array(expected)
    series: Any = SimpleNamespace(
        days=[f"2026-01-{day:02}" for day in range(1, mean.shape[1] + 1)],
        indicators=[SimpleNamespace(id=f"i{row}") for row in range(len(expected))],
        counts=np.array(counts, dtype=float),
    )
    watched: Any = SimpleNamespace(expected=mean, spread=np.where(np.isnan(mean), np.nan, size))
    return cast(Report, SimpleNamespace(series=series, watched=watched))


def test_the_band_holds_nine_weeks_of_ten() -> None:
    mean, size = 1.5, 2.0
    found = weeks(made([[mean] * 10], [[9, 9, 9, 1, 1, 1, 1, 1, 1, 1]]))["i0"]
    assert found["stories"] == 7
    assert found["expected"] == 10.5
    drawn = np.random.default_rng(1).negative_binomial(size, size / (size + mean), (20_000, 7)).sum(axis=1)
    inside = np.mean((drawn >= found["lower"]) & (drawn <= found["upper"]))
    assert 0.9 <= inside <= 0.95


def test_days_that_were_not_judged_do_not_count() -> None:
    nan = float("nan")
    found = weeks(made([[1, nan, 1, 1, 1, 1, 1], [nan, nan, nan, 1, 1, 1, 1]], [[5, 50, 0, 0, 0, 0, 0], [1] * 7]))
    assert found["i0"]["stories"] == 5
    assert found["i0"]["days"] == 6
    assert "i1" not in found, "four judged days say nothing of a week"


def test_what_is_never_expected_has_an_empty_band() -> None:
    found = weeks(made([[0.0] * 7], [[0] * 7]))["i0"]
    assert (found["lower"], found["upper"]) == (0, 0)
