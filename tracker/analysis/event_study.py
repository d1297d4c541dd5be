"""Is a share higher in the weeks after dated events than at other times? Method: docs/methods/event-study.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracker.analysis.baseline import Floats, Ints

Flags = npt.NDArray[np.bool_]

AFTER = (1, 8)
"""Weeks after an event that are compared with the rest; the week of the event itself belongs to neither."""
BEFORE = (-8, -1)
"""The placebo: an effect cannot come before its cause."""
INTERVAL = (0.05, 0.95)
LARGEST = float(np.log(50.0))
"""No ratio beyond fifty, nor below one in fifty, is looked for."""
STEPS = 14
LEAST_WEEKS = 52
LEAST_EVENTS = 3


@dataclass(frozen=True, slots=True)
class Weeks:
    """A series of weeks."""

    counts: Floats
    """Stories of the side that is asked about."""
    volume: Floats
    """Stories screened; 0 where the week is missing."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A rate ratio: share of coverage inside the window over that outside."""

    ratio: float
    lower: float
    upper: float
    """90 % interval: the ratios that the test below does not speak against."""
    p: float
    """One-sided: share of circular shifts of the events that give as high a ratio."""
    weeks_inside: int
    weeks_outside: int


def window(events: Ints, span: tuple[int, int], weeks: int) -> Flags:
    """Weeks that lie within ``span`` of an event and are no event's own week; windows that overlap count once."""
    inside = np.zeros(weeks, dtype=bool)
    for lag in range(span[0], span[1] + 1):
        at = events + lag
        inside[at[(at >= 0) & (at < weeks)]] = True
    inside[events[(events >= 0) & (events < weeks)]] = False
    return inside


def effect(series: Weeks, events: Ints, span: tuple[int, int], *, interval: bool = True) -> Effect | None:
    """Test whether the share is higher within ``span`` of the events; None where too little is there to compare.

    ``events``: indices of weeks. The null shifts all events together around the circle of weeks, so that their spacing
    and whatever lasts in the series stay as they are.
    """
    weeks = len(series.counts)
    present = series.volume > 0
    if present.sum() < LEAST_WEEKS or len(events) < LEAST_EVENTS:
        return None
    weight = _weights(series, present)
    inside, outside = _inside_and_outside(events, span, weeks)
    if (inside & present).sum() < 4 or (outside & present).sum() < 4:
        return None
    seen, foreseen = weight * series.counts * present, weight * series.volume * present
    shifted = _every_shift(seen, foreseen, inside, outside)
    own = shifted[0]
    lower, upper = _inverted(seen, foreseen, inside, outside) if interval else (np.nan, np.nan)
    return Effect(
        ratio=float(np.exp(own)),
        lower=lower,
        upper=upper,
        p=float((shifted >= own - 1e-12).mean()),
        weeks_inside=int((inside & present).sum()),
        weeks_outside=int((outside & present).sum()),
    )


def _inside_and_outside(events: Ints, span: tuple[int, int], weeks: int) -> tuple[Flags, Flags]:
    inside = window(events, span, weeks)
    own = np.zeros(weeks, dtype=bool)
    own[events[(events >= 0) & (events < weeks)]] = True
    return inside, ~inside & ~own


def _weights(series: Weeks, present: Flags) -> Floats:
    """1/(1 + mean/k): what a week tells under a negative binomial, so that weeks of much coverage do not rule alone."""
    counts, volume = series.counts[present], series.volume[present]
    mean = volume * counts.sum() / max(float(volume.sum()), 1e-12)
    excess = float(((counts - mean) ** 2 - mean).sum())
    inverse_size = max(excess, 0.0) / max(float((mean**2).sum()), 1e-12)
    whole = series.volume * counts.sum() / max(float(volume.sum()), 1e-12)
    return np.asarray(1.0 / (1.0 + whole * inverse_size), dtype=np.float64)


def _every_shift(seen: Floats, foreseen: Floats, inside: Flags, outside: Flags) -> Floats:
    """Log rate ratios with the window shifted by 0, 1, … weeks around the circle."""
    turn = (np.arange(len(seen))[None, :] - np.arange(len(seen))[:, None]) % len(seen)
    half = 0.5 / len(seen)
    one, other = inside[turn], outside[turn]
    return np.asarray(
        np.log((one @ seen + half) / np.maximum(one @ foreseen, 1e-9))
        - np.log((other @ seen + half) / np.maximum(other @ foreseen, 1e-9)),
        dtype=np.float64,
    )


def _inverted(seen: Floats, foreseen: Floats, inside: Flags, outside: Flags) -> tuple[float, float]:
    """The ratios that the shifts do not speak against: taken out of the window, they leave nothing that stands out."""

    def p(log_ratio: float) -> float:
        without = np.where(inside, seen * np.exp(-log_ratio), seen)
        shifted = _every_shift(without, foreseen, inside, outside)
        return float((shifted >= shifted[0] - 1e-12).mean())

    return float(np.exp(_turn(p, INTERVAL[0]))), float(np.exp(_turn(p, INTERVAL[1])))


def _turn(p: Callable[[float], float], level: float) -> float:
    """Where ``p``, which climbs with the ratio taken out, passes a level; the ends of the range where it does not."""
    low, high = -LARGEST, LARGEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if p(middle) <= level else (low, middle)
    return (low + high) / 2
