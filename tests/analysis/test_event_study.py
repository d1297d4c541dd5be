"""The event study held by simulation: a seeded part here, all of it under `soak`."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.analysis import distributed_lags, event_study, simulate

WORLD = simulate.StudyWorld()


def flat(weeks: int = 156) -> event_study.Weeks:
    return event_study.Weeks(np.full(weeks, 6.0), np.full(weeks, 100.0))


def test_a_window_holds_the_weeks_after_but_no_week_of_an_event() -> None:
    inside = event_study.window(np.array([10, 14]), (1, 8), 40)
    assert np.flatnonzero(inside).tolist() == [11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22]
    before = event_study.window(np.array([3]), (-8, -1), 40)
    assert np.flatnonzero(before).tolist() == [0, 1, 2]


def test_a_doubling_after_events_is_found_and_measured_and_not_seen_before_them() -> None:
    events = np.array([12, 40, 71, 95, 130])
    series = flat()
    series.counts[event_study.window(events, event_study.AFTER, 156)] *= 2
    after = event_study.effect(series, events, event_study.AFTER)
    before = event_study.effect(series, events, event_study.BEFORE)
    assert after is not None
    assert before is not None
    assert after.ratio == pytest.approx(2, rel=0.02)
    assert after.lower == pytest.approx(2, rel=0.02)
    assert after.p == pytest.approx(1 / 156)
    assert before.p > 0.5


def test_missing_weeks_are_missing_not_zero() -> None:
    events = np.array([12, 40, 71, 95, 130])
    series = flat()
    series.counts[20:50], series.volume[20:50] = 0, 0
    found = event_study.effect(series, events, event_study.AFTER)
    assert found is not None
    assert found.ratio == pytest.approx(1, rel=0.02)
    assert found.weeks_inside + found.weeks_outside + 4 == 126


@pytest.mark.parametrize("events", [[], [3, 9]])
def test_too_few_events_or_weeks_are_not_judged(events: list[int]) -> None:
    assert event_study.effect(flat(), np.array(events, dtype=np.int64), event_study.AFTER) is None
    assert event_study.effect(flat(40), np.array([5, 15, 25]), event_study.AFTER) is None


def test_attention_that_moves_both_sides_rejects_about_as_often_as_said() -> None:
    assert 0.02 <= simulate.study_rejections(WORLD, 1.0, runs=300, seed=5) <= 0.08
    assert simulate.study_rejections(WORLD, 1.5, runs=150, seed=6) >= 0.75


@pytest.mark.soak
def test_false_positives_and_power_of_the_study() -> None:
    assert 0.04 <= simulate.study_rejections(WORLD, 1.0, runs=4000, seed=10) <= 0.06
    assert simulate.study_rejections(WORLD, 1.5, runs=2000, seed=11) >= 0.8


def test_the_regression_finds_the_same_effect_and_its_weeks() -> None:
    random = np.random.default_rng(3)
    events = np.array([12, 40, 71, 95, 130, 145])
    mean = np.full(156, 12.0)
    mean[event_study.window(events, event_study.AFTER, 156)] *= 2
    series = event_study.Weeks(simulate.stories(random, mean, 10), np.full(156, 200.0))
    found = distributed_lags.regress(series, events)
    assert found is not None
    assert found.lower < 2 < found.upper
    assert found.p < 0.01
    assert {(lag.first, lag.last) for lag in found.lags} == set(distributed_lags.LAGS)
    before = next(lag for lag in found.lags if lag.first == -8)
    assert before.lower < 1 < before.upper


def test_a_regression_over_nothing_is_refused() -> None:
    empty = event_study.Weeks(np.zeros(156), np.full(156, 100.0))
    assert distributed_lags.regress(empty, np.array([10, 50, 90])) is None
