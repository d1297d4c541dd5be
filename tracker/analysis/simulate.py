"""Worlds with known truth, to measure false alerts and power of the method in `alerts`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracker.analysis.alerts import GUARD, WINDOW, watch
from tracker.analysis.baseline import Floats, Ints
from tracker.analysis.event_study import AFTER, Weeks, effect, window

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


@dataclass(frozen=True, slots=True)
class StudyWorld:
    """Three years of weeks in which attention, an AR(1) series, drives coverage, counts and the dates of events."""

    weeks: int = 156
    events: int = 10
    mean: float = 3.0
    size: float = 3.0
    memory: float = 0.8
    spread: float = 0.4
    """Standard deviation of the logarithm of attention."""
    screened: float = 300.0

    def draw(self, rng: np.random.Generator, ratio: float) -> tuple[Weeks, Ints]:
        """A series whose rate is ``ratio`` times its own in the eight weeks after each event, and the events."""
        attention = np.empty(self.weeks)
        attention[0] = rng.standard_normal()
        for week in range(1, self.weeks):
            news = rng.standard_normal() * (1 - self.memory**2) ** 0.5
            attention[week] = self.memory * attention[week - 1] + news
        level = np.exp(self.spread * attention)
        events = np.sort(rng.choice(self.weeks, self.events, replace=False, p=level / level.sum()))
        mean = self.mean * level / np.exp(self.spread**2 / 2)
        counts = stories(rng, np.where(window(events, AFTER, self.weeks), mean * ratio, mean), self.size)
        volume = rng.poisson(self.screened * level / np.exp(self.spread**2 / 2)).astype(np.float64)
        return Weeks(counts, volume), events


def study_rejections(
    world: StudyWorld, ratio: float, *, runs: int, seed: int, shares: bool = True, level: float = 0.05
) -> float:
    """Share of simulated studies that reject at ``level``. Without ``shares`` raw counts are compared."""
    rng = np.random.default_rng(seed)
    rejected = 0
    for _ in range(runs):
        series, events = world.draw(rng, ratio)
        if not shares:
            series = Weeks(series.counts, np.ones(world.weeks))
        found = effect(series, events, AFTER, interval=False)
        rejected += found is not None and found.p <= level
    return rejected / runs
