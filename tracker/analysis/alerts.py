"""Which days stand out: a daily test for jumps and a CUSUM for slower rises. Method: docs/methods/alerts.md."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    spread: Floats
    """Size k of the predictive distribution around ``expected``."""
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


def band(watched: Watched, share: float = 0.9) -> tuple[Floats, Floats]:
    """Lower and upper count between which a usual day lies with this probability; NaN where a day was not judged."""
    mean, size = watched.expected, watched.spread
    chance = size / (size + mean)
    outside = (1 - share) / 2
    lower, upper = stats.nbinom.ppf(outside, size, chance), stats.nbinom.ppf(1 - outside, size, chance)
    return np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)


def watch(
    counts: Floats,
    volume: Floats,
    exposure: Floats,
    day_type: Ints,
    *,
    since: int = 0,
    pooled: bool = True,
    begins: Ints | None = None,
) -> Watched:
    """Judge each day from index ``since`` on with what was known of the days before it.

    ``counts``: indicators × days; ``volume``: screened stories per day (days, or indicators × days); ``exposure``: per
    day in 0..1; ``day_type``: 0–7. With ``pooled`` False the rows stand alone and each is its own family of tests.
    Days with exposure below 0.7 or without volume are missing: they are not judged and teach nothing. ``begins``: per
    row the day on which its definition changed; from then on the days before teach nothing.
    """
    volume = np.where(exposure >= LEAST_EXPOSURE, volume, 0.0)
    rows, days = counts.shape
    starts = np.zeros(rows, dtype=np.int64) if begins is None else begins
    seen = _nothing_yet(rows, days)
    level, state = false_discovery_rate(rows if pooled else 1), np.zeros(rows)
    learnt: Baseline | None = None
    for day in range(max(since, LEAST_HISTORY + GUARD), days):
        if learnt is None or (day - since) % RENEW == 0 or (starts == day).any():
            window = slice(max(0, day - GUARD - WINDOW), day - GUARD)
            usual = _comparable(volume[..., window], window.start, starts, day)
            enough = (np.atleast_2d(usual) > 0).sum(axis=1) >= LEAST_HISTORY
            if not enough.any():
                learnt = None
                continue
            learnt = baseline.fit(counts[:, window], usual, day_type[window], pooled=pooled)
            height = _heights(learnt, usual)
        today = np.broadcast_to(volume[..., day], (rows,))
        judged = (today > 0) & enough
        state = np.where(enough, state, 0.0)
        if not judged.any():
            continue
        state = _judge(seen, learnt, day, counts[:, day], learnt.mean(today, int(day_type[day])), judged, height, state)
        tested = seen.p[judged, day]
        seen.q[judged, day] = stats.false_discovery_control(tested) if pooled else tested
        seen.jump[judged, day] = seen.q[judged, day] < level
    return replace(seen, baseline=learnt)


def _nothing_yet(rows: int, days: int) -> Watched:
    missing, no = np.full((rows, days), np.nan), np.zeros((rows, days), dtype=bool)
    return Watched(missing, missing.copy(), missing.copy(), missing.copy(), missing.copy(), no, no.copy(), None)


def _comparable(volume: Floats, first: int, starts: Ints, day: int) -> Floats:
    """The window's volume, 0 on days before a definition that has changed by ``day``."""
    changed = (starts > first) & (starts <= day)
    if not changed.any():
        return volume
    days = first + np.arange(volume.shape[-1])
    return np.where(changed[:, None] & (days[None, :] < starts[:, None]), 0.0, np.atleast_2d(volume))


def _judge(
    seen: Watched,
    learnt: Baseline,
    day: int,
    counts: Floats,
    mean: Floats,
    judged: Flags,
    height: Floats,
    state: Floats,
) -> Floats:
    """Enter one day but for q and jumps; return where the CUSUM stands after it."""
    step = runlength.increments(counts, mean, learnt.size, RATIO)
    climbed = np.maximum(0.0, state + step)
    # A threshold that was renewed below the level reached says nothing of a day without stories.
    rise = judged & (climbed > height) & (step > 0)
    seen.expected[judged, day] = mean[judged]
    seen.spread[judged, day] = np.broadcast_to(learnt.spread, mean.shape)[judged]
    seen.p[judged, day] = learnt.tail(counts, mean)[judged]
    seen.climb[judged, day] = (climbed / height)[judged]
    seen.rise[:, day] = rise
    return np.where(rise, 0.0, np.where(judged, climbed, state))


def _heights(learnt: Baseline, volume: Floats) -> Floats:
    usual = np.broadcast_to(np.atleast_2d(volume), (len(learnt.rate), volume.shape[-1]))
    days = np.maximum((usual > 0).sum(axis=1), 1)
    return runlength.thresholds(learnt.rate * usual.sum(axis=1) / days, learnt.size, RATIO, 365.25 / CUSUM_PER_YEAR)
