"""Text <-> offsets: what the automaton reads, and where its tokens stand in the stored text.

The search text is one string: runs of letters and digits, and runs of Chinese characters, each run between single
spaces, casefolded (NFKC, ё as е, invisible characters removed); fields are parted by NUL. A token is one Chinese
character or one run of other letters and digits, so the n-th token of the search text is the n-th of the stored text.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate, count
from operator import add

CJK = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
FIELD_MARK = "\0"
SHORT = 1000
"""Length of texts up to which looking for a word is quicker than looking at all gaps between words."""
Folded = bytes | str | None
"""A text folded by table, or character by character; None where folding may have changed its length."""
_BETWEEN_FIELDS = " \0 "

_RUN = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+|\0")
_TOKEN = re.compile(f"[{CJK}]|[^\\W_{CJK}]+")
_GAP = re.compile(b"  +")
_HAS_CJK = re.compile(f"[{CJK}]")
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CHINESE_PUNCTUATION = "\uff0c\u3002\u3001\u201c\u201d\uff1a\uff1b\uff08\uff09\u300a\u300b\uff01\uff1f\u3000\u2026"


def search_text(fields: tuple[str, ...]) -> str:
    """The search text of an item's fields, in order."""
    return searchable(joined(fields))[0]


def searchable(text: str) -> tuple[str, Folded]:
    """The search text of a ``joined`` text, and what the way back starts from."""
    folded = _table_fold(text)
    if folded is None:
        simple = _simple_fold(text)
        return f" {' '.join(_RUN.findall(_fold(text) if simple is None else simple))} ", simple
    single = folded
    while b"  " in single:
        single = single.replace(b"  ", b" ")
    return _decoded(single, ascii_only=text.isascii()), folded


def joined(fields: tuple[str, ...]) -> str:
    """The fields as one string: a space, then the fields with " \\0 " between them, then a space."""
    text = f" {_BETWEEN_FIELDS.join(fields)} "
    if text.count(FIELD_MARK) != len(fields) - 1:
        text = f" {_BETWEEN_FIELDS.join(field.replace(FIELD_MARK, ' ') for field in fields)} "
    return text


def key(text: str) -> str:
    """A term as it stands in the search text, without the spaces around it."""
    return " ".join(_RUN.findall(_fold(text.replace(FIELD_MARK, " "))))


def cased_key(text: str) -> str:
    """Like ``key``, but with case and ё kept: what a term "as written" must equal."""
    return " ".join(_RUN.findall(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.replace(FIELD_MARK, " ")))))


def is_cjk(character: str) -> bool:
    """Whether a character is a token of its own."""
    return "\u3400" <= character <= "\u9fff" or (character > "\uf8ff" and _HAS_CJK.match(character) is not None)


def has_cjk(text: str) -> bool:
    """Whether any of its characters is a token of its own."""
    return _HAS_CJK.search(text) is not None


def is_blank(text: str) -> bool:
    """Whether nothing can be seen."""
    return not _INVISIBLE.sub("", text).strip()


def token_starts(search: str) -> list[int]:
    """Offsets in the search text at which its tokens start."""
    if not search.isascii() and _HAS_CJK.search(search):
        starts: list[int] = []
        for run, start in zip(search.split(" ")[1:-1], _run_starts(search), strict=True):
            if is_cjk(run[0]):
                starts += range(start, start + len(run))
            elif run != FIELD_MARK:
                starts.append(start)
        return starts
    starts = _run_starts(search)
    mark = search.find(FIELD_MARK)
    while mark >= 0:
        del starts[bisect_left(starts, mark)]
        mark = search.find(FIELD_MARK, mark + 1)
    return starts


def token_spans(piece: str) -> list[tuple[int, int]]:
    """Start and end of each token of a piece of search text."""
    return [found.span() for found in _TOKEN.finditer(piece)]


def token_gap(between: str) -> int:
    """How many tokens lead from one token to another, given the search text between the two (adjacent = 1)."""
    if between and (between.isascii() or not _HAS_CJK.search(between)):
        return between.count(" ") - between.count(FIELD_MARK)
    runs = between.split()
    return sum([len(run) if is_cjk(run[0]) else run != FIELD_MARK for run in runs]) + 1


def offsets(text: str, search: str, folded: Folded) -> Callable[[int, int], tuple[int, int]]:
    """The way back: what part of a ``joined`` text a part of its search text, from token to token, stands for.

    ``search`` and ``folded`` are what ``searchable`` made of the text.
    """
    if folded is None:
        return _offsets_by_map(text, search)
    if isinstance(folded, str):
        return _offsets_by_characters(folded, search) if len(search) < SHORT else _offsets_by_runs(folded, search)
    if len(folded) == len(search):
        return _same
    if len(search) > SHORT:
        return _offsets_by_gaps(folded)
    return _offsets_by_words(_decoded(folded, ascii_only=text.isascii()), search)


def _same(start: int, end: int) -> tuple[int, int]:
    return start, end


def _offsets_by_words(folded: str, search: str) -> Callable[[int, int], tuple[int, int]]:
    """Like ``_offsets_by_gaps``, without looking at all gaps: the n-th of equal words is the n-th in both."""

    def original(start: int, end: int) -> tuple[int, int]:
        border = start - 1 if search[start - 1] == " " else search.rfind(" ", 0, start)
        finish = search.index(" ", start)
        word = search[border:finish]
        found = folded.find(word)
        for _ in range(search.count(word, 0, border)):
            found = folded.find(word, found + 1)
        begin = found + start - border
        return begin, begin + end - start if end <= finish else original(end - 1, end)[1]

    return original


def _offsets_by_characters(folded: str, search: str) -> Callable[[int, int], tuple[int, int]]:
    """Like ``_offsets_by_runs``, without looking at all runs: the n-th of equal Chinese characters is so in both."""
    by_runs: list[Callable[[int, int], tuple[int, int]]] = []

    def place(at: int) -> int:
        character = search[at]
        found = folded.find(character)
        for _ in range(search.count(character, 0, at)):
            found = folded.find(character, found + 1)
        return found

    def original(start: int, end: int) -> tuple[int, int]:
        if is_cjk(search[start]) and is_cjk(search[end - 1]):
            return place(start), place(end - 1) + 1
        if not by_runs:
            by_runs.append(_offsets_by_runs(folded, search))
        return by_runs[0](start, end)

    return original


def _offsets_by_gaps(folded: bytes) -> Callable[[int, int], tuple[int, int]]:
    """Where the search text is the folded one but for spaces that were too many."""
    cuts: list[int] = []
    shifts, shift = [0], 0
    for gap in _GAP.finditer(folded):
        start, end = gap.span()
        cuts.append(start - shift)
        shift += end - start - 1
        shifts.append(shift)
    return lambda start, end: (start + shifts[bisect_left(cuts, start)], end + shifts[bisect_left(cuts, end)])


def _offsets_by_runs(folded: str, search: str) -> Callable[[int, int], tuple[int, int]]:
    """Where both consist of the same runs, with other things between them."""
    in_search = _run_starts(search)
    in_text = [found.start() for found in _RUN.finditer(folded)]

    def original(start: int, end: int) -> tuple[int, int]:
        first, last = bisect_right(in_search, start) - 1, bisect_right(in_search, end - 1) - 1
        return in_text[first] + start - in_search[first], in_text[last] + end - in_search[last]

    return original


def _offsets_by_map(text: str, search: str) -> Callable[[int, int], tuple[int, int]]:
    """Where folding changes the length."""
    folded, starts, ends = _mapped_fold(text)
    by_runs = _offsets_by_runs(folded, search)

    def original(start: int, end: int) -> tuple[int, int]:
        first, last = by_runs(start, end)
        return starts[first], ends[last - 1]

    return original


def without_surrogates(text: str) -> str:
    """The text with lone surrogates replaced, each by one character."""
    return _SURROGATES.sub("\ufffd", text)


# Most news is written with few characters. For these, one table lookup per byte does everything at once: encode with
# an alphabet of 256 characters, map each to its folded twin (all that is no letter or digit to a space), and decode.
# ASCII keeps its places; further characters take those of control characters and the upper half.

_FURTHER = (
    "".join(map(chr, range(0x410, 0x450)))
    + "ЁёЄєІіЇїҐґЎў"
    + "«»“”„‘’–—…•·\u00a0§©®°±€£₽₴¥→\u202f\u2009\u2011\ufffd"
    + "éÉèêëáÁàâäÄãåçíîïñóôöÖõøúûüÜýšŠčČžŽćłńśğışț"
)


def _folded_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).casefold().replace("ё", "е")
    if character == FIELD_MARK or (len(folded) == 1 and folded.isalnum()):
        return folded
    return "" if any(map(str.isalnum, folded)) else " "


def _tables() -> tuple[str, bytes]:
    """The alphabet, with a mark where a place is free, and for each place the place of the folded twin."""
    kept = {ord(c) for c in "\0\t\n\r"} | set(range(32, 127))
    places = [chr(place) if place in kept else NO_CHARACTER for place in range(256)]
    free = (place for place in range(256) if place not in kept)
    for place, character in zip(free, dict.fromkeys(_FURTHER), strict=False):
        places[place] = character
    twins = [places.index(_folded_character(c)) if _folded_character(c) in places else 32 for c in places]
    return "".join(places), bytes(twins)


NO_CHARACTER = "\ufffe"
_ALPHABET, _TWINS = _tables()
_ENCODING = codecs.charmap_build(_ALPHABET)
_ASCII_TWINS = bytes(ord(_folded_character(chr(n))) for n in range(128)) + bytes(range(128, 256))


def _table_fold(text: str) -> bytes | None:
    """The folded text in the alphabet, separators as spaces; None where it has other characters."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII_TWINS)
    try:
        return codecs.charmap_encode(text, "strict", _ENCODING)[0].translate(_TWINS)
    except UnicodeEncodeError:
        return None


def _decoded(folded: bytes, *, ascii_only: bool) -> str:
    return folded.decode("ascii") if ascii_only else codecs.charmap_decode(folded, "strict", _ALPHABET)[0]


def _simple(character: str) -> bool:
    """Whether lower() alone folds a character, or leaves it no letter."""
    folded = unicodedata.normalize("NFKC", character).casefold()
    if unicodedata.category(character)[0] in "MC":
        return character in "\0\t\n\r"
    if len(folded) == 1 and folded == character.lower():
        return True
    return not (any(map(str.isalnum, folded)) or character.isalnum())


_SIMPLE_RANGES = (
    (0, 0x24F),
    (0x400, 0x45F),
    (0x2010, 0x205E),
    (0x20A0, 0x20C0),
    (0x2190, 0x21FF),
    (0x25A0, 0x27BF),
    (0x3000, 0x3029),
    (0xFF01, 0xFF20),
    (0x1F300, 0x1F6FF),
)
_NOT_SIMPLE = re.compile(
    "[^\u3400-\u9fff"
    + "".join(re.escape(chr(n)) for first, last in _SIMPLE_RANGES for n in range(first, last + 1) if _simple(chr(n)))
    + "]"
)


def _simple_fold(text: str) -> str | None:
    """The folded text where lower() does it, separators left as they are; None where it does not."""
    return None if _NOT_SIMPLE.search(text) else text.lower().replace("ё", "е")


def _run_starts(search: str) -> list[int]:
    """Where the runs of a search text start; all of them stand between single spaces."""
    lengths = accumulate(map(len, search.split(" ")))
    starts = list(map(add, lengths, count(1)))
    del starts[-2:]
    return starts


def _fold(text: str) -> str:
    if _INVISIBLE.search(text):
        text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFKC", text):
        for mark in _CHINESE_PUNCTUATION:
            text = text.replace(mark, " ")
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    if _ACCENTS.search(text):
        text = _ACCENTS.sub("", text)
    return text.replace("ё", "е")


def _mapped_fold(text: str) -> tuple[str, list[int], list[int]]:
    """The folded text and, for each of its characters, where the piece of text that it came from starts and ends."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    for end in [i for i, character in enumerate(text) if i and _begins_piece(character)] + [len(text)]:
        piece = _folded_piece(text[start:end])
        folded.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))
        start = end
    return "".join(folded), starts, ends


@lru_cache(maxsize=4096)
def _folded_piece(piece: str) -> str:
    return _fold(piece)


@lru_cache(maxsize=65536)
def _begins_piece(character: str) -> bool:
    """Whether a character never melts into the one before it when texts are normalised."""
    if _INVISIBLE.match(character):
        return False
    first = unicodedata.normalize("NFKD", character)[0]
    return not unicodedata.category(first).startswith("M") and not "\u1160" <= first <= "\u11ff"
