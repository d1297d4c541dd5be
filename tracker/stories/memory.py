"""The texts of the window in flat arrays: some 700 bytes an item, and nothing for a copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.stories import bands
from tracker.stories.likeness import Core
from tracker.stories.ragged import Counts, Hashes, Ragged, gathered
from tracker.stories.reading import Readings

_COLUMNS: dict[str, type[np.generic]] = {
    "story": np.int64,
    "first": np.int32,
    "day": np.int32,
    "outlet": np.uint32,
    "start": np.int64,
    "core": np.int64,
    "shingles": np.uint16,
    "names": np.uint16,
    "numbers": np.uint16,
    "fewest_names": np.uint16,
    "fewest_numbers": np.uint16,
}


class Memory:
    """Texts by number. Of each: its outlet, its story, the story's first text and that one's day, its shingles.

    A story's core stands with its first text.
    """

    def __init__(self) -> None:
        """Empty."""
        self.index = bands.BandIndex(1024)
        self.count = 0
        self._columns: dict[str, NDArray[Any]] = {name: np.zeros(1024, kind) for name, kind in _COLUMNS.items()}
        self._pool: Hashes = np.zeros(1 << 16, np.uint32)
        self._used = 0

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        columns = sum(column.nbytes for column in self._columns.values())
        return int(self.index.nbytes + columns + self._pool.nbytes)

    @property
    def stories(self) -> Counts:
        """The story of each text."""
        return self._columns["story"][: self.count]

    @property
    def firsts(self) -> NDArray[np.int32]:
        """The number of the first text of each text's story."""
        return self._columns["first"][: self.count]

    @property
    def days(self) -> NDArray[np.int32]:
        """The day (ordinal) on which each text's story began."""
        return self._columns["day"][: self.count]

    @property
    def outlets(self) -> NDArray[np.uint32]:
        """The outlet of each text, as a hash."""
        return self._columns["outlet"][: self.count]

    @property
    def lengths(self) -> NDArray[np.uint16]:
        """How many shingles each text has."""
        return self._columns["shingles"][: self.count]

    def open(self, story: int, day: int, outlet: int, shingles: Hashes, core: Core) -> int:
        """Keep the first text of a story and return its number. Its keys must be put into ``index`` apart."""
        start = self._put(np.concatenate([shingles, core.names, core.numbers]))
        number = self._numbered(1)
        self._set(number, (
            story, number, day, outlet, start, start + len(shingles), len(shingles),
            len(core.names), len(core.numbers), core.fewest_names, core.fewest_numbers,
        ))  # fmt: skip
        return number

    def open_all(self, days: Counts, outlets: NDArray[np.uint32], readings: Readings) -> Counts:
        """Keep first texts of stories of their own and return their numbers. The stories are to be ``name``d."""
        first = self._numbered(len(readings))
        numbers = np.arange(first, first + len(readings))
        rows = {name: column[first : first + len(readings)] for name, column in self._columns.items()}
        lengths = [np.diff(part.starts) for part in (readings.shingles, readings.names, readings.numbers)]
        rows["first"][:], rows["day"][:], rows["outlet"][:] = numbers, days, outlets
        rows["start"][:] = self._put(readings.shingles.flat) + readings.shingles.starts[:-1]
        both = lengths[1] + lengths[2]
        rows["core"][:] = self._used + np.cumsum(both) - both
        self._put(_woven(readings.names, readings.numbers))
        rows["shingles"][:], rows["names"][:], rows["numbers"][:] = lengths
        rows["fewest_names"][:], rows["fewest_numbers"][:] = readings.certain, lengths[2]
        return numbers

    def name(self, number: int, story: int) -> None:
        """Say which story a text opened."""
        self._columns["story"][number] = story

    def join(self, first: int, outlet: int, shingles: Hashes) -> int:
        """Keep a further text of the story whose first text is ``first`` and return its number."""
        story, day = self._columns["story"][first], self._columns["day"][first]
        number = self._numbered(1)
        self._set(number, (story, first, day, outlet, self._put(shingles), 0, len(shingles), 0, 0, 0, 0))
        return number

    def _numbered(self, more: int) -> int:
        """The first of so many new numbers."""
        room = len(self._columns["first"])
        if self.count + more > room:
            for name, column in self._columns.items():
                self._columns[name] = np.concatenate([column, np.zeros(max(room // 4, more), column.dtype)])
        self.count += more
        return self.count - more

    def _set(self, number: int, values: Iterable[int]) -> None:
        for column, value in zip(self._columns.values(), values, strict=True):
            column[number] = value

    def shingles(self, number: int) -> Hashes:
        """The shingles of a text."""
        start = self._columns["start"][number]
        return self._pool[start : start + self._columns["shingles"][number]]

    def shingles_of(self, numbers: Counts) -> Ragged:
        """The shingles of several texts."""
        lengths = self._columns["shingles"][numbers].astype(np.int64)
        return gathered(self._pool, self._columns["start"][numbers], lengths)

    def core(self, first: int) -> Core:
        """The core of the story whose first text this is."""
        start, names, numbers = (int(self._columns[name][first]) for name in ("core", "names", "numbers"))
        return Core(
            self._pool[start : start + names],
            self._pool[start + names : start + names + numbers],
            int(self._columns["fewest_names"][first]),
            int(self._columns["fewest_numbers"][first]),
        )

    def set_core(self, first: int, core: Core) -> None:
        """Keep a story's core; in its old place where it has room."""
        columns = self._columns
        both = np.concatenate([core.names, core.numbers])
        room = int(columns["names"][first]) + int(columns["numbers"][first])
        if len(both) <= room:
            start = columns["core"][first]
            self._pool[start : start + len(both)] = both
        else:
            columns["core"][first] = self._put(both)
        columns["names"][first], columns["numbers"][first] = len(core.names), len(core.numbers)
        columns["fewest_names"][first], columns["fewest_numbers"][first] = core.fewest_names, core.fewest_numbers

    def only(self, days: Iterable[int]) -> Memory:
        """A memory of the stories that began on these days alone."""
        kept = np.flatnonzero(np.isin(self.days, np.fromiter(days, np.int64)))
        smaller = Memory()
        smaller.count = len(kept)
        columns = {name: column[: self.count][kept] for name, column in self._columns.items()}
        renumbered = np.zeros(self.count, np.int32)
        renumbered[kept] = np.arange(len(kept))
        columns["first"] = renumbered[columns["first"]]
        texts = self.shingles_of(kept)
        cores = gathered(self._pool, columns["core"], columns["names"].astype(np.int64) + columns["numbers"])
        columns["start"] = smaller._put(texts.flat) + texts.starts[:-1]
        columns["core"] = smaller._put(cores.flat) + cores.starts[:-1]
        smaller._columns = columns
        smaller.index = self.index.only(kept)
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
