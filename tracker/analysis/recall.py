"""How much of what bears on an indicator its query finds, from samples by stratum. Method: docs/methods/recall.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.analysis.precision import LEVEL, Estimate

DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """What the query finds: how many stories, and verdicts on those of them that were drawn at random."""

    stories: int
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """Stories that the query does not find, of one kind.

    Of ``stories`` without the hit ``looked_at`` were looked at, at random; ``counted`` of these are of the kind.
    Of those drawn for reading, ``missed`` bear on the indicator and ``rightly`` do not.
    """

    stories: int
    looked_at: int
    counted: int
    missed: int
    rightly: int

    @property
    def read(self) -> int:
        """How many were read."""
        return self.missed + self.rightly


def recall(found: Found, strata: Sequence[Stratum], rng: np.random.Generator, level: float = LEVEL) -> Estimate:
    """Recall over what is found and these strata: the median of its posterior and the equal-tailed interval.

    Precision and the share of misses in each stratum have Jeffreys' prior, and so has the size of a stratum where not
    all stories were looked at. A stratum of which nothing was read makes the interval as wide as it deserves.
    """
    hits = found.stories * rng.beta(found.right + 0.5, found.wrong + 0.5, DRAWS)
    missed = np.zeros(DRAWS)
    for stratum in strata:
        share = rng.beta(stratum.missed + 0.5, stratum.rightly + 0.5, DRAWS)
        missed += _size(stratum, rng) * share
    total = hits + missed
    values = np.divide(hits, total, out=np.ones(DRAWS), where=total > 0)
    tail = (1 - level) / 2
    lower, middle, upper = np.quantile(values, [tail, 0.5, 1 - tail])
    return Estimate(float(middle), float(lower), float(upper))


def _size(stratum: Stratum, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if stratum.looked_at >= stratum.stories:
        return np.full(DRAWS, float(stratum.counted))
    unseen = stratum.stories - stratum.looked_at
    share = rng.beta(stratum.counted + 0.5, stratum.looked_at - stratum.counted + 0.5, DRAWS)
    return stratum.counted + unseen * share
