"""How far analysts agree: Krippendorff's alpha for nominal values with gaps. Method: docs/methods/agreement.md."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from tracker.analysis.precision import LEVEL

RESAMPLES = 1000

Unit = Sequence[Hashable]
"""The values that readers gave to one thing, in any order; who gave which does not matter."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """``alpha`` is 1 where all agree, 0 where they agree as by chance; with its interval from resampling units."""

    alpha: float
    lower: float
    upper: float
    units: int
    """Things with at least two readings."""


def alpha(units: Sequence[Unit]) -> float | None:
    """Krippendorff's alpha; None where no unit has two values. 1 where only one value was ever given."""
    pairable = [unit for unit in units if len(unit) >= 2]
    if not pairable:
        return None
    totals: Counter[Hashable] = Counter()
    disagreed = 0.0
    for unit in pairable:
        counts = Counter(unit)
        totals.update(counts)
        disagreed += (len(unit) ** 2 - sum(n * n for n in counts.values())) / (len(unit) - 1)
    n = totals.total()
    expected = (n * n - sum(count * count for count in totals.values())) / (n - 1)
    return 1.0 if not expected else 1.0 - disagreed / expected


def agreement(units: Sequence[Unit], seed: int = 0, level: float = LEVEL) -> Agreement | None:
    """Alpha with an interval from drawing units anew; None where no unit has two values."""
    pairable = [unit for unit in units if len(unit) >= 2]
    value = alpha(pairable)
    if value is None:
        return None
    rng = random.Random(seed)  # noqa: S311 - resampling, not secrets
    drawn = sorted(alpha(rng.choices(pairable, k=len(pairable))) or 0.0 for _ in range(RESAMPLES))
    tail = int(RESAMPLES * (1 - level) / 2)
    return Agreement(value, drawn[tail], drawn[-1 - tail], len(pairable))
