"""The alert method held by simulation: a seeded part here, all of it under `soak`."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.analysis import alerts, baseline, panel, runlength, simulate

RNG_SEED = 20260203


def always(days: int) -> dict[str, np.ndarray]:
    return {"exposure": np.ones(days), "day_type": np.arange(days) % 7}


def test_quiet_years_give_at_most_one_false_alert_in_a_few_runs() -> None:
    runs = 120
    standard_error = (1 / runs) ** 0.5
    assert simulate.false_alerts(4, 1, runs=runs, seed=RNG_SEED) <= 1 + 2 * standard_error


def test_a_tripling_is_found_in_time_in_a_few_runs() -> None:
    steady = simulate.power(4, 5, runs=140, seed=RNG_SEED).within
    assert steady[2] >= 0.66
    assert steady[6] >= 0.94
    assert simulate.power(4, 1, runs=140, seed=RNG_SEED).within[6] >= 0.58


@pytest.mark.soak
@pytest.mark.parametrize("mean", [0.2, 1.0, 4.0])
def test_quiet_years_give_at_most_one_false_alert(mean: float) -> None:
    assert simulate.false_alerts(mean, 1, runs=2000, seed=1) <= 1.0


@pytest.mark.soak
def test_a_tripling_is_found_in_time() -> None:
    steady = simulate.power(4, 5, runs=2002, seed=2).within
    assert (steady[2] >= 0.70, steady[6] >= 0.95) == (True, True)
    assert simulate.power(4, 1, runs=2002, seed=3).within[6] >= 0.65


def test_an_outage_is_missing_not_zero_and_raises_nothing_when_it_ends() -> None:
    days = 300
    rng = np.random.default_rng(5)
    counts = rng.poisson(4.0, (20, days)).astype(float)
    counts[:, 200:215] = 0
    exposure = np.ones(days)
    exposure[200:215] = 0.3
    seen = alerts.watch(counts, np.ones(days), exposure, np.arange(days) % 7, since=150)
    assert np.isnan(seen.expected[:, 200:215]).all()
    assert not seen.alert[:, 200:215].any()
    assert not seen.alert[:, 215:222].any()
    assert seen.expected[:, 250] == pytest.approx(np.full(20, 4.0), rel=0.25)


def test_a_jump_is_called_on_its_day_and_bh_never_lowers_p() -> None:
    days = 200
    counts = np.random.default_rng(6).poisson(2.0, (30, days)).astype(float)
    counts[7, 180] = 40
    seen = alerts.watch(counts, np.ones(days), **always(days), since=150)
    assert seen.jump[7, 180]
    assert (seen.q[:, 150:] >= seen.p[:, 150:]).all()
    assert np.isnan(seen.p[:, :150]).all()


def test_a_slow_rise_is_found_though_no_day_stands_out() -> None:
    days = 220
    counts = np.random.default_rng(7).poisson(3.0, (20, days)).astype(float)
    counts[3, 200:] = 6
    seen = alerts.watch(counts, np.ones(days), **always(days), since=150)
    assert seen.rise[3, 200:207].any()
    assert not seen.jump[3, 200:].any()


def test_too_short_a_history_is_not_judged() -> None:
    seen = alerts.watch(np.ones((3, 50)), np.ones(50), **always(50))
    assert seen.baseline is None
    assert not seen.alert.any()


def test_feeds_that_join_or_leave_bend_no_curve() -> None:
    days, rng = 400, np.random.default_rng(8)
    # The second feed joins on day 200 and bears four times as often on the indicators; the third leaves on day 330.
    screened = np.array([rng.poisson(100, days), rng.poisson(80, days), rng.poisson(60, days)]).astype(float)
    screened[1, :200] = 0
    screened[2, 330:] = 0
    rates = np.array([0.03, 0.12, 0.03])
    by_feed = rng.poisson(screened[None] * rates[None, :, None] / 10, (20, 3, days)).astype(float)
    members = panel.members(screened)
    assert not members[1, :228].any()
    assert members[1, 228:].all()
    volume = panel.volume(screened, by_feed.sum(axis=0), members)
    counts = (by_feed * members[None]).sum(axis=1)
    linked = alerts.watch(counts, volume, **always(days), since=190).alert[:, 195:280].sum()
    unlinked = alerts.watch(by_feed.sum(axis=1), np.ones(days), **always(days), since=190).alert[:, 195:280].sum()
    allowed = 20 * 85 / 365
    assert linked <= allowed + 2 * allowed**0.5
    assert unlinked > 5 * allowed
    share = counts.sum(axis=0) / volume
    assert share[100:200].mean() == pytest.approx(share[340:].mean(), rel=0.1)


def test_days_of_the_week_are_learnt_across_indicators() -> None:
    days = 364
    kinds = np.arange(days) % 7
    means = np.where(kinds == 6, 1.0, 3.0)
    counts = np.random.default_rng(9).poisson(means, (40, days)).astype(float)
    learnt = baseline.fit(counts, np.ones(days), kinds)
    assert learnt.day_types[6] / learnt.day_types[:6].mean() == pytest.approx(1 / 3, rel=0.1)
    assert learnt.day_types[7] == pytest.approx(1.0)


def test_a_holiday_is_a_kind_of_day_so_that_its_end_is_no_rise() -> None:
    days = 364
    kinds = np.arange(days) % 7
    kinds[::30] = 7
    counts = np.random.default_rng(12).poisson(np.where(kinds == 7, 1.0, 4.0), (40, days)).astype(float)
    learnt = baseline.fit(counts, np.ones(days), kinds)
    assert learnt.mean(1.0, 7).mean() == pytest.approx(1.0, rel=0.25)
    assert learnt.mean(1.0, 2).mean() == pytest.approx(4.0, rel=0.05)


def test_a_changed_definition_is_judged_again_only_after_fifty_six_days_of_its_own() -> None:
    days = 300
    counts = np.random.default_rng(13).poisson(2.0, (12, days)).astype(float)
    counts[4, 200:] = np.random.default_rng(14).poisson(9.0, 100)
    begins = np.zeros(12, dtype=np.int64)
    begins[4] = 200
    seen = alerts.watch(counts, np.ones(days), **always(days), since=150, begins=begins)
    first = 200 + alerts.LEAST_HISTORY + alerts.GUARD
    assert np.isnan(seen.expected[4, 200:first]).all()
    assert not seen.alert[4, 200:].any()
    assert seen.expected[4, first + 7 :] == pytest.approx(np.full(days - first - 7, 9.0), rel=0.3)
    assert not np.isnan(seen.expected[3, 200:]).any()
    unaware = alerts.watch(counts, np.ones(days), **always(days), since=150)
    assert unaware.alert[4, 200:].sum() > 10


def test_nine_usual_days_of_ten_lie_in_the_band() -> None:
    days = 364
    counts = simulate.stories(np.random.default_rng(15), np.full((30, days), 4.0), 2.0)
    seen = alerts.watch(counts, np.ones(days), **always(days), since=200)
    lower, upper = alerts.band(seen)
    inside = (counts >= lower) & (counts <= upper)
    assert 0.9 <= inside[:, 200:].mean() <= 0.97
    assert np.isnan(lower[:, :200]).all()


def test_size_and_rate_are_recovered_and_sparse_indicators_lean_on_the_others() -> None:
    rng = np.random.default_rng(10)
    counts = simulate.stories(rng, np.full((30, 364), 4.0), 1.0)
    counts[0] = 0
    learnt = baseline.fit(counts, np.ones(364), np.arange(364) % 7)
    assert learnt.rate[1:] == pytest.approx(np.full(29, 4.0), rel=0.3)
    assert np.median(learnt.size[1:]) == pytest.approx(1.0, rel=0.2)
    assert 0 < learnt.rate[0] < 0.5


def test_the_threshold_keeps_the_run_length_that_was_asked_for() -> None:
    mean, size, wanted = 1.0, 2.0, 200.0
    height = runlength.thresholds(np.array([mean]), np.array([size]), 2.5, wanted)[0]
    rng, state, alarms, days, rows = np.random.default_rng(11), np.zeros(400), 0, 1000, 400
    for _ in range(days):
        seen = rng.negative_binomial(size, size / (size + mean), rows).astype(float)
        state = np.maximum(0, state + runlength.increments(seen, np.full(rows, mean), np.full(rows, size), 2.5))
        alarms += int((state > height).sum())
        state[state > height] = 0
    assert days * rows / alarms == pytest.approx(wanted, rel=0.15)


def test_one_indicator_alone_gets_a_stricter_daily_test_than_many() -> None:
    assert alerts.false_discovery_rate(1) < alerts.false_discovery_rate(48) <= alerts.MOST_FALSE_DISCOVERIES
