"""Worlds with known truth, to measure false alerts and power of the method in `alerts`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracker.analysis.alerts import GUARD, WINDOW, watch
from tracker.analysis.baseline import Floats

YEAR = 365
HISTORY = WINDOW + GUARD


@dataclass(frozen=True, slots=True)
class Finding:
    """Shares of simulated surges found within so many days (index 0: on the first day)."""

    within: tuple[float, ...]


def stories(rng: np.random.Generator, mean: Floats, size: float) -> Floats:
    """Independent negative-binomial counts with these means."""
    return np.asarray(rng.negative_binomial(size, size / (size + mean)), dtype=np.float64)


def false_alerts(mean: float, size: float, *, runs: int, seed: int) -> float:
    """False alerts per indicator-year where nothing ever changes: ``runs`` years, each after a year of history."""
    days = HISTORY + YEAR
    counts = stories(np.random.default_rng(seed), np.full((runs, days), float(mean)), size)
    return float(_watch(counts).sum() / runs)


def power(mean: float, size: float, *, ratio: float = 3.0, days: int = 7, runs: int, seed: int) -> Finding:
    """How soon a rise by ``ratio`` that lasts ``days`` is found, at a random phase of the weekly renewal."""
    rng = np.random.default_rng(seed)
    found = np.zeros(days)
    phases = 7
    for phase in range(phases):
        start = HISTORY + 28 + phase
        means = np.full((runs // phases + 1, start + days), float(mean))
        means[:, start:] *= ratio
        alerts = _watch(stories(rng, means, size))[:, start:]
        found += np.logical_or.accumulate(alerts, axis=1).mean(axis=0) / phases
    return Finding(tuple(round(float(share), 4) for share in found))


def _watch(counts: Floats) -> Floats:
    days = counts.shape[1]
    seen = watch(counts, np.ones(days), np.ones(days), np.arange(days) % 7, since=HISTORY, pooled=False)
    return np.asarray(seen.alert, dtype=np.float64)
