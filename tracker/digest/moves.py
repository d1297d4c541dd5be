"""What changed: this week's stories of each indicator against its usual range. Pure; honest about short histories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Literal

WEEKS = 8
WEEKS_NEEDED = 4
COVERED = 0.8
"""A week of the past counts where so large a share of the feeds reaches back to its beginning."""
SHOWN = 5

Kind = Literal["above", "below", "within", "unknown"]


@dataclass(frozen=True, slots=True)
class Move:
    """One indicator: stories of the seven days to today, and the least and most of the earlier weeks."""

    indicator: str
    now: int
    low: int
    high: int
    mean: float
    kind: Kind

    @property
    def surprise(self) -> float:
        """How far this week lies from the mean, in rough standard deviations of a count."""
        return (self.now - self.mean) / sqrt(self.mean + 0.1 * self.mean**2 + 1)


@dataclass(frozen=True, slots=True)
class Changes:
    """All indicators that moved or were seen, most surprising first, and on how many weeks that rests."""

    weeks: int
    """Covered weeks of the past; fewer than four are no history."""
    moves: tuple[Move, ...]

    @property
    def enough(self) -> bool:
        """Whether there is history enough to call anything usual."""
        return self.weeks >= WEEKS_NEEDED

    @property
    def outside(self) -> tuple[Move, ...]:
        """Those that left their range."""
        return tuple(move for move in self.moves if move.kind in ("above", "below"))


def covered_weeks(reach: Sequence[str], today: date) -> int:
    """How many whole weeks before the last seven days are covered without a gap; ``reach``: oldest day of each feed."""
    weeks = 0
    while weeks < WEEKS:
        start = (today - timedelta(days=7 * (weeks + 2) - 1)).isoformat()
        if not reach or sum(first <= start for first in reach) < COVERED * len(reach):
            break
        weeks += 1
    return weeks


def changes(daily: Iterable[tuple[str, str, int]], today: date, weeks: int) -> Changes:
    """Compare. ``daily``: (indicator, day, stories) of the last seven days and of ``weeks`` weeks before them."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * (weeks + 1))
    for indicator, day, stories in daily:
        age = (today - date.fromisoformat(day)).days
        if 0 <= age < 7 * (weeks + 1):
            counts[indicator][age // 7] += stories
    found = [_move(indicator, weekly[0], weekly[1:], weeks) for indicator, weekly in counts.items()]
    found.sort(key=lambda move: (abs(move.surprise), move.now), reverse=True)
    return Changes(weeks, tuple(found))


def _move(indicator: str, now: int, past: Sequence[int], weeks: int) -> Move:
    if weeks < WEEKS_NEEDED:
        return Move(indicator, now, 0, 0, 0.0, "unknown")
    low, high, mean = min(past), max(past), sum(past) / weeks
    # Today is not over: a fall must show even if the rest of the day brings an average day's stories.
    below = now + mean / 7 < low
    kind: Kind = "above" if now > high and now >= 2 else "below" if below else "within"
    return Move(indicator, now, low, high, mean, kind)
