"""How strongly a report speaks, from raters' words of likelihood. Method: docs/methods/indices.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.analysis.baseline import Floats

LIKELIHOODS: Mapping[str, tuple[float, float]] = {
    "almost no chance": (0.01, 0.05),
    "very unlikely": (0.05, 0.20),
    "unlikely": (0.20, 0.45),
    "roughly even chance": (0.45, 0.55),
    "likely": (0.55, 0.80),
    "very likely": (0.80, 0.95),
    "almost certain": (0.95, 0.99),
}
"""The seven terms of ICD 203 with the probabilities that they stand for."""
CAP = float(np.log(10))
"""No report counts for more than a likelihood ratio of ten."""

Rating = Mapping[str, str]
"""Hypothesis to one of the words of `LIKELIHOODS`: how likely the sign is to be seen under each."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Which hypothesis an index weighs against which."""

    for_: str
    against: str


@dataclass(frozen=True, slots=True)
class Weights:
    """Log likelihood ratios per indicator, capped; 0 where nobody has rated it."""

    centre: Floats
    """Mean over raters, so the logarithm of the geometric mean of their ratios."""
    spread: Floats
    """Standard deviation over raters; 0 with fewer than two."""
    raters: Floats
    """How many have rated each indicator."""
    draws: Floats
    """draws × indicators: a rater at random, and for each word a probability at random within its range."""


def hypotheses(ratings: Sequence[Sequence[Rating]]) -> tuple[str, ...]:
    """The hypotheses in the order in which the first complete rating names them."""
    return next((tuple(rating) for rated in ratings for rating in rated if len(rating) >= 2), ())


def weigh(ratings: Sequence[Sequence[Rating]], pair: Pair, draws: int, rng: np.random.Generator) -> Weights:
    """Likelihood ratios of ``pair``. ``ratings``: per indicator those of every rater who has rated it."""
    rows = len(ratings)
    centre, spread, raters, drawn = np.zeros(rows), np.zeros(rows), np.zeros(rows), np.zeros((draws, rows))
    for row, rated in enumerate(ratings):
        usable = [rating for rating in rated if pair.for_ in rating and pair.against in rating]
        if not usable:
            continue
        ratios = np.clip([_log(r[pair.for_]) - _log(r[pair.against]) for r in usable], -CAP, CAP)
        centre[row], raters[row] = ratios.mean(), len(usable)
        spread[row] = ratios.std(ddof=1) if len(usable) > 1 else 0.0
        high = np.array([[LIKELIHOODS[r[pair.for_]], LIKELIHOODS[r[pair.against]]] for r in usable])
        chosen = high[rng.integers(len(usable), size=draws)]
        chance = rng.uniform(chosen[..., 0], chosen[..., 1])
        same = np.array([r[pair.for_] == r[pair.against] for r in usable])
        # One word for both hypotheses says that the sign does not tell them apart, not that we do not know which way.
        drawn[:, row] = np.log(chance[:, 0]) - np.log(chance[:, 1]) if not same.all() else 0.0
    return Weights(centre, spread, raters, np.clip(drawn, -CAP, CAP))


def _log(word: str) -> float:
    low, high = LIKELIHOODS[word]
    return float(np.log((low + high) / 2))
