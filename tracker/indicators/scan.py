"""One item while it is matched: which patterns were found, and where, worked out only as far as a query asks."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import accumulate
from typing import Any, TypeVar

from tracker.indicators import normalise
from tracker.indicators.normalise import is_cjk
from tracker.model import TEXT_FIELDS, Item, TextField

Place = TypeVar("Place", bound="tuple[int, ...]")
FEW = 4
Raw = tuple[int, int, int]
"""A pattern and where it was found in the search text, spaces around it included."""

_SENTENCE_END = re.compile(
    r"""(?: (?<=[^\W_][^\W_])(?<!\b[MD]r)(?<!\bMrs)(?<!\bSt)(?<!\bvs)(?<!\bNo)(?<!\b(?:Gen|Gov|Sen|Rep|Col|Jan|Feb))
          (?<!\bим)(?<!\bст)(?<!\bтыс)(?<!\bмлн)(?<!\bруб)\.[)\]"'”’»]* (?=\s+[^\W_a-zа-яё]|\s+["“«(\[])
      | [!?…]+[)\]"'”’»]* (?=\s)
      | [。！？；]+[”’」』）]* | \n | \0 )""",
    re.VERBOSE,
)


class Scan:
    """``hits`` holds the patterns that were found and count, and the numbers of concepts that the source implies."""

    def __init__(
        self,
        item: Item,
        names: tuple[TextField, ...],
        fields: tuple[str, ...],
        search: str,
        raw: Iterable[Raw],
        hits: set[int],
    ) -> None:
        self.item = item
        self.names = names
        self.fields = fields
        self.search = search
        self.hits = hits
        self.masks = True
        """Whether masks are in force."""
        self.masked: list[tuple[int, int, int]] = []
        """First token, last token and pattern of what masks took away."""
        self.cache: dict[int, list[tuple[Any, ...]]] = {}
        """Where each leaf occurs."""
        self.members: dict[int, Any] = {}
        """What each chain was found to consist of."""
        self._raw = raw
        self._asked = 0

    @cached_property
    def found(self) -> dict[int, list[Raw]]:
        """Each pattern that was found, with its places in the search text."""
        found: dict[int, list[Raw]] = {}
        for raw in self._raw:
            pattern = raw[0]
            if pattern in found:
                found[pattern].append(raw)
            else:
                found[pattern] = [raw]
        return found

    def places(self, patterns: frozenset[int]) -> list[Raw]:
        """Where any of the patterns was found. Looking through all places is quicker than sorting them, at first."""
        self._asked += 1
        if self._asked <= FEW and "found" not in self.__dict__:
            return [raw for raw in self._raw if raw[0] in patterns]
        found = self.found
        return [raw for pattern in patterns & self.hits for raw in found[pattern]]

    @cached_property
    def starts(self) -> list[int]:
        """Offsets of the tokens in the search text."""
        return normalise.token_starts(self.search)

    def tokens(self, pattern: int) -> list[tuple[int, int]]:
        """First and last token of each place where a pattern was found."""
        starts = self.starts
        return [(bisect_left(starts, a), bisect_left(starts, e) - 1) for _, a, e in self.found.get(pattern, ())]

    def mask(self, masks: list[tuple[int, int]]) -> None:
        """Take away every place that lies wholly inside one of the masks (first and last tokens)."""
        for pattern in list(self.found):
            tokens = self.tokens(pattern)
            covered = set(tokens).difference(outside(tokens, masks))
            if covered:
                kept = [place for place, where in zip(self.found[pattern], tokens, strict=True) if where not in covered]
                self.found[pattern] = kept
                self.masked += [(first, last, pattern) for first, last in covered]
                if not kept:
                    self.hits.discard(pattern)

    @cached_property
    def text(self) -> str:
        """The stored fields as one string."""
        return normalise.joined(self.fields)

    @cached_property
    def _original(self) -> Callable[[int, int], tuple[int, int]]:
        return normalise.offsets(self.text, self.search)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Start and end in ``text`` of a run of tokens."""
        start, tail, search = self.starts[first], self.starts[last], self.search
        return self._original(start, tail + 1 if is_cjk(search[tail]) else search.index(" ", tail))

    @cached_property
    def _field_tokens(self) -> list[int]:
        """Number of the first token of each field, and the number of all tokens."""
        firsts, mark = [0], self.search.find(normalise.FIELD_MARK)
        while mark >= 0:
            firsts.append(bisect_left(self.starts, mark))
            mark = self.search.find(normalise.FIELD_MARK, mark + 1)
        return [*firsts, len(self.starts)]

    def in_field(self, field: str, first: int) -> bool:
        """Whether the token stands in that field; a phrase never leaves the field it begins in."""
        if field not in self.names:
            return False
        at = self.names.index(field)
        return self._field_tokens[at] <= first < self._field_tokens[at + 1]

    def place(self, first: int, last: int) -> tuple[TextField, int, int, str]:
        """Field, start, end and text, in the stored text, of a run of tokens."""
        start, end = self.span(first, last)
        before = 1
        for at, field in enumerate(self.fields):
            if start - before < len(field):
                return (
                    self.names[at],
                    start - before,
                    end - before,
                    normalise.without_surrogates(field[start - before : end - before]),
                )
            before += len(field) + 3
        raise AssertionError

    @cached_property
    def _sentence_starts(self) -> list[int]:
        begins = [self._original(start, start + 1)[0] for start in self.starts]
        return [bisect_left(begins, found.end()) for found in _SENTENCE_END.finditer(self.text)]

    def sentence_of(self, token: int) -> int:
        """The number of the sentence that a token stands in."""
        return bisect_right(self._sentence_starts, token)

    @cached_property
    def language(self) -> str:
        """The item's language in small letters, or a guess from its script."""
        return self.item.language.casefold() or guess_language(self.search)

    def speaks(self, language: str) -> bool:
        """Whether the item's language is this one, regions aside."""
        return self.language == language or self.language.startswith((language + "-", language + "_"))


def outside(occurrences: list[Place], masks: list[tuple[int, int]]) -> list[Place]:
    """Occurrences (first token, last token, …) that do not lie wholly inside one of the masks."""
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
