"""Groups items that tell the same story as they arrive: MinHash candidates, then exact shingle containment.

Method: Broder (1997), resemblance and containment. What is known of a story lies in memory as long as its day is asked
for; it is loaded when a day is first touched, so a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from zlib import crc32

import numpy as np

from tracker.stories import bands, likeness, reading
from tracker.stories.likeness import WINDOW_DAYS, Core, Reading
from tracker.stories.memory import Memory
from tracker.stories.ragged import Counts, Hashes, joined
from tracker.stories.reading import Readings

Telling = tuple[str, str, str]
"""The text of an item, its day, and its outlet: whoever prints it, however many feeds that one has."""
Loader = Callable[[str, str], Iterable[tuple[int, Telling]]]
"""(first day, last day) -> (story id, item) of all items of the stories whose first item is of those days; the
items of a story follow each other, the first one first, and bear its day."""
Settle = Callable[[int, int | None], int]
"""(position, the story that the item tells or None for a new one) -> the id of its story."""

ITEMS_KEPT = 100_000
"""Texts in memory from which the days that were not asked for longest are forgotten."""
AT_ONCE = 512


class StoryIndex:
    """Finds the stories that texts belong to. Not safe to share between threads."""

    def __init__(self, load: Loader, items_kept: int = ITEMS_KEPT) -> None:
        """``load`` tells what is stored already."""
        self._load = load
        self._items_kept = min(items_kept, bands.MOST_TEXTS // 2)
        self._memory = Memory()
        self._days: dict[int, int] = {}
        self._asked = 0

    @property
    def texts(self) -> int:
        """Texts in memory."""
        return self._memory.count

    @property
    def nbytes(self) -> int:
        """Bytes of the texts in memory."""
        return self._memory.nbytes

    def place(self, items: Sequence[Telling], settle: Settle) -> None:
        """Place items one after another: each joins the story it is most like, or opens one.

        ``settle`` is called for each in its turn. After an error in it, call ``clear``.
        """
        for start in range(0, len(items), AT_ONCE):
            self._place(items[start : start + AT_ONCE], start, settle)

    def learn(self, story_id: int, text: str, outlet: str) -> None:
        """A member of a story reads differently now; copies of this edition are found too, if it is still that story's.

        One that has become another story leads nothing to the old one.
        """
        known = np.flatnonzero(self._memory.stories == story_id)
        if not len(known):
            return
        readings = reading.read([text])
        edition, first = likeness.row(readings, 0), int(self._memory.firsts[known[0]])
        core = self._memory.core(first).joined_by(edition)
        if core is not None and self._is_near(edition, first):
            self._memory.set_core(first, core)
            number = self._memory.join(first, _hash(outlet), edition.shingles)
            self._memory.index.insert(np.array([number], np.int64), bands.keys(readings.shingles))

    def clear(self) -> None:
        """Forget everything; what is needed is loaded again. Call it after a rolled-back transaction."""
        self._memory = Memory()
        self._days.clear()

    def _place(self, items: Sequence[Telling], offset: int, settle: Settle) -> None:
        ordinals = {day: date.fromisoformat(day).toordinal() for day in {day for _, day, _ in items}}
        days = np.array([ordinals[day] for _, day, _ in items], np.int64)
        hashed = {outlet: _hash(outlet) for outlet in {outlet for _, _, outlet in items}}
        outlets = np.array([hashed[outlet] for _, _, outlet in items], np.uint32)
        self._have(days)
        readings = reading.read([text for text, _, _ in items])
        keys = bands.keys(readings.shingles)
        near = self._near(readings, keys, days, outlets)
        full = np.diff(readings.shingles.starts) > 0
        lonely = np.array([row for row in range(len(items)) if full[row] and row not in near], np.int64)
        kept_as = np.full(len(items), -1, np.int64)
        kept_as[lonely] = self._memory.open_all(days[lonely], outlets[lonely], readings.of(lonely))
        numbers: list[int] = kept_as.tolist()
        fresh: list[int] = []
        for row, number in enumerate(numbers):
            if row not in near:
                story = settle(offset + row, None)
                if number >= 0:
                    self._memory.name(number, story)
                continue
            text, outlet = likeness.row(readings, row), int(outlets[row])
            candidates = sorted((-share, numbers[~other] if other < 0 else other) for share, other in near[row])
            found = self._best(text, candidates, int(days[row]))
            if found is None:
                story = settle(offset + row, None)
                numbers[row] = self._memory.open(story, int(days[row]), outlet, text.shingles, Core.of(text))
                fresh.append(row)
                continue
            other, core = found
            first = int(self._memory.firsts[other])
            settle(offset + row, int(self._memory.stories[first]))
            self._memory.set_core(first, core)
            numbers[row] = other
            if not _is_copy(text, self._memory.shingles(other)):
                numbers[row] = self._memory.join(first, outlet, text.shingles)
                fresh.append(row)
        put = np.concatenate([lonely, np.array(fresh, np.int64)])
        self._memory.index.insert(np.array(numbers, np.int64)[put], keys[put])

    def _near(
        self, readings: Readings, keys: bands.Keys, days: Counts, outlets: Hashes
    ) -> dict[int, list[tuple[float, int]]]:
        """(share, other) of all others that are alike enough to each row: texts in memory, or ~row for earlier rows."""
        lengths = np.diff(readings.shingles.starts)
        rows, texts = self._memory.index.candidates(keys)
        inside = np.flatnonzero(np.abs(self._memory.days[texts] - days[rows]) <= WINDOW_DAYS)
        rows, texts = _agreeing(rows[inside], texts[inside])
        likely = likeness.comparable(lengths[rows], self._memory.lengths[texts])
        rows, texts = rows[likely], texts[likely]
        later, earlier = _agreeing(*bands.alike_within(keys))
        likely = likeness.comparable(lengths[later], lengths[earlier])
        later, earlier = later[likely], earlier[likely]
        mine, others = np.concatenate([rows, later]), np.concatenate([texts, ~earlier])
        shingles = [self._memory.shingles_of(texts), readings.shingles.of(earlier)]
        theirs = np.concatenate([self._memory.outlets[texts], outlets[earlier]])
        shares, enough = likeness.shares(readings.shingles, mine, joined(shingles), outlets[mine] != theirs)
        near: dict[int, list[tuple[float, int]]] = {}
        for at in np.flatnonzero(enough).tolist():
            near.setdefault(int(mine[at]), []).append((float(shares[at]), int(others[at])))
        return near

    def _best(self, text: Reading, candidates: Sequence[tuple[float, int]], day: int) -> tuple[int, Core] | None:
        """The first of the candidates whose story the text may join, and the core of that story with it."""
        refused: set[int] = set()
        for minus_share, number in candidates:
            first = int(self._memory.firsts[number])
            if first in refused or abs(int(self._memory.days[first]) - day) > WINDOW_DAYS:
                continue
            if self._is_near(text, first):
                core = self._memory.core(first).joined_by(text, -minus_share)
                if core is not None:
                    return number, core
            refused.add(first)
        return None

    def _is_near(self, text: Reading, first: int) -> bool:
        return likeness.containment(text.shingles, self._memory.shingles(first)) >= likeness.TO_FIRST

    def _have(self, days: Counts) -> None:
        """Make sure of every story that items of these days may join."""
        wanted = {int(day) + step for day in set(days.tolist()) for step in range(-WINDOW_DAYS, WINDOW_DAYS + 1)}
        wanted = {day for day in wanted if 1 <= day <= date.max.toordinal()}
        self._asked += 1
        missing = sorted(wanted - self._days.keys())
        self._days.update(dict.fromkeys(wanted, self._asked))
        for first, last in _stretches(missing):
            rows = self._load(date.fromordinal(first).isoformat(), date.fromordinal(last).isoformat())
            firsts: dict[int, int] = {}
            for batch in _batches(rows):
                self._remember(batch, firsts)
        self._forget()

    def _remember(self, batch: Sequence[tuple[int, Telling]], firsts: dict[int, int]) -> None:
        """Keep texts whose stories are known. ``firsts``: the first text of each story that has been met."""
        readings = reading.read([text for _, (text, _, _) in batch])
        numbers, fresh = [], []
        for row, (story, (_, day, outlet_name)) in enumerate(batch):
            text, outlet = likeness.row(readings, row), _hash(outlet_name)
            first = firsts.get(story)
            if not len(text.shingles):
                continue
            if first is None:
                ordinal = date.fromisoformat(day).toordinal()
                number = firsts[story] = self._memory.open(story, ordinal, outlet, text.shingles, Core.of(text))
            else:
                core = self._memory.core(first).joined_by(text)
                if core is not None:
                    self._memory.set_core(first, core)
                if _is_copy(text, self._memory.shingles(first)):
                    continue
                number = self._memory.join(first, outlet, text.shingles)
            numbers.append(number)
            fresh.append(row)
        self._memory.index.insert(np.array(numbers, np.int64), bands.keys(readings.shingles)[fresh])

    def _forget(self) -> None:
        if self._memory.count <= self._items_kept:
            return
        days, counts = np.unique(self._memory.days, return_counts=True)
        size = dict(zip(days.tolist(), counts.tolist(), strict=True))
        kept, left = [], self._items_kept // 2
        for day in sorted(self._days, key=lambda day: (-self._days[day], -day)):
            left -= size.get(day, 0)
            if left < 0 and self._days[day] != self._asked:
                break
            kept.append(day)
        self._memory = self._memory.only(kept)
        self._days = {day: self._days[day] for day in kept}


def _hash(outlet: str) -> int:
    return crc32(outlet.encode("utf-8", "surrogatepass"))


def _is_copy(text: Reading, other: Hashes) -> bool:
    common = int(np.count_nonzero(likeness.contained(other, text.shingles)))
    return common >= likeness.COPY * (len(text.shingles) + len(other) - common)


def _agreeing(rows: Counts, others: Counts) -> tuple[Counts, Counts]:
    """The pairs that agree in enough bands, each once."""
    pairs = np.sort((rows << 32) | others)
    step = bands.AGREEMENTS - 1
    kept = pairs[step:][pairs[step:] == pairs[: len(pairs) - step]]
    kept = kept[np.flatnonzero(np.diff(kept, prepend=-1))]
    return kept >> 32, kept & 0xFFFFFFFF


def _stretches(days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of neighbouring days."""
    for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
        numbers = [day for _, day in run]
        yield numbers[0], numbers[-1]


def _batches(rows: Iterable[tuple[int, Telling]]) -> Iterator[list[tuple[int, Telling]]]:
    batch: list[tuple[int, Telling]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
