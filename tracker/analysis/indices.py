"""Two indices that are never merged: pressure and cooperation. Method: docs/methods/indices.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from tracker.analysis.baseline import Floats
from tracker.analysis.evidence import CAP, Weights

HALF_LIFE = 90.0
"""Days after which a report counts half."""
ECHO_DAYS = 14
"""Days within which a further report of the same indicator counts less: the m-th earlier one makes it 1/(1+m)."""
MONTH_DAYS = 30
MONTH_CAP = CAP
"""No indicator adds more than this in thirty days."""
WINDOW_DAYS = 28
"""Days whose share of coverage pressure compares …"""
BASE_DAYS = 364
"""… with that of so many days before them."""
LEAST_BASE_DAYS = 56
PRIOR_STORIES = 3.0
"""Weight, in stories, of the belief that a driver's share has not changed."""
LEAST_EXPOSURE = 0.7
WEIGHT_RANGE = (0.5, 1.5)
INTERVAL = (0.05, 0.95)
MONTHS_RANKED = 13


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of each indicator (first axis) on each day."""

    confirmed: Floats
    """Stories that an analyst has confirmed."""
    open: Floats
    """Stories that nobody has judged. Rejected ones are in neither."""
    true: Floats
    """Successes + ½ of the Beta posterior of each indicator's precision (for the stories that nobody has judged)."""
    false: Floats
    """Likewise failures."""

    @property
    def precision(self) -> Floats:
        """Posterior mean."""
        return np.asarray(self.true / (self.true + self.false), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Stability:
    """What stays in place while every weight is drawn between half and one and a half times itself."""

    months: float
    """Rank correlation of the last thirteen month-ends with the undisturbed ones: its 5th percentile."""
    top_stays: float
    """Share of draws in which the part that weighs most stays first."""
    ranks: tuple[tuple[int, int], ...]
    """Per indicator the 5th and 95th percentile of its rank by size, 1 the heaviest."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index over days. Days before its first value are NaN."""

    value: Floats
    lower: Floats
    upper: Floats
    parts: Floats
    """Indicators × days; sums to ``value`` over indicators."""
    part_lower: Floats
    """Per indicator on the last day."""
    part_upper: Floats
    stability: Stability


def cooperation(evidence: Evidence, weights: Weights, rng: np.random.Generator) -> Index:
    """Weight of evidence: log likelihood ratios of the stories, discounted, capped by month, and decaying."""
    confirmed, unjudged = discounted(evidence.confirmed, evidence.open)
    centre = _accumulate(confirmed, unjudged, weights.centre[None], evidence.precision[None])[:, :, 0]
    draws = len(weights.draws)
    importance = rng.uniform(*WEIGHT_RANGE, size=weights.draws.shape)
    precision = rng.beta(evidence.true, evidence.false, size=weights.draws.shape)
    each = _accumulate(confirmed, unjudged, weights.draws, precision, keep=importance)
    last = _accumulate(confirmed, unjudged, weights.draws, precision, last=True)[-1].T * importance
    assert last.shape[0] == draws
    return _index(centre.T, each[:, 0, :].T, last, importance, lambda parts, w: w @ parts)


def discounted(confirmed: Floats, unjudged: Floats) -> tuple[Floats, Floats]:
    """Stories of each day after the discount for reports that lean on one another, the confirmed ones counted first."""
    total = confirmed + unjudged
    sums = np.concatenate([np.zeros((len(total), 1)), total.cumsum(axis=1)], axis=1)
    day = np.arange(total.shape[1])
    earlier = sums[:, day] - sums[:, np.maximum(day - ECHO_DAYS + 1, 0)]
    return _harmonic(earlier, confirmed), _harmonic(earlier + confirmed, unjudged)


def _harmonic(before: Floats, more: Floats) -> Floats:
    """1/(1+before) + … over ``more`` stories."""
    return np.asarray(special.digamma(before + more + 1) - special.digamma(before + 1), dtype=np.float64)


def _accumulate(
    confirmed: Floats,
    unjudged: Floats,
    ratios: Floats,
    precision: Floats,
    *,
    keep: Floats | None = None,
    last: bool = False,
) -> Floats:
    """Days × indicators × draws of decayed sums; with ``keep`` (draws × indicators) their weighted sum over indicators
    instead, days × 1 × draws; with ``last`` the last day alone."""
    days, decay = confirmed.shape[1], 0.5 ** (1.0 / HALF_LIFE)
    state = np.zeros_like(ratios)
    recent, ring = np.zeros_like(ratios), np.zeros((MONTH_DAYS - 1, *ratios.shape))
    found = []
    for day in range(days):
        news = ratios * (confirmed[:, day] + precision * unjudged[:, day])
        allowed = np.clip(news, -MONTH_CAP - recent, MONTH_CAP - recent)
        slot = day % (MONTH_DAYS - 1)
        recent += allowed - ring[slot]
        ring[slot] = allowed
        state = decay * state + allowed
        if keep is not None:
            found.append((state * keep).sum(axis=1)[None])
        elif not last or day == days - 1:
            found.append(state.T.copy())
    return np.asarray(found)


def pressure(
    evidence: Evidence, volume: Floats, exposure: Floats, signs: Floats, rng: np.random.Generator, draws: int
) -> Index:
    """Mean log ratio of the drivers' share of coverage in four weeks to that of the year before, by precision.

    ``volume``: screened stories per day; ``signs``: +1 for a driver that presses, -1 for one that eases.
    """
    shape = (draws, len(signs))
    precision = rng.beta(evidence.true, evidence.false, size=shape)
    importance, noise = rng.uniform(*WEIGHT_RANGE, size=shape), rng.standard_normal(shape)
    use = (exposure >= LEAST_EXPOSURE) & (volume > 0)
    counted = (evidence.confirmed, evidence.open, volume[None], np.ones((1, len(volume))))
    sums = [_window_sums(np.where(use, array, 0.0)) for array in counted]
    days = volume.shape[0]
    parts, drawn = np.full((len(signs), days), np.nan), np.full((draws, days), np.nan)
    last = np.full(shape, np.nan)
    centre = evidence.precision
    for day in range(days):
        (new_c, old_c), (new_o, old_o), (new_v, old_v), (new_d, old_d) = (pair[:, :, day] for pair in sums)
        if old_d[0] < LEAST_BASE_DAYS or new_d[0] < WINDOW_DAYS / 4:
            continue
        share = new_v[0] / old_v[0]
        ratio, _ = _log_ratio(new_c + centre * new_o, (old_c + centre * old_o) * share)
        parts[:, day] = signs * centre * ratio / centre.sum()
        one, seen = _log_ratio(new_c + precision * new_o, (old_c + precision * old_o) * share)
        weight = precision * importance
        last = signs * weight * (one + noise / np.sqrt(seen)) / weight.sum(axis=1, keepdims=True)
        drawn[:, day] = last.sum(axis=1)

    def reweighed(parts: Floats, factor: Floats) -> Floats:
        raised = factor @ parts
        return np.asarray(raised * centre.sum() / (factor @ centre)[:, None], dtype=np.float64)

    return _index(parts, drawn, last, importance, reweighed)


def _log_ratio(seen: Floats, usual: Floats) -> tuple[Floats, Floats]:
    seen, usual = seen + PRIOR_STORIES, usual + PRIOR_STORIES
    return np.log(seen / usual), seen


def _window_sums(array: Floats) -> Floats:
    """2 × rows × days: sums of the newest WINDOW_DAYS and of the BASE_DAYS before them."""
    sums = np.concatenate([np.zeros((len(array), 1)), array.cumsum(axis=1)], axis=1)
    end = np.arange(1, array.shape[1] + 1)
    middle, first = np.maximum(end - WINDOW_DAYS, 0), np.maximum(end - WINDOW_DAYS - BASE_DAYS, 0)
    return np.stack([sums[:, end] - sums[:, middle], sums[:, middle] - sums[:, first]])


def _index(
    parts: Floats, drawn: Floats, last: Floats, importance: Floats, reweigh: Callable[[Floats, Floats], Floats]
) -> Index:
    known = ~np.isnan(drawn).all(axis=0)
    lower, upper = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    lower[known], upper[known] = np.quantile(drawn[:, known], INTERVAL, axis=0)
    ends = np.quantile(last, INTERVAL, axis=0) if last.size else np.zeros((2, 0))
    value = np.where(known, parts.sum(axis=0), np.nan)
    return Index(value, lower, upper, parts, ends[0], ends[1], _stability(parts, value, importance, reweigh))


def _stability(
    parts: Floats, value: Floats, importance: Floats, reweigh: Callable[[Floats, Floats], Floats]
) -> Stability:
    months = np.arange(len(value))[::-1][: MONTHS_RANKED * MONTH_DAYS : MONTH_DAYS]
    months = months[~np.isnan(value[months])]
    same = 1.0
    if len(months) > 2 and np.ptp(value[months]) > 0:
        base = stats.rankdata(value[months])
        ranks = stats.rankdata(reweigh(parts[:, months], importance), axis=1)
        same = float(np.quantile([np.corrcoef(base, row)[0, 1] for row in ranks if np.ptp(row) > 0], INTERVAL[0]))
    sizes = np.abs(np.nan_to_num(parts[:, -1]) * importance)
    order = stats.rankdata(-sizes, axis=1, method="min") if sizes.size else np.zeros((1, 0))
    span = np.quantile(order, INTERVAL, axis=0).round().astype(int)
    top = int(np.abs(np.nan_to_num(parts[:, -1])).argmax()) if len(parts) else 0
    stays = float((order[:, top] == 1).mean()) if len(parts) else 1.0
    return Stability(same, stays, tuple(zip(span[0].tolist(), span[1].tolist(), strict=True)))
