"""How high a CUSUM must climb before it may speak: thresholds by in-control run length (Brook & Evans 1972)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

STATES = 100
MEAN_STEP = 0.1
SIZE_STEP = 0.25
LEAST_MEAN = 0.01


def increments(observed: Floats, mean: Floats, size: Floats, ratio: float) -> Floats:
    """log f(y; ratio·mean) / f(y; mean) under a negative binomial of this size."""
    shrink = np.log((size + mean) / (size + ratio * mean))
    return np.asarray(observed * (np.log(ratio) + shrink) + size * shrink, dtype=np.float64)


def thresholds(mean: Floats, size: Floats, ratio: float, run_length: float) -> Floats:
    """Per row the height at which a CUSUM under no change speaks once in ``run_length`` days on average."""
    means = np.round(np.log(np.maximum(mean, LEAST_MEAN)) / MEAN_STEP).astype(int)
    sizes = np.round(np.log(size) / SIZE_STEP).astype(int)
    return np.array([_threshold(int(m), int(k), ratio, run_length) for m, k in zip(means, sizes, strict=True)])


@lru_cache(maxsize=8192)
def _threshold(mean_step: int, size_step: int, ratio: float, run_length: float) -> float:
    mean, size = float(np.exp(mean_step * MEAN_STEP)), float(np.exp(size_step * SIZE_STEP))
    low, high = 0.05, float(np.log(run_length)) + 0.5
    # exp(high) bounds the run length from below (Lorden 1971), so the height sought lies between.
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (low, middle) if mean_run_length(mean, size, ratio, middle) > run_length else (middle, high)
    return high


def mean_run_length(mean: float, size: float, ratio: float, height: float) -> float:
    """Mean days from zero to the first alarm under no change; the statistic is cut into `STATES` steps."""
    shrink = float(np.log((size + mean) / (size + ratio * mean)))
    # A count that alone climbs over the height ends the run from anywhere, so larger ones need no row of their own.
    observed = np.arange(int((height - size * shrink) / (np.log(ratio) + shrink)) + 1, dtype=np.float64)
    log_pmf = (
        special.gammaln(observed + size) - special.gammaln(size) - special.gammaln(observed + 1)
        + size * np.log(size / (size + mean)) + observed * np.log(mean / (size + mean))
    )  # fmt: skip
    chance = np.exp(log_pmf)
    steps = observed * (np.log(ratio) + shrink) + size * shrink
    width = height / STATES
    start = np.arange(STATES) * width
    landing = np.maximum(start[:, None] + steps[None, :], 0.0)
    inside = landing <= height
    cells = np.minimum(np.round(landing / width).astype(int), STATES - 1) + STATES * np.arange(STATES)[:, None]
    weights = np.broadcast_to(chance, cells.shape)
    matrix = np.bincount(cells[inside], weights[inside], STATES * STATES).reshape(STATES, STATES)
    return float(np.linalg.solve(np.eye(STATES) - matrix, np.ones(STATES))[0])
