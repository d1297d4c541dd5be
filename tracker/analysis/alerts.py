"""Which days stand out: a daily test for jumps and a CUSUM for slower rises. Method: docs/methods/alerts.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from tracker.analysis import baseline, runlength
from tracker.analysis.baseline import Baseline, Floats, Ints

Flags = npt.NDArray[np.bool_]

WINDOW = 364
"""Days of history that a baseline is learnt from."""
LEAST_HISTORY = 56
GUARD = 7
"""Newest days that a baseline leaves out, so that a rise that has begun does not raise what is usual."""
RENEW = 7
"""A baseline is learnt anew after so many days."""
LEAST_EXPOSURE = 0.7
RATIO = 2.5
"""The rise that the CUSUM is quickest to find."""
CUSUM_PER_YEAR = 0.65
"""False alerts that the CUSUM may give per indicator and year."""
JUMPS_PER_YEAR = 0.1
"""Likewise the daily test."""
MOST_FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class Watched:
    """Indicators × days, NaN where a day is missing or has too short a history before it."""

    expected: Floats
    p: Floats
    q: Floats
    """p after Benjamini–Hochberg over the indicators of the day."""
    climb: Floats
    """The CUSUM as a share of its threshold, before a reset."""
    jump: Flags
    rise: Flags
    baseline: Baseline | None
    """The last one learnt."""

    @property
    def alert(self) -> Flags:
        """Days that one of the two tests calls unusual."""
        return np.asarray(self.jump | self.rise)


def false_discovery_rate(indicators: int) -> float:
    """The level of the daily test: as many false alerts per indicator and year as allowed, and never above 5 %."""
    return min(MOST_FALSE_DISCOVERIES, JUMPS_PER_YEAR * indicators / 365.25)


def watch(
    counts: Floats,
    volume: Floats,
    exposure: Floats,
    day_type: Ints,
    *,
    since: int = 0,
    pooled: bool = True,
) -> Watched:
    """Judge each day from index ``since`` on with what was known of the days before it.

    ``counts``: indicators × days; ``volume``: screened stories per day (days, or indicators × days); ``exposure``: per
    day in 0..1; ``day_type``: 0–7. With ``pooled`` False the rows stand alone and each is its own family of tests.
    Days with exposure below 0.7 or without volume are missing: they are not judged and teach nothing.
    """
    volume = np.where(exposure >= LEAST_EXPOSURE, volume, 0.0)
    rows, days = counts.shape
    empty = np.full((rows, days), np.nan)
    expected, p, q, climb = empty.copy(), empty.copy(), empty.copy(), empty.copy()
    jump, rise = np.zeros((rows, days), dtype=bool), np.zeros((rows, days), dtype=bool)
    level, state = false_discovery_rate(rows if pooled else 1), np.zeros(rows)
    learnt: Baseline | None = None
    for day in range(max(since, LEAST_HISTORY + GUARD), days):
        if learnt is None or (day - since) % RENEW == 0:
            window = slice(max(0, day - GUARD - WINDOW), day - GUARD)
            if (np.atleast_2d(volume)[:, window] > 0).any(axis=0).sum() < LEAST_HISTORY:
                continue
            learnt = baseline.fit(counts[:, window], volume[..., window], day_type[window], pooled=pooled)
            height = _heights(learnt, volume[..., window])
        today = np.broadcast_to(volume[..., day], (rows,))
        if not (today > 0).any():
            continue
        mean = learnt.mean(today, int(day_type[day]))
        seen = counts[:, day]
        expected[:, day] = mean
        p[:, day] = learnt.tail(seen, mean)
        q[:, day] = stats.false_discovery_control(p[:, day]) if pooled else p[:, day]
        step = runlength.increments(seen, mean, learnt.size, RATIO)
        state = np.maximum(0.0, state + step)
        climb[:, day] = state / height
        # A threshold that was renewed below the level reached says nothing of a day without stories.
        jump[:, day], rise[:, day] = q[:, day] < level, (state > height) & (step > 0)
        state = np.where(rise[:, day], 0.0, state)
    return Watched(expected, p, q, climb, jump, rise, learnt)


def _heights(learnt: Baseline, volume: Floats) -> Floats:
    usual = np.broadcast_to(np.atleast_2d(volume), (len(learnt.rate), volume.shape[-1]))
    days = np.maximum((usual > 0).sum(axis=1), 1)
    return runlength.thresholds(learnt.rate * usual.sum(axis=1) / days, learnt.size, RATIO, 365.25 / CUSUM_PER_YEAR)
