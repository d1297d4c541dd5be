"""Weight of evidence and pressure: what moves them, what does not, and what their intervals mean."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.analysis import evidence, indices

DAYS = 500
SURE = {"alliance": "likely", "partnership": "unlikely", "drift": "very unlikely"}
PAIR = evidence.Pair("alliance", "drift")


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def known(confirmed: np.ndarray, unjudged: np.ndarray, right: float = 0.5, wrong: float = 0.5) -> indices.Evidence:
    rows = len(confirmed)
    return indices.Evidence(confirmed, unjudged, np.full(rows, right), np.full(rows, wrong))


def nothing(rows: int = 1) -> np.ndarray:
    return np.zeros((rows, DAYS))


def weights(*ratings: dict[str, str]) -> evidence.Weights:
    return evidence.weigh([[rating] for rating in ratings], PAIR, 200, rng())


def test_one_confirmed_report_weighs_its_ratio_and_halves_in_ninety_days() -> None:
    told = nothing()
    told[0, 100] = 1
    index = indices.cooperation(known(told, nothing()), weights(SURE), rng())
    assert index.value[99] == 0
    assert index.value[100] == pytest.approx(np.log(0.675 / 0.125))
    assert index.value[190] == pytest.approx(index.value[100] / 2)


def test_an_unread_report_counts_by_precision_and_a_rejected_one_not_at_all() -> None:
    told = nothing()
    told[0, 100] = 1
    certain = indices.cooperation(known(told, nothing()), weights(SURE), rng()).value[100]
    unread = indices.cooperation(known(nothing(), told, right=3, wrong=1), weights(SURE), rng()).value[100]
    rejected = indices.cooperation(known(nothing(), nothing()), weights(SURE), rng()).value[100]
    assert unread == pytest.approx(0.75 * certain)
    assert rejected == 0


def test_reports_that_lean_on_one_another_are_discounted_and_a_month_is_capped() -> None:
    alone, many = nothing(), nothing()
    alone[0, 100] = 1
    many[0, 100] = 3
    one = indices.cooperation(known(alone, nothing()), weights(SURE), rng()).value[100]
    three = indices.cooperation(known(many, nothing()), weights(SURE), rng()).value[100]
    assert three == pytest.approx(min(one * (1 + 1 / 2 + 1 / 3), indices.MONTH_CAP))
    flood = nothing()
    flood[0, 100:130] = 50
    index = indices.cooperation(known(flood, nothing()), weights(SURE), rng())
    assert index.value[129] <= indices.MONTH_CAP + 1e-9
    assert (np.diff(index.value) <= indices.MONTH_CAP + 1e-9).all()


def test_a_report_against_counts_against_and_the_parts_sum_to_the_value() -> None:
    against = {"alliance": "very unlikely", "partnership": "likely", "drift": "likely"}
    random = np.random.default_rng(1)
    told = random.poisson(0.05, (2, DAYS)).astype(float)
    index = indices.cooperation(known(told, told), weights(SURE, against), rng())
    assert index.parts[0, -1] > 0 > index.parts[1, -1]
    assert index.parts[:, -1].sum() == pytest.approx(index.value[-1])
    assert (index.lower <= index.upper).all()


def test_a_rating_that_tells_nothing_apart_weighs_nothing() -> None:
    same = dict.fromkeys(("alliance", "partnership", "drift"), "very likely")
    told = np.ones((1, DAYS))
    index = indices.cooperation(known(told, nothing()), weights(same), rng())
    assert index.value[-1] == index.lower[-1] == index.upper[-1] == 0


def test_several_raters_meet_in_the_geometric_mean_and_their_spread_widens_the_interval() -> None:
    mild = {"alliance": "likely", "drift": "roughly even chance"}
    both = evidence.weigh([[SURE, mild]], PAIR, 400, rng())
    alone = [evidence.weigh([[one]], PAIR, 400, rng()) for one in (SURE, mild)]
    assert np.exp(both.centre[0]) == pytest.approx(np.sqrt(np.exp(alone[0].centre[0]) * np.exp(alone[1].centre[0])))
    assert both.spread[0] > 0
    assert both.raters[0] == 2
    assert np.ptp(both.draws) > max(np.ptp(one.draws) for one in alone)


def test_no_ratio_is_larger_than_ten() -> None:
    extreme = {"alliance": "almost certain", "drift": "almost no chance"}
    assert evidence.weigh([[extreme]], PAIR, 50, rng()).centre[0] == pytest.approx(np.log(10))


def press(counts: np.ndarray, volume: np.ndarray, exposure: np.ndarray, signs: np.ndarray) -> indices.Index:
    return indices.pressure(known(counts, 0 * counts, 8, 2), volume, exposure, signs, rng(), 200)


def test_pressure_is_a_share_and_does_not_rise_with_all_coverage() -> None:
    counts, volume, exposure = np.ones((3, DAYS)), np.full(DAYS, 100.0), np.ones(DAYS)
    busy, more = counts.copy(), volume.copy()
    busy[:, -28:] *= 3
    more[-28:] *= 3
    steady = press(busy, more, exposure, np.ones(3))
    risen = press(busy, volume, exposure, np.ones(3))
    assert steady.value[-1] == pytest.approx(0, abs=0.05)
    assert risen.value[-1] == pytest.approx(np.log(3), abs=0.1)
    assert risen.lower[-1] > 0
    assert risen.parts[:, -1].sum() == pytest.approx(risen.value[-1])


def test_what_eases_pressure_lowers_it_and_days_without_coverage_are_left_out() -> None:
    counts, volume, exposure = np.ones((2, DAYS)), np.full(DAYS, 100.0), np.ones(DAYS)
    counts[1, -28:] = 4
    assert press(counts, volume, exposure, np.array([1.0, -1.0])).value[-1] < -0.3
    counts[:, -20:], exposure[-20:] = 0, 0.2
    outage = press(np.where(exposure > 0.5, 1.0, 0.0)[None], volume, exposure, np.ones(1))
    assert outage.value[-1] == pytest.approx(0, abs=0.05)


def test_pressure_has_no_value_before_it_has_a_past() -> None:
    index = press(np.ones((1, DAYS)), np.full(DAYS, 100.0), np.ones(DAYS), np.ones(1))
    assert np.isnan(index.value[: indices.LEAST_BASE_DAYS]).all()
    assert not np.isnan(index.value[-1])


def test_ranks_under_other_weights_name_the_leader_that_always_leads() -> None:
    told = nothing(3)
    told[0, ::5], told[1, ::60], told[2, -1] = 1, 1, 0
    stability = indices.cooperation(known(told, nothing(3)), weights(SURE, SURE, SURE), rng()).stability
    assert stability.top_stays > 0.95
    assert stability.ranks[0] == (1, 1)
    assert stability.ranks[1][0] == 2
