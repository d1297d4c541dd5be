"""Reads texts in batches: which runs of three words they hold, and which names and numbers.

A word is a run of letters and digits, or one CJK character. Everything becomes 32-bit hashes in flat arrays, because
sets of strings cost a hundred times the memory; two different runs share a hash once in four thousand million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tracker.stories.ragged import Counts, Ragged

TEXT_LIMIT = 1_200
"""Characters of a text that are read: a story is known by its beginning."""
STEM = 5
"""Characters of a name that are compared, so that endings do not matter."""

PAIRS_READ = 4
"""One in so many pairs of neighbouring CJK characters is read, the same ones in every text."""

_MARK = np.uint64(1 << 32)
_APART, _LETTER, _DIGIT, _CJK = range(4)
_MULTIPLIER = 0x9E3779B97F4A7C15
_INVERSE = pow(_MULTIPLIER, -1, 1 << 64)


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read in each of several texts; hashes are sorted, each once."""

    shingles: Ragged
    """The last bit is set where the run lies in the title, which is the first line."""
    names: Ragged
    """Capitalised words by their first letters; of Chinese and Japanese text, which has no capitals, some pairs of
    neighbouring characters. The last bit is set where it is surely a name, not the first word of a sentence."""
    numbers: Ragged
    """Without years, which nearly all news of a year share. The last bit is set for those of the title."""
    certain: Counts
    """How many sure names a text has; of pairs of characters, a quarter counts as doubtful."""

    def __len__(self) -> int:
        return len(self.certain)

    def of(self, rows: Counts) -> Readings:
        """Some of the texts, in this order."""
        return Readings(self.shingles.of(rows), self.names.of(rows), self.numbers.of(rows), self.certain[rows])


@dataclass(frozen=True, slots=True)
class _Tables:
    kind: NDArray[np.uint8]
    hashed: NDArray[np.uint64]
    """Of its lower case."""
    capital: NDArray[np.bool_]
    blank: NDArray[np.bool_]
    """May stand between the end of a sentence and the next word."""
    ends: NDArray[np.bool_]
    """Ends a sentence, or opens one."""


@cache
def _tables() -> _Tables:
    """What must be known of each character of the basic plane."""
    kind = np.zeros(0x10000, np.uint8)
    folded = np.arange(0x10000, dtype=np.uint32)
    capital = np.zeros(0x10000, np.bool_)
    for point in range(0x10000):
        character = chr(point)
        if character.isalnum():
            kind[point] = _DIGIT if character.isdigit() else _LETTER
            lower = character.casefold()
            folded[point] = ord(lower) if len(lower) == 1 else point
            capital[point] = character.isupper()
    for first, last in ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F)):
        kind[first : last + 1] = _CJK
    kind[0x0640] = _APART  # draws Arabic words out
    folded[0xFF01:0xFF5F] = folded[0x21:0x7F]  # full-width forms
    folded[ord("ё")] = folded[ord("Ё")] = ord("е")
    blank, ends = np.zeros(0x10000, np.bool_), np.zeros(0x10000, np.bool_)
    blank[[ord(character) for character in ' "“«(—–-']] = True
    ends[[ord(character) for character in '.!?…:\n。！？"“«—–']] = True
    return _Tables(kind, _hashed(folded), capital, blank, ends)


def read(texts: Sequence[str]) -> Readings:
    """Read texts; a text without words has no shingles, and one of fewer than three has its words for shingles."""
    tables, rows = _tables(), len(texts)
    texts = [text[:TEXT_LIMIT] for text in texts]
    joined = "\n\n".join(texts) + "\n\n"
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.intp)
    lengths = np.fromiter(map(len, texts), np.int64, rows) + 2
    text_ends = np.cumsum(lengths)
    basic, kind, hashed = _looked_up(points)
    words = _words(kind)
    owner = np.repeat(np.arange(rows), np.diff(np.searchsorted(words.starts, text_ends), prepend=0))
    sums = _prefix_sums(hashed)
    hashes = _hashes(sums, words.starts, words.ends)
    kind = kind.take(words.starts)
    cjk, digit = np.flatnonzero(kind == _CJK), np.flatnonzero(kind == _DIGIT)
    capital = np.flatnonzero(tables.capital.take(basic.take(words.starts)) & (kind == _LETTER))
    pairs, pair_owner = _chinese_pairs(hashes, owner, cjk)
    begins = words.starts[capital]
    stems = _hashes(sums, begins, np.minimum(words.ends[capital], begins + STEM))
    inner = ~_opens_sentence(basic, begins)
    marked = (stems & ~_MARK) | inner.astype(np.uint64) << np.uint64(32)
    names = _ragged(np.concatenate([owner[capital], pair_owner]), np.concatenate([marked, pairs | _MARK]), rows, same=1)
    certain = np.bincount(np.repeat(np.arange(rows), np.diff(names.starts))[(names.flat & 1) == 1], minlength=rows)
    certain -= np.minimum(certain, np.bincount(pair_owner, minlength=rows)) // 4
    titles = np.fromiter((text.find("\n") for text in texts), np.int64, rows)
    titled = words.ends <= np.where(titles < 0, text_ends, text_ends - lengths + titles)[owner]
    figures = np.concatenate([digit[~_is_year(points, words, digit)], cjk[_is_ordinal(points, words.starts[cjk])]])
    marked = (hashes & ~_MARK) | titled.astype(np.uint64) << np.uint64(32)
    numbers = _ragged(owner[figures], marked[figures], rows, same=1)
    return Readings(_shingles(hashes, owner, titled, rows), names, numbers, certain)


@dataclass(frozen=True, slots=True)
class _Words:
    starts: Counts
    ends: Counts


def _words(kind: NDArray[np.uint8]) -> _Words:
    inside = kind != _APART
    single = kind == _CJK
    before = np.concatenate([[False], inside[:-1]])
    single_before = np.concatenate([[False], single[:-1]])
    starts = np.flatnonzero(inside & (~before | single | single_before))
    after = np.concatenate([inside[1:], [False]])
    single_after = np.concatenate([single[1:], [False]])
    ends = np.flatnonzero(inside & (~after | single | single_after)) + 1
    return _Words(starts, ends)


def _is_year(points: Counts, words: _Words, digit: Counts) -> NDArray[np.bool_]:
    """Which of these words of digits are years."""
    starts = words.starts[digit]
    first, second = points[starts], points[starts + 1]
    century = ((first == ord("1")) & (second == ord("9"))) | ((first == ord("2")) & (second == ord("0")))
    is_year: NDArray[np.bool_] = century & (words.ends[digit] - starts == 4)
    return is_year


def _is_ordinal(points: Counts, starts: Counts) -> NDArray[np.bool_]:
    """Which of these CJK characters are numerals that tell parts of a series apart."""
    before = points[np.maximum(starts - 1, 0)]
    marked = np.flatnonzero((before == ord("第")) | (before == ord("之")))
    is_ordinal = np.zeros(len(starts), np.bool_)
    is_ordinal[marked] = np.isin(points[starts[marked]], [ord(numeral) for numeral in "一二三四五六七八九十"])
    return is_ordinal


def _opens_sentence(basic: Counts, starts: Counts) -> NDArray[np.bool_]:
    """Whether a word follows the beginning of a text, a line or a sentence; blanks and quotes between do not matter."""
    tables = _tables()
    before = basic[np.maximum(starts - 1, 0)]
    two_before = basic[np.maximum(starts - 2, 0)]
    opens: NDArray[np.bool_] = tables.ends[np.where(tables.blank[before], two_before, before)] | (starts == 0)
    return opens


def _looked_up(points: Counts) -> tuple[Counts, NDArray[np.uint8], NDArray[np.uint64]]:
    """The characters with 0 for those beyond the basic plane, what each is, and its hash."""
    tables = _tables()
    beyond = np.flatnonzero(points >= 0x10000)
    if not len(beyond):
        return points, tables.kind.take(points), tables.hashed.take(points)
    basic = points.copy()
    basic[beyond] = 0
    kind, hashed = tables.kind.take(basic), tables.hashed.take(basic)
    kind[beyond[(points[beyond] >= 0x20000) & (points[beyond] < 0x40000)]] = _CJK
    hashed[beyond] = _hashed(points[beyond])
    return basic, kind, hashed


def _hashed(points: NDArray[np.uint32] | Counts) -> NDArray[np.uint64]:
    return _mixed(points.astype(np.uint64) + np.uint64(1))


def _prefix_sums(hashed: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Of a polynomial over the characters, modulo 2^64, so that the hash of any run is a difference."""
    powers = _powers(len(hashed) + 1)[0][: len(hashed)]
    sums = np.zeros(len(hashed) + 1, np.uint64)
    np.cumsum(hashed * powers, out=sums[1:])
    return sums


_known_powers: list[NDArray[np.uint64]] = []


def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first powers of the multiplier and of its inverse."""
    if not _known_powers or len(_known_powers[0]) < count:
        size = 1 << max(12, count.bit_length())
        _known_powers[:] = [_first_powers(_MULTIPLIER, size), _first_powers(_INVERSE, size)]
    return _known_powers[0][:count], _known_powers[1][:count]


def _first_powers(base: int, count: int) -> NDArray[np.uint64]:
    factors = np.full(count, base, np.uint64)
    factors[0] = 1
    powers: NDArray[np.uint64] = np.cumprod(factors, dtype=np.uint64)
    return powers


def _hashes(sums: NDArray[np.uint64], starts: Counts, ends: Counts) -> NDArray[np.uint64]:
    inverse = _powers(len(sums))[1]
    return _mixed((sums[ends] - sums[starts]) * inverse[starts])


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Steele's SplitMix64 finaliser."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return mixed


def _chinese_pairs(hashes: NDArray[np.uint64], owner: Counts, cjk: Counts) -> tuple[NDArray[np.uint64], Counts]:
    """Hashes of some of the pairs of neighbouring CJK characters, and whose they are."""
    first = cjk[:-1][np.diff(cjk) == 1]
    first = first[owner[first] == owner[first + 1]]
    pairs = _mixed(hashes[first] * np.uint64(_MULTIPLIER) + hashes[first + 1])
    read = pairs % np.uint64(PAIRS_READ) == 0
    return pairs[read], owner[first[read]]


def _shingles(hashes: NDArray[np.uint64], owner: Counts, titled: NDArray[np.bool_], rows: int) -> Ragged:
    runs = _mixed(hashes[:-2] * np.uint64(_MULTIPLIER) + hashes[1:-1])
    runs = _mixed(runs * np.uint64(_MULTIPLIER) + hashes[2:])
    whole = owner[:-2] == owner[2:]
    short = np.flatnonzero((np.bincount(owner, minlength=rows) < 3)[owner])
    inside = np.concatenate([titled[2:][whole], titled[short]]).astype(np.uint64) << np.uint64(32)
    marked = (np.concatenate([runs[whole], hashes[short]]) & ~_MARK) | inside
    return _ragged(np.concatenate([owner[:-2][whole], owner[short]]), marked, rows, same=1)


def _ragged(owner: Counts, hashes: NDArray[np.uint64], rows: int, same: int = 0) -> Ragged:
    """The first halves of the hashes by owner, sorted; of those that differ in the last ``same`` bits, the largest."""
    keys = np.sort((owner.astype(np.uint64) << np.uint64(32)) | (hashes >> np.uint64(32)))
    if len(keys):
        differ = keys >> np.uint64(same)
        keys = keys[np.concatenate([differ[1:] != differ[:-1], [True]])]
    starts = np.searchsorted(keys, np.arange(rows + 1, dtype=np.uint64) << np.uint64(32))
    return Ragged(keys.astype(np.uint32), starts)
