"""Groups items that tell the same story: MinHash candidates, then exact shingle containment.

Method: Broder (1997), resemblance and containment; locality-sensitive hashing with 128 permutations in 64 bands finds
the candidates. Items lie in buckets of a few days, loaded when first touched and forgotten least recently used first,
so memory is bounded by the window and a restart loses nothing.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from rensa import RMinHash, RMinHashLSH

Loader = Callable[[str, str], Iterable[tuple[int, str, str]]]
"""(first day, last day) -> (story id, day, text) of the items stored for those days, in order of arrival."""

WINDOW_DAYS = 3
"""Two items of one story are published at most this many days apart."""
CONTAINMENT = 0.5
TO_ANCHOR = 0.35
"""A joining item must share this much with the story's first item too, so that stories do not chain."""
SHORT, SHORT_CONTAINMENT = 8, 0.8
"""Texts of fewer shingles than SHORT (bare headlines) must agree nearly wholly."""
ITEMS_KEPT = 40_000
PERMUTATIONS, BANDS, SEED = 128, 64, 20260203

_TOKEN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\uffdc]|[^\\W_\u3040-\u30ff\u3400-\u9fff\uf900-\uffdc]+")


def shingles(text: str) -> frozenset[str]:
    """Runs of three tokens, case-folded; a token is a word or one CJK character. Shorter texts give their tokens."""
    tokens = _TOKEN.findall(text.casefold())
    if len(tokens) < 3:
        return frozenset(tokens)
    return frozenset(map(" ".join, zip(tokens, tokens[1:], tokens[2:], strict=False)))


def containment(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of the smaller set that lies in the larger one; 0 where either is empty."""
    smaller = min(len(a), len(b))
    return len(a & b) / smaller if smaller else 0.0


@dataclass(slots=True)
class _Bucket:
    lsh: RMinHashLSH = field(default_factory=lambda: RMinHashLSH(threshold=0.5, num_perm=PERMUTATIONS, num_bands=BANDS))
    members: list[tuple[int, int, frozenset[str]]] = field(default_factory=list)
    """(story id, ordinal day, shingles); the position is the key in the LSH."""
    anchors: dict[int, frozenset[str]] = field(default_factory=dict)


class StoryIndex:
    """Finds the story that a text belongs to. Not safe to share between threads."""

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._buckets: OrderedDict[int, _Bucket] = OrderedDict()

    def find(self, text: str, day: str) -> int | None:
        """The id of the story that ``text``, published on ``day``, tells; None where it is a new one."""
        shingled, sketch = _sketched(text)
        if not shingled:
            return None
        ordinal = date.fromisoformat(day).toordinal()
        best, best_share = None, 0.0
        for number in (ordinal // WINDOW_DAYS + step for step in (-1, 0, 1)):
            bucket = self._bucket(number)
            for key in bucket.lsh.query(sketch):
                story_id, other_day, other = bucket.members[key]
                if abs(other_day - ordinal) > WINDOW_DAYS:
                    continue
                share = containment(shingled, other)
                needed = SHORT_CONTAINMENT if min(len(shingled), len(other)) < SHORT else CONTAINMENT
                if share >= needed and share > best_share and self._near_anchor(story_id, number, shingled):
                    best, best_share = story_id, share
        return best

    def add(self, story_id: int, text: str, day: str) -> None:
        """Make an item known as a member of its story."""
        shingled, sketch = _sketched(text)
        if shingled:
            ordinal = date.fromisoformat(day).toordinal()
            _insert(self._bucket(ordinal // WINDOW_DAYS), story_id, ordinal, shingled, sketch)
        self._forget()

    def clear(self) -> None:
        """Forget everything; what is needed is loaded again. Call it after a rolled-back transaction."""
        self._buckets.clear()

    def _near_anchor(self, story_id: int, number: int, shingled: frozenset[str]) -> bool:
        for step in (-1, 0, 1):
            bucket = self._buckets.get(number + step)
            anchor = bucket.anchors.get(story_id) if bucket else None
            if anchor is not None:
                return containment(shingled, anchor) >= TO_ANCHOR
        return False

    def _bucket(self, number: int) -> _Bucket:
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = _Bucket()
            first = date.fromordinal(max(1, number * WINDOW_DAYS))
            last = date.fromordinal(number * WINDOW_DAYS + WINDOW_DAYS - 1)
            for story_id, day, text in self._load(first.isoformat(), last.isoformat()):
                shingled, sketch = _sketched(text)
                if shingled:
                    _insert(bucket, story_id, date.fromisoformat(day).toordinal(), shingled, sketch)
        self._buckets.move_to_end(number)
        return bucket

    def _forget(self) -> None:
        kept = sum(len(bucket.members) for bucket in self._buckets.values())
        while kept > ITEMS_KEPT and len(self._buckets) > 3:
            _, oldest = self._buckets.popitem(last=False)
            kept -= len(oldest.members)


@lru_cache(maxsize=1)
def _sketched(text: str) -> tuple[frozenset[str], RMinHash]:
    """Shingles and sketch; of the last text they are kept, because one that is looked for is added next."""
    shingled = shingles(text)
    sketch = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    sketch.update(list(shingled))
    return shingled, sketch


def _insert(bucket: _Bucket, story_id: int, ordinal: int, shingled: frozenset[str], sketch: RMinHash) -> None:
    bucket.lsh.insert(len(bucket.members), sketch)
    bucket.members.append((story_id, ordinal, shingled))
    bucket.anchors.setdefault(story_id, shingled)
