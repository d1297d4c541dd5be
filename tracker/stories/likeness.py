"""When two texts tell the same story: the rules alone, over what was read in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.stories.ragged import Counts, Hashes, Ragged
from tracker.stories.reading import Readings

WINDOW_DAYS = 3
"""An item of a story is published at most this many days from the story's first item."""
CONTAINMENT = 0.8
"""Of the shorter text's shingles that lie in the longer one. From 0.5 on two texts are usually of one occasion; but
only from here on do they tell the same of it (measured by reading pairs; docs/methods/stories.md)."""
TO_FIRST = 0.35
"""A joining text must share this much with the story's first item too."""
SHORT, SHORT_CONTAINMENT = 8, 0.85
UNEQUAL = 4
NAMELESS_CONTAINMENT = 0.95
"""Bare headlines must agree more, and texts without any sure name nearly wholly."""
TOO_SHORT = 4
"""Fewer shingles than these lie in many a text that is UNEQUAL times as long."""
TITLE_SHARED = 0.5
"""Of each title that must lie in the other text: what an outlet prints below everything makes no story."""
APART_CONTAINMENT, APART_SHORTEST = 0.6, 6
"""Texts of two outlets share no form of their publisher: less in common is enough where the titles agree too."""
BODY_CONTAINMENT, BODY_SHARED = 0.75, 15
"""Texts of two outlets may bear unlike titles where so much of the shorter body, and so many runs, lie in the other."""
LONGEST_RATIO = 20
"""A text that is longer by more than this is not compared: sketches would find it by chance alone."""
NAMES_SHARED, NUMBERS_SHARED = 1 / 2, 0.7
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

    def joined_by(self, text: Reading, share: float = 1.0) -> Core | None:
        """The core with one more member that shares so much with another; None where it would keep too little.

        So any two members share half of the names of the one that has fewest, and most of the numbers.
        """
        if share < NAMELESS_CONTAINMENT and not (self.fewest_names and text.certain):
            return None
        if not _agree(self.numbers[(self.numbers & 1) == 1], text.numbers[(text.numbers & 1) == 1]):
            return None
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


def _agree(some: Hashes, others: Hashes) -> bool:
    """Whether all numbers of one title stand in the other, where both have any."""
    fewest = min(len(some), len(others))
    return fewest == 0 or int(np.count_nonzero(contained(some, others))) == fewest


def _common_names(core: Hashes, own: Hashes) -> Hashes:
    """Names of both; sure where either is sure."""
    if not len(core) or not len(own):
        return core[:0]
    places = np.minimum(np.searchsorted(own | 1, core | 1), len(own) - 1)
    both = ((own[places] ^ core) >> 1) == 0
    common: Hashes = core[both] | (own[places][both] & 1)
    return common


def contained(some: Hashes, others: Hashes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of ``some`` lie in ``others``, which is sorted; marks in the last bit do not matter."""
    if not len(others):
        return np.zeros(len(some), np.bool_)
    places = np.minimum(np.searchsorted(others | 1, some | 1), len(others) - 1)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = ((others[places] ^ some) >> 1) == 0
    return found


def containment(a: Hashes, b: Hashes) -> float:
    """The share of the smaller set that lies in the larger one; 0 where either is empty."""
    smaller = min(len(a), len(b))
    return float(np.count_nonzero(contained(a, b))) / smaller if smaller else 0.0


def needed(smaller: Counts, larger: Counts) -> NDArray[np.float64]:
    """The containment that two texts of one outlet need, by their shingles; more than 1 where nothing is enough."""
    lost = (smaller * UNEQUAL < larger) & (smaller < TOO_SHORT)
    return np.select([lost, smaller < SHORT], [2.0, SHORT_CONTAINMENT], CONTAINMENT)


def comparable(some: Counts, others: Counts | NDArray[np.uint16]) -> NDArray[np.intp]:
    """Which pairs of texts with so many shingles are worth comparing: neither is empty, or longer by far."""
    smaller = np.minimum(some, others).astype(np.int64)
    return np.flatnonzero((smaller > 0) & (np.maximum(some, others) <= smaller * LONGEST_RATIO))


def shares(
    texts: Ragged, rows: Counts, others: Ragged, apart: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The containment of each pair (row of ``texts``, its row of ``others``), and whether it is enough.

    ``apart``: which pairs are of two outlets. No text may be without shingles.
    """
    if not len(rows):
        return np.zeros(0), np.zeros(0, np.bool_)
    owner = np.repeat(np.arange(len(texts.starts) - 1, dtype=np.uint64), np.diff(texts.starts))
    mine = (owner << np.uint64(32)) | texts.flat
    sizes, own = np.diff(others.starts), np.diff(texts.starts)[rows]
    wanted = (np.repeat(rows.astype(np.uint64), sizes) << np.uint64(32)) | others.flat
    places = np.minimum(np.searchsorted(mine | np.uint64(1), wanted | np.uint64(1)), len(mine) - 1)
    common = ((mine[places] ^ wanted) >> np.uint64(1)) == 0
    in_its_title = (others.flat & 1) == 1
    in_my_title = common & ((mine[places] & np.uint64(1)) == 1)

    def of_each(marks: NDArray[np.bool_]) -> Counts:
        counts: Counts = np.add.reduceat(marks, others.starts[:-1], dtype=np.int64)
        return counts

    smaller, larger = np.minimum(sizes, own), np.maximum(sizes, own)
    found = of_each(common) / smaller
    my_title = np.add.reduceat(np.append(texts.flat & 1, np.uint32(0)), texts.starts[:-1], dtype=np.int64)[rows]
    its_title = of_each(in_its_title)
    headed = (of_each(in_my_title) >= my_title * TITLE_SHARED) & (
        of_each(common & in_its_title) >= its_title * TITLE_SHARED
    )
    body_shared = of_each(common & ~in_my_title & ~in_its_title)
    bodied = (body_shared >= BODY_SHARED) & (
        body_shared >= BODY_CONTAINMENT * np.minimum(own - my_title, sizes - its_title)
    )
    retold = (headed & (found >= APART_CONTAINMENT) & (smaller >= APART_SHORTEST)) | bodied
    alike = ((found >= needed(smaller, larger)) & headed) | (apart & retold)
    return found, alike & (larger <= smaller * LONGEST_RATIO)


def same(a: Reading, b: Reading, apart: bool) -> bool:
    """Whether two texts of one window would be a story; ``apart`` where they are of two outlets."""
    one = [Ragged(text.shingles, np.array([0, len(text.shingles)], np.int64)) for text in (a, b)]
    found, enough = shares(one[0], np.zeros(1, np.int64), one[1], np.array([apart]))
    return bool(enough[0]) and Core.of(a).joined_by(b, float(found[0])) is not None
