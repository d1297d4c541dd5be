"""How many hits of an indicator are right, from verdicts on hits drawn at random. See docs/methods/precision.md."""

from __future__ import annotations

from dataclasses import dataclass

LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share between 0 and 1 with its interval."""

    value: float
    lower: float
    upper: float


def jeffreys(right: int, wrong: int, level: float = LEVEL) -> Estimate:
    """Posterior of a share under Jeffreys' prior Beta(½, ½): its mean and the equal-tailed interval.

    The lower end is 0 where nothing was right, the upper 1 where nothing was wrong (Brown, Cai and DasGupta 2001).
    """
    from scipy.special import betaincinv

    a, b, tail = right + 0.5, wrong + 0.5, (1 - level) / 2
    lower = float(betaincinv(a, b, tail)) if right else 0.0
    upper = float(betaincinv(a, b, 1 - tail)) if wrong else 1.0
    return Estimate(a / (a + b), lower, upper)
