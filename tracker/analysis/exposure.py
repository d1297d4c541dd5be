"""How much of the news was looked at: covered feed-hours over scheduled ones. Method: docs/methods/exposure.md."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HOUR = 3600.0
DAY = 86400.0
SHORTEST_RHYTHM, LONGEST_RHYTHM = 15 * 60.0, 24 * HOUR
FIRST_RHYTHM = HOUR
GAP_QUANTILE = 0.95


def rhythm(good: Floats) -> float:
    """Nominal seconds between two good checks of a feed: their median gap, an hour where there are fewer than five.

    ``good``: times of good checks in seconds, ascending.
    """
    if len(good) < 5:
        return FIRST_RHYTHM
    return float(np.clip(np.median(np.diff(good)), SHORTEST_RHYTHM, LONGEST_RHYTHM))


def polled(good: Sequence[float], starts: Floats, begin: float, end: float, usual: float | None = None) -> Floats:
    """Share of each day's scheduled time that the good checks of one feed cover; NaN where nothing was scheduled.

    ``good``: times of good checks (seconds, ascending); ``starts``: when each day starts; the feed was scheduled from
    ``begin`` to ``end``. Two good checks vouch for all that lies between them where they are at most two rhythms
    apart; a lone one for a rhythm before and a rhythm after it. ``usual``: the rhythm, where it is known.
    """
    times = np.asarray(good, dtype=np.float64)
    reach = usual or rhythm(times)
    planned = scheduled(starts, begin, end)
    first, last = np.maximum(times - reach, begin), np.minimum(times + reach, end)
    # Where two spans meet, the later one starts when the earlier one ends, so that no second counts twice.
    first[1:] = np.maximum(first[1:], last[:-1])
    covered = _overlap(first, np.maximum(last, first), starts)
    return np.where(planned > 0, np.minimum(covered / np.maximum(planned, 1e-9), 1.0), np.nan)


def scheduled(starts: Floats, begin: float, end: float) -> Floats:
    """Seconds of each day that lie between two times."""
    return np.asarray(np.clip(np.minimum(end, starts + DAY) - np.maximum(begin, starts), 0.0, None), dtype=np.float64)


def inferred(items: Floats) -> Floats:
    """Exposure of one replayed source, from its items per day alone: 1 or 0, NaN before its first and after its last.

    A silence counts as covered while it is no longer than 95 % of the source's silences, or than three times their
    mean (which a source that publishes at random exceeds one time in twenty).
    """
    shown = np.flatnonzero(items > 0)
    result = np.full(len(items), np.nan)
    if not len(shown):
        return result
    gaps = np.diff(shown)
    usual = max(float(np.quantile(gaps, GAP_QUANTILE)), 3 * float(gaps.mean())) if len(gaps) else 1.0
    result[shown[0] : shown[-1] + 1] = 1.0
    for earlier, gap in zip(shown[:-1], gaps, strict=True):
        if gap > usual:
            result[earlier + 1 : earlier + gap] = 0.0
    return result


def importance(items: Floats) -> float:
    """How much of a day a replayed source stands for: its share of days with items between its first and its last."""
    shown = np.flatnonzero(items > 0)
    return float(len(shown) / (shown[-1] - shown[0] + 1)) if len(shown) else 0.0


def together(feeds: Floats, planned: Floats) -> Floats:
    """Exposure of each day over all feeds: covered over scheduled feed-hours; NaN where none was scheduled.

    ``feeds``: feeds × days, shares with NaN where unscheduled; ``planned``: scheduled time, of the same shape.
    """
    planned = np.where(np.isnan(feeds), 0.0, planned)
    covered = np.where(np.isnan(feeds), 0.0, feeds) * planned
    total = planned.sum(axis=0)
    return np.where(total > 0, covered.sum(axis=0) / np.maximum(total, 1e-9), np.nan)


def _overlap(first: Floats, last: Floats, starts: Floats) -> Floats:
    """Seconds of each day that lie in the spans, which do not overlap one another and ascend."""
    result = np.zeros(len(starts))
    for begin, end in zip(first, last, strict=True):
        left, right = np.searchsorted(starts, [begin - DAY, end])
        days = starts[left:right]
        result[left:right] += np.clip(np.minimum(end, days + DAY) - np.maximum(begin, days), 0.0, None)
    return result
