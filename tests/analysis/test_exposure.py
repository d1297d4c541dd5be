"""Exposure: covered feed-hours over scheduled ones, also while nobody looks."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.analysis import exposure

HOUR = exposure.HOUR
STARTS = np.arange(4) * exposure.DAY


def hourly(first: int, last: int) -> list[float]:
    return [hour * HOUR for hour in range(first, last)]


def test_hourly_checks_cover_every_day() -> None:
    assert exposure.polled(hourly(0, 97), STARTS, 0, 4 * exposure.DAY) == pytest.approx(np.ones(4))


def test_a_daemon_that_was_down_for_a_day_leaves_that_day_uncovered_but_scheduled() -> None:
    checks = hourly(0, 25) + hourly(48, 97)
    shares = exposure.polled(checks, STARTS, 0, 4 * exposure.DAY)
    # Covered are the hour after the last good check and the hour before the next.
    assert shares == pytest.approx([1, 2 / 24, 1, 1])


def test_before_its_first_check_and_after_its_removal_a_feed_is_not_scheduled() -> None:
    shares = exposure.polled(hourly(36, 61), STARTS, 36 * HOUR, 60 * HOUR)
    assert np.isnan(shares[[0, 3]]).all()
    assert shares[[1, 2]] == pytest.approx([1, 1])


def test_a_feed_without_one_good_check_covers_nothing() -> None:
    assert exposure.polled([], STARTS, 0, 2 * exposure.DAY)[:2] == pytest.approx([0, 0])


def test_a_slow_feed_is_judged_by_its_own_rhythm() -> None:
    daily = [day * exposure.DAY for day in range(5)]
    assert exposure.polled(daily * 1, STARTS, 0, 4 * exposure.DAY, usual=exposure.DAY) == pytest.approx(np.ones(4))
    assert exposure.rhythm(np.array([0.0, 1, 2, 3, 4]) * 10 * exposure.DAY) == exposure.LONGEST_RHYTHM


def test_a_replayed_source_is_covered_through_silences_of_its_usual_length_only() -> None:
    items = np.zeros(80)
    items[5:40:2] = 3
    items[60:75:2] = 3
    shares = exposure.inferred(items)
    assert np.isnan(shares[[0, 4, 75, 79]]).all()
    assert (shares[5:40] == 1).all()
    assert (shares[40:60] == 0).all()
    assert (shares[60:75] == 1).all()
    assert exposure.importance(items[5:40]) == pytest.approx(0.5, abs=0.05)
    assert exposure.importance(np.zeros(3)) == 0


def test_days_without_any_scheduled_feed_have_no_exposure_at_all() -> None:
    shares = np.array([[1.0, np.nan, 0.5], [0.0, np.nan, np.nan]])
    planned = np.array([[24.0, 0, 24], [12.0, 0, 0]])
    whole = exposure.together(shares, planned)
    assert whole[[0, 2]] == pytest.approx([2 / 3, 0.5])
    assert np.isnan(whole[1])
