"""One item while it is matched: which patterns were found, and where, worked out only as far as a query asks."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any, TypeVar

from tracker.indicators import normalise
from tracker.indicators.normalise import is_cjk
from tracker.model import TEXT_FIELDS, Item, TextField

Place = TypeVar("Place", bound="tuple[int, ...]")
Span = tuple[int, int]
NEAR_BY = 200
"""Length of a piece of text up to which its tokens are counted anew each time."""
FEW_CHARACTERS = 4000
"""Length of a text up to which a pattern is sooner looked for again than picked out of all that was found."""
Raw = tuple[int, int, int]
"""A pattern and where it was found in the search text, spaces around it included."""
Found = tuple[tuple[str, ...], str, str, normalise.Folded, list[Raw]]
"""The fields of an item, all of them as one text, that text as it is searched and folded, and what was found in it."""

_SENTENCE_END = re.compile(
    r"""(?: (?<=[^\W_][^\W_])(?<!\b[MD]r)(?<!\bMrs)(?<!\bSt)(?<!\bvs)(?<!\bNo)(?<!\b(?:Gen|Gov|Sen|Rep|Col|Jan|Feb))
          (?<!\bим)(?<!\bст)(?<!\bтыс)(?<!\bмлн)(?<!\bруб)\.[)\]"'”’»]* (?=\s+[^\W_a-zа-яё]|\s+["“«(\[])
      | [!?…]+[)\]"'”’»]* (?=\s)
      | [。！？；]+[”’」』）]* | \n | \0 )""",
    re.VERBOSE,
)


class Scan:
    """``hits`` holds the patterns that were found and count, and the numbers of concepts that the source implies."""

    __slots__ = (
        "_ends",
        "_folded",
        "_language",
        "_marks",
        "_original",
        "_places",
        "_raw",
        "_raw_of",
        "_spans",
        "_starts",
        "_strings",
        "cache",
        "fields",
        "hits",
        "item",
        "masked",
        "masks",
        "members",
        "names",
        "search",
        "text",
    )

    def __init__(
        self,
        item: Item,
        names: tuple[TextField, ...],
        found: Found,
        hits: set[int],
        strings: Sequence[str],
    ) -> None:
        """``strings``: what the automaton looked for, by number."""
        self.item = item
        self._strings = strings
        self.names = names
        self.fields, self.text, self.search, self._folded, self._raw = found
        self.hits = hits
        self.masks = True
        """Whether masks are in force."""
        self.masked: list[tuple[int, int, int]] = []
        """Start, end and pattern of what masks took away."""
        self.cache: dict[Any, list[tuple[Any, ...]]] = {}
        """Where each leaf occurs."""
        self.members: dict[Any, Any] = {}
        """What each chain was found to consist of."""
        self._raw_of: dict[int, list[Raw]] | None = None
        self._places: dict[int, list[Span]] = {}
        self._spans: dict[Span, tuple[TextField, int, int, str]] = {}
        self._original: Callable[[int, int], Span] | None = None
        self._starts: list[int] | None = None
        self._ends: list[int] | None = None
        self._marks: list[int] | None = None
        self._language: str | None = None

    def places(self, pattern: int) -> list[Span]:
        """Start and end in the search text of each place of a pattern that counts, from token to token."""
        places = self._places.get(pattern)
        if places is None:
            places = self._places[pattern] = [self._from_token_to_token(*one) for one in self._found_at(pattern)]
        return places

    def _found_at(self, pattern: int) -> Sequence[Raw]:
        """Where the automaton found a pattern. In short texts a second look is quicker than to sort all it found."""
        if pattern < 0:
            return ()
        if len(self.search) > FEW_CHARACTERS:
            if self._raw_of is None:
                self._raw_of = _by_pattern(self._raw)
            return self._raw_of.get(pattern, ())
        search, string = self.search, self._strings[pattern]
        size = len(string)
        at = search.find(string)
        found = []
        while at >= 0:
            found.append((pattern, at, at + size))
            at = search.find(string, at + 1)
        return found

    def _from_token_to_token(self, _: int, start: int, end: int) -> Span:
        search = self.search
        if search[start] == " ":
            start += 1
        last = search[end - 1]
        if last == " ":
            return start, end - 1
        return start, end if is_cjk(last) else search.index(" ", end)

    def add(self, pattern: int, places: list[Span]) -> None:
        """Let a pattern count that was not looked for: one whose guard agrees at these places."""
        self._places[pattern] = places
        self.hits.add(pattern)

    def mask(self, masks: list[Span]) -> None:
        """Take away every place that lies wholly inside one of the masks."""
        for pattern in list(self.hits):
            places = self.places(pattern)
            kept = outside(places, masks)
            if len(kept) < len(places):
                self.masked += [(*place, pattern) for place in set(places).difference(kept)]
                self._places[pattern] = kept
                if not kept:
                    self.hits.discard(pattern)

    def span(self, start: int, end: int) -> Span:
        """Start and end in ``text`` of a part of the search text."""
        if self._original is None:
            self._original = normalise.offsets(self.text, self.search, self._folded)
        return self._original(start, end)

    def gap(self, end: int, start: int) -> int:
        """Tokens from the one that ends at ``end`` to the one that starts at ``start`` (adjacent = 1)."""
        if start - end < NEAR_BY:
            return normalise.token_gap(self.search[end:start])
        if self._starts is None:
            self._starts = normalise.token_starts(self.search)
        return bisect_left(self._starts, start) - bisect_left(self._starts, end) + 1

    def in_field(self, field: str, position: int) -> bool:
        """Whether a place in the search text stands in that field; a phrase never leaves the field it begins in."""
        if field not in self.names:
            return False
        if self._marks is None:
            self._marks = [found.start() for found in re.finditer(normalise.FIELD_MARK, self.search)]
        return bisect_left(self._marks, position) == self.names.index(field)

    def place(self, start: int, end: int) -> tuple[TextField, int, int, str]:
        """Field, start, end and text, in the stored text, of a part of the search text."""
        known = self._spans.get((start, end))
        if known is None:
            known = self._spans[start, end] = self._place(*self.span(start, end))
        return known

    def _place(self, start: int, end: int) -> tuple[TextField, int, int, str]:
        before = 1
        for name, field in zip(self.names, self.fields, strict=True):
            if start - before < len(field):
                start, end = start - before, end - before
                text = field[start:end]
                return name, start, end, text if text.isascii() else normalise.without_surrogates(text)
            before += len(field) + 3
        raise AssertionError

    def sentence_of(self, position: int) -> int:
        """The number of the sentence that a place in the search text stands in."""
        if self._ends is None:
            self._ends = [found.end() for found in _SENTENCE_END.finditer(self.text)]
        return bisect_right(self._ends, self.span(position, position + 1)[0])

    @property
    def language(self) -> str:
        """The item's language in small letters, or a guess from its script."""
        if self._language is None:
            self._language = self.item.language.casefold() or guess_language(self.search)
        return self._language

    def speaks(self, language: str) -> bool:
        """Whether the item's language is this one, regions aside."""
        return self.language == language or self.language.startswith((language + "-", language + "_"))


def _by_pattern(raw: Iterable[Raw]) -> dict[int, list[Raw]]:
    found: dict[int, list[Raw]] = {}
    for one in raw:
        pattern = one[0]
        if pattern in found:
            found[pattern].append(one)
        else:
            found[pattern] = [one]
    return found


def outside(occurrences: list[Place], masks: list[tuple[int, int]]) -> list[Place]:
    """Occurrences (start, end, …) that do not lie wholly inside one of the masks."""
    masks = sorted(masks)
    firsts = [first for first, _ in masks]
    reach = list(accumulate((last for _, last in masks), max))
    kept = []
    for occurrence in occurrences:
        at = bisect_right(firsts, occurrence[0])
        if not at or reach[at - 1] < occurrence[1]:
            kept.append(occurrence)
    return kept


def guess_language(search: str) -> str:
    """A language by script: zh, ja, ru, uk, or en for all that is Latin."""
    sample = search[:2000]
    if re.search("[\u3040-\u30ff]", sample):
        return "ja"
    if sum(map(is_cjk, sample)) * 3 > len(sample.replace(" ", "")):
        return "zh"
    cyrillic = len(re.findall("[\u0400-\u04ff]", sample))
    if cyrillic * 2 > len(sample.replace(" ", "")):
        return "uk" if re.search("[іїєґ]", sample) else "ru"
    return "en"


def present_fields(item: Item) -> tuple[tuple[TextField, ...], tuple[str, ...]]:
    """Names and texts of the fields of an item that hold text."""
    if not item.body:
        return TEXT_FIELDS[:2], (item.title, item.summary)
    return TEXT_FIELDS, (item.title, item.summary, item.body)
