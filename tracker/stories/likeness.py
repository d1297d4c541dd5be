"""When two texts tell the same story: the rules alone, over what was read in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.stories.reading import Counts, Hashes, Readings

WINDOW_DAYS = 3
"""An item of a story is published at most this many days from the story's first item."""
CONTAINMENT = 0.55
"""Of the shorter text's shingles that lie in the longer one."""
TO_FIRST = 0.35
"""A joining text must share this much with the story's first item too."""
SHORT, SHORT_CONTAINMENT = 8, 0.8
BRIEF, BRIEF_CONTAINMENT = 30, 0.65
UNEQUAL, UNEQUAL_CONTAINMENT = 4, 0.75
"""Bare headlines must agree nearly wholly, brief texts more than long ones, because a publisher's form makes up much of
them; and where one text is UNEQUAL times as long as the other, more of the shorter one must lie in it."""
NAMES_SHARED, NUMBERS_SHARED = 1 / 2, 1 / 2
"""Of the fewest certain names, and the fewest numbers, that a member has: so much must be common to all members."""
COPY = 0.9
"""Resemblance from which a text teaches nothing that its copy does not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one text; see ``Readings``."""

    shingles: Hashes
    names: Hashes
    numbers: Hashes
    certain: int


def row(readings: Readings, number: int) -> Reading:
    """One text of a batch."""
    return Reading(
        readings.shingles[number],
        readings.names[number],
        readings.numbers[number],
        int(readings.certain[number]),
    )


@dataclass(slots=True)
class Core:
    """The names and numbers that all members of a story share, and the fewest that a member with any has."""

    names: Hashes
    numbers: Hashes
    fewest_names: int
    fewest_numbers: int

    @classmethod
    def of(cls, text: Reading) -> Core:
        """The core of a story with one member."""
        return cls(text.names, text.numbers, text.certain, len(text.numbers))

    def joined_by(self, text: Reading) -> Core | None:
        """The core with one more member; None where it would keep too little, so that any two members share enough."""
        names, numbers = self.names, self.numbers
        fewest_names, fewest_numbers = self.fewest_names, self.fewest_numbers
        if text.certain:
            names = _common_names(names, text.names) if fewest_names else text.names
            fewest_names = min(fewest_names or text.certain, text.certain)
            if np.count_nonzero(names & 1) < math.ceil(fewest_names * NAMES_SHARED):
                return None
        if len(text.numbers):
            numbers = numbers[contained(numbers, text.numbers)] if fewest_numbers else text.numbers
            fewest_numbers = min(fewest_numbers or len(text.numbers), len(text.numbers))
            if len(numbers) < math.ceil(fewest_numbers * NUMBERS_SHARED):
                return None
        return Core(names, numbers, fewest_names, fewest_numbers)


def _common_names(core: Hashes, own: Hashes) -> Hashes:
    """Names of both; sure where either is sure."""
    if not len(core) or not len(own):
        return core[:0]
    places = np.minimum(np.searchsorted(own | 1, core | 1), len(own) - 1)
    both = ((own[places] ^ core) >> 1) == 0
    common: Hashes = core[both] | (own[places][both] & 1)
    return common


def contained(some: Hashes, others: Hashes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of ``some`` lie in ``others``, which is sorted."""
    if not len(others):
        return np.zeros(len(some), np.bool_)
    places = np.searchsorted(others, some)
    places[places == len(others)] = 0
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = others[places] == some
    return found


def containment(a: Hashes, b: Hashes) -> float:
    """The share of the smaller set that lies in the larger one; 0 where either is empty."""
    smaller = min(len(a), len(b))
    return float(np.count_nonzero(contained(a, b))) / smaller if smaller else 0.0


def needed(smaller: Counts, larger: Counts) -> NDArray[np.float64]:
    """The containment that pairs need whose texts have so many shingles."""
    conditions = [smaller < SHORT, smaller * UNEQUAL < larger, smaller < BRIEF]
    return np.select(conditions, [SHORT_CONTAINMENT, UNEQUAL_CONTAINMENT, BRIEF_CONTAINMENT], CONTAINMENT)


def same(a: Reading, b: Reading) -> bool:
    """Whether two texts of one window would be a story."""
    sizes = sorted((len(a.shingles), len(b.shingles)))
    enough = needed(np.array(sizes[0]), np.array(sizes[1]))
    return containment(a.shingles, b.shingles) >= float(enough) and Core.of(a).joined_by(b) is not None
