"""What is usual: negative-binomial baselines with a prior learnt across indicators. Method: docs/methods/alerts.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SIZES: Floats = np.geomspace(0.25, 64.0, 13)
"""Candidate sizes k of the negative binomial (variance = mean + mean²/k); the last is nearly Poisson."""
SIZE_PRIOR: Floats = np.exp(-0.5 * ((np.log(SIZES) - np.log(2.0)) / 1.5) ** 2)
DAY_TYPE_EVENTS = 100.0
"""Weight, in events, of the belief that all days of the week are alike."""
DAY_TYPES = 8
"""Monday to Sunday, then public holidays."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Per indicator (first axis): events per unit of volume, what is not known of it, and how bursty it is."""

    rate: Floats
    """Posterior mean of events per unit of volume."""
    relative_variance: Floats
    """Posterior variance of the rate over its square."""
    sizes: Floats
    """Posterior weights of `SIZES`, rows sum to 1."""
    day_types: Floats
    """Factor of each kind of day, common to all indicators (or indicators × kinds where rows stand alone)."""
    days: Ints
    """Days of history that it rests on."""

    @property
    def size(self) -> Floats:
        """One size k per indicator: the harmonic posterior mean."""
        return np.asarray(1.0 / (self.sizes @ (1.0 / SIZES)), dtype=np.float64)

    def mean(self, volume: float | Floats, day_type: int) -> Floats:
        """Expected events on a day of this volume and kind."""
        return np.asarray(self.rate * volume * self.day_types[..., day_type], dtype=np.float64)

    @property
    def spread(self) -> Floats:
        """Size of one negative binomial that is about as wide as the predictive mixture of `tail`."""
        return np.asarray(1.0 / (1.0 / self.size + self.relative_variance), dtype=np.float64)

    def tail(self, observed: Floats, mean: Floats) -> Floats:
        """P(Y >= observed), where rate and size are uncertain: a mixture of negative binomials over the sizes."""
        mean = np.maximum(mean, 1e-12)[:, None]
        size = 1.0 / (1.0 / SIZES[None, :] + self.relative_variance[:, None])
        tails = special.betainc(np.maximum(observed, 1.0)[:, None], size, mean / (mean + size))
        return np.where(observed > 0, (tails * self.sizes).sum(axis=1), 1.0)


def fit(counts: Floats, volume: Floats, day_type: Ints, *, pooled: bool = True) -> Baseline:
    """Learn the baselines from the days of a window.

    ``counts``: indicators × days; ``volume``: stories screened per day (days, or indicators × days), 0 where the day
    is missing; ``day_type``: 0–7 per day. With ``pooled`` rates and sizes lean on those of the other indicators;
    without, each row stands alone (rows of a simulation).
    """
    volume = np.broadcast_to(volume, counts.shape)
    present = volume > 0
    total, seen = (counts * present).sum(axis=1), volume.sum(axis=1)
    prior_events, prior_volume = _rate_prior(total, seen, pooled)
    rate = (total + prior_events) / (seen + prior_volume)
    sizes = np.broadcast_to(SIZE_PRIOR / SIZE_PRIOR.sum(), (len(counts), len(SIZES)))
    day_types = np.ones(DAY_TYPES) if pooled else np.ones((len(counts), DAY_TYPES))
    information = seen
    for _ in range(2):
        factor = day_types[..., day_type]
        expected = np.where(present, rate[:, None] * volume * factor, 0.0)
        sizes = _sizes(counts, expected, present, pooled)
        weight = 1.0 / (1.0 + expected * (sizes @ (1.0 / SIZES))[:, None])
        plain = np.where(present, rate[:, None] * volume, 0.0)
        day_types = _day_types(counts * present, plain, weight, day_type, pooled)
        factor = day_types[..., day_type]
        information = (weight * volume * factor * present).sum(axis=1)
        rate = ((weight * counts * present).sum(axis=1) + prior_events) / (information + prior_volume)
    relative = 1.0 / np.maximum(rate * (information + prior_volume), 0.5)
    return Baseline(rate, relative, sizes, day_types, present.sum(axis=1))


def _rate_prior(total: Floats, seen: Floats, pooled: bool) -> tuple[Floats, Floats]:
    """Gamma prior of the rates: by moments across indicators, or half an event (Jeffreys) for rows that stand alone."""
    known = seen > 0
    if not pooled or known.sum() < 5 or total.sum() == 0:
        return np.full(len(total), 0.5), np.full(len(total), 1e-9)
    rates = total[known] / seen[known]
    mean = float(rates.mean())
    spread = float(rates.var(ddof=1)) - float((rates / seen[known]).mean())
    shape = float(np.clip(mean**2 / spread if spread > 0 else 50.0, 0.1, 50.0))
    return np.full(len(total), shape), np.full(len(total), shape / mean)


def _sizes(counts: Floats, expected: Floats, present: npt.NDArray[np.bool_], pooled: bool) -> Floats:
    likelihood = np.empty((len(counts), len(SIZES)))
    whole = counts.astype(np.int64)
    log_expected = np.log(np.where(expected > 0, expected, 1.0))
    for column, size in enumerate(SIZES):
        rising = special.gammaln(np.arange(int(whole.max(initial=0)) + 1) + size) - special.gammaln(size)
        terms = rising[whole] + counts * log_expected + size * np.log(size) - (counts + size) * np.log(size + expected)
        likelihood[:, column] = np.where(present, terms, 0.0).sum(axis=1)
    prior = SIZE_PRIOR / SIZE_PRIOR.sum()
    posterior = _posterior(likelihood, prior)
    if pooled and len(counts) >= 5:
        for _ in range(5):
            prior = (posterior.sum(axis=0) + 2 * SIZE_PRIOR / SIZE_PRIOR.sum()) / (len(counts) + 2)
            posterior = _posterior(likelihood, prior)
    return posterior


def _posterior(likelihood: Floats, prior: Floats) -> Floats:
    weights = np.exp(likelihood - likelihood.max(axis=1, keepdims=True)) * prior
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _day_types(counts: Floats, expected: Floats, weight: Floats, day_type: Ints, pooled: bool) -> Floats:
    chosen = (day_type[:, None] == np.arange(DAY_TYPES)).astype(np.float64)
    seen, foreseen = (weight * counts) @ chosen, (weight * expected) @ chosen
    if pooled:
        seen, foreseen = seen.sum(axis=0), foreseen.sum(axis=0)
    return np.asarray((seen + DAY_TYPE_EVENTS) / (foreseen + DAY_TYPE_EVENTS), dtype=np.float64)
