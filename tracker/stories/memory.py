"""The texts of the window in flat arrays: some 700 bytes an item, and nothing for a copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.stories import bands
from tracker.stories.likeness import Core
from tracker.stories.reading import Counts, Hashes, Ragged, Readings, gathered

_ROW = np.dtype(
    [
        ("story", np.int64),
        ("first", np.int32),
        ("day", np.int32),
        ("outlet", np.uint32),
        ("start", np.int64),
        ("core", np.int64),
        ("shingles", np.uint16),
        ("names", np.uint16),
        ("numbers", np.uint16),
        ("fewest_names", np.uint16),
        ("fewest_numbers", np.uint16),
    ]
)
REBUILT_AT_ONCE = 1024


class Memory:
    """Texts by number. Of each: its outlet, its story, the story's first text and that one's day, its shingles.

    A story's core stands with its first text.
    """

    def __init__(self) -> None:
        """Empty."""
        self.index = bands.BandIndex(1024)
        self.count = 0
        self._rows: NDArray[Any] = np.zeros(1024, _ROW)
        self._pool: Hashes = np.zeros(1 << 16, np.uint32)
        self._used = 0

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return int(self.index.nbytes + self._rows.nbytes + self._pool.nbytes)

    @property
    def stories(self) -> Counts:
        """The story of each text."""
        stories: Counts = self._rows["story"][: self.count]
        return stories

    @property
    def firsts(self) -> NDArray[np.int32]:
        """The number of the first text of each text's story."""
        firsts: NDArray[np.int32] = self._rows["first"][: self.count]
        return firsts

    @property
    def days(self) -> NDArray[np.int32]:
        """The day (ordinal) on which each text's story began."""
        days: NDArray[np.int32] = self._rows["day"][: self.count]
        return days

    @property
    def outlets(self) -> NDArray[np.uint32]:
        """The outlet of each text, as a hash."""
        outlets: NDArray[np.uint32] = self._rows["outlet"][: self.count]
        return outlets

    def open(self, story: int, day: int, outlet: int, shingles: Hashes, core: Core) -> int:
        """Keep the first text of a story and return its number. Its keys must be put into ``index`` apart."""
        start = self._put(np.concatenate([shingles, core.names, core.numbers]))
        number = self._numbered(1)
        self._rows[number] = (
            story, number, day, outlet, start, start + len(shingles), len(shingles),
            len(core.names), len(core.numbers), core.fewest_names, core.fewest_numbers,
        )  # fmt: skip
        return number

    def open_all(self, days: Counts, outlets: NDArray[np.uint32], readings: Readings) -> Counts:
        """Keep first texts of stories of their own and return their numbers. The stories are to be ``name``d."""
        first = self._numbered(len(readings))
        numbers = np.arange(first, first + len(readings))
        rows = self._rows[first : first + len(readings)]
        parts = (readings.shingles, readings.names, readings.numbers)
        lengths = [np.diff(part.starts) for part in parts]
        rows["first"], rows["day"], rows["outlet"] = numbers, days, outlets
        rows["start"] = self._put(readings.shingles.flat) + readings.shingles.starts[:-1]
        both = lengths[1] + lengths[2]
        rows["core"] = self._used + np.cumsum(both) - both
        self._put(_woven(readings.names, readings.numbers))
        rows["shingles"], rows["names"], rows["numbers"] = lengths
        rows["fewest_names"], rows["fewest_numbers"] = readings.certain, lengths[2]
        return numbers

    def name(self, number: int, story: int) -> None:
        """Say which story a text opened."""
        self._rows["story"][number] = story

    def join(self, first: int, outlet: int, shingles: Hashes) -> int:
        """Keep a further text of the story whose first text is ``first`` and return its number."""
        story, day = self._rows["story"][first], self._rows["day"][first]
        number = self._numbered(1)
        self._rows[number] = (story, first, day, outlet, self._put(shingles), 0, len(shingles), 0, 0, 0, 0)
        return number

    def _numbered(self, more: int) -> int:
        """The first of so many new numbers."""
        if self.count + more > len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros(max(len(self._rows) // 4, more), _ROW)])
        self.count += more
        return self.count - more

    def shingles(self, number: int) -> Hashes:
        """The shingles of a text."""
        record = self._rows[number]
        return self._pool[record["start"] : record["start"] + record["shingles"]]

    def shingles_of(self, numbers: Counts) -> Ragged:
        """The shingles of several texts."""
        lengths = self._rows["shingles"][numbers].astype(np.int64)
        return gathered(self._pool, self._rows["start"][numbers], lengths)

    def core(self, first: int) -> Core:
        """The core of the story whose first text this is."""
        record = self._rows[first]
        start, names, numbers = int(record["core"]), int(record["names"]), int(record["numbers"])
        return Core(
            self._pool[start : start + names],
            self._pool[start + names : start + names + numbers],
            int(record["fewest_names"]),
            int(record["fewest_numbers"]),
        )

    def set_core(self, first: int, core: Core) -> None:
        """Keep a story's core; in its old place where it has room."""
        record = self._rows[first]
        both = np.concatenate([core.names, core.numbers])
        room = int(record["names"]) + int(record["numbers"])
        if len(both) <= room:
            self._pool[record["core"] : record["core"] + len(both)] = both
        else:
            record["core"] = self._put(both)
        record["names"], record["numbers"] = len(core.names), len(core.numbers)
        record["fewest_names"], record["fewest_numbers"] = core.fewest_names, core.fewest_numbers

    def only(self, days: Iterable[int]) -> Memory:
        """A memory of the stories that began on these days alone."""
        kept = np.flatnonzero(np.isin(self.days, np.fromiter(days, np.int64)))
        renumbered = np.zeros(self.count, np.int32)
        renumbered[kept] = np.arange(len(kept))
        smaller = Memory()
        for start in range(0, len(kept), REBUILT_AT_ONCE):
            old = kept[start : start + REBUILT_AT_ONCE]
            shingles = self.shingles_of(old)
            numbers = []
            for row, number in enumerate(old.tolist()):
                record = self._rows[number]
                outlet = int(record["outlet"])
                if record["first"] != number:
                    numbers.append(smaller.join(int(renumbered[record["first"]]), outlet, shingles[row]))
                    continue
                story, day = int(record["story"]), int(record["day"])
                numbers.append(smaller.open(story, day, outlet, shingles[row], self.core(number)))
            smaller.index.insert(np.array(numbers, np.int64), bands.keys(shingles))
        return smaller

    def _put(self, values: Hashes) -> int:
        start = self._used
        if start + len(values) > len(self._pool):
            room = max(len(self._pool) * 5 // 4, start + len(values))
            pool = np.zeros(room, np.uint32)
            pool[:start] = self._pool[:start]
            self._pool = pool
        self._pool[start : start + len(values)] = values
        self._used += len(values)
        return start


def _woven(one: Ragged, other: Ragged) -> Hashes:
    """The rows of both in turn: the first of one, the first of the other, the second of one ..."""
    lengths = np.stack([np.diff(one.starts), np.diff(other.starts)], axis=1).ravel()
    places = np.stack([one.starts[:-1], other.starts[:-1] + len(one.flat)], axis=1).ravel()
    return gathered(np.concatenate([one.flat, other.flat]), places, lengths).flat
