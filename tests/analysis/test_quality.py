"""Precision, recall and agreement against published examples, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tracker.analysis.agreement import agreement, alpha
from tracker.analysis.precision import jeffreys
from tracker.analysis.recall import Found, Stratum, recall

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability": examples A, B and C.
TWO_BINARY = list(zip("0100000010", "1110010000", strict=True))
TWO_NOMINAL = list(zip("aabbdcccedda", "babbbccceddd", strict=True))
FOUR_WITH_GAPS = [
    [value for value in unit if value != "."]
    for unit in zip("123321412...", "1233224125.3", ".3332342251.", "12332441251.", strict=True)
]


def test_alpha_of_published_examples() -> None:
    assert alpha(TWO_BINARY) == pytest.approx(0.095, abs=5e-4)
    assert alpha(TWO_NOMINAL) == pytest.approx(0.692, abs=5e-4)
    assert alpha(FOUR_WITH_GAPS) == pytest.approx(0.743, abs=5e-4)


def test_alpha_at_its_ends() -> None:
    assert alpha([["a"], []]) is None
    assert alpha([["a", "a"], ["b", "b"]]) == 1.0
    assert alpha([["a", "a"], ["a", "a"]]) == 1.0
    against = alpha([["a", "b"]] * 10)
    assert against is not None
    assert against < 0


def test_agreement_tells_its_interval() -> None:
    found = agreement(TWO_BINARY * 3)
    assert found is not None
    assert found.units == 30
    assert found.lower <= found.alpha <= found.upper
    assert found == agreement(TWO_BINARY * 3)


@pytest.mark.parametrize(("right", "wrong"), [(0, 0), (0, 7), (9, 0), (33, 17)])
def test_precision_is_the_posterior_of_jeffreys(right: int, wrong: int) -> None:
    found = jeffreys(right, wrong)
    posterior = stats.beta(right + 0.5, wrong + 0.5)
    assert found.value == pytest.approx(posterior.mean())
    assert found.lower == (pytest.approx(posterior.ppf(0.05)) if right else 0)
    assert found.upper == (pytest.approx(posterior.ppf(0.95)) if wrong else 1)


def test_precision_intervals_hold_what_they_promise() -> None:
    rng = np.random.default_rng(1)
    held = [
        found.lower <= p <= found.upper
        for p in (0.3, 0.6, 0.85)
        for right in rng.binomial(40, p, 400)
        for found in [jeffreys(int(right), 40 - int(right))]
    ]
    assert 0.86 <= np.mean(held) <= 0.95


def test_recall_of_uniform_sampling_is_hopeless_and_of_near_misses_is_not() -> None:
    """The two cases of the notes: 100 hits read, 80 right; 300 of 10,000 others, or 150 of 500 near misses."""
    hits = Found(100, 80, 20)
    uniform = recall(hits, [Stratum(10_000, 10_000, 10_000, 0, 300)], np.random.default_rng(0))
    assert uniform.lower == pytest.approx(0.56, abs=0.02)
    assert uniform.upper == pytest.approx(1.0, abs=0.01)
    near = recall(hits, [Stratum(500, 500, 500, 3, 147)], np.random.default_rng(0))
    assert near.lower == pytest.approx(0.77, abs=0.02)
    assert near.upper == pytest.approx(0.96, abs=0.02)


def test_recall_intervals_hold_what_they_promise() -> None:
    rng = np.random.default_rng(2)
    held = []
    for _ in range(300):
        right = int(rng.binomial(40, 0.7))
        counted = int(rng.binomial(2000, 0.1))
        missed = int(rng.binomial(30, 0.2))
        truth = 200 * 0.7 / (200 * 0.7 + 10_000 * 0.1 * 0.2)
        found = recall(Found(200, right, 40 - right), [Stratum(10_000, 2000, counted, missed, 30 - missed)], rng)
        held.append(found.lower <= truth <= found.upper)
    assert 0.84 <= np.mean(held) <= 0.97
