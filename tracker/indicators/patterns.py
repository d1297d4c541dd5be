"""The patterns of a codebook: strings for the automaton, and what hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from tracker.indicators import normalise
from tracker.indicators.scan import Scan

Check = Callable[[Scan, int, int], bool]
"""Whether a place (its start and end in the search text) counts."""


@dataclass(slots=True)
class Patterns:
    """All patterns. Numbers from 0 stand for strings of the automaton, negative ones for what hangs on them."""

    strings: dict[str, int] = field(default_factory=dict)
    guarded: dict[int, list[tuple[int, Check]]] = field(default_factory=dict)
    """Pattern -> patterns that are there too wherever their check agrees."""
    granted: dict[str, int] = field(default_factory=dict)
    """Concept -> the number that stands for "the source implies it"."""
    _guards: dict[tuple[int, str], int] = field(default_factory=dict)
    _next: int = -1

    @property
    def count(self) -> int:
        """How many patterns there are, those with negative numbers included."""
        return len(self.strings) - self._next - 1

    def number(self, strings: Iterable[str]) -> None:
        """Give each string its number: likely ones first, so that what is often read lies together in memory."""
        ordered = sorted(sorted(strings), key=_weight)
        self.strings = {string: number for number, string in enumerate(ordered)}

    def of_form(self, key: str, *, prefix: bool) -> int:
        """The pattern of a form."""
        number = self.strings[string_of(key, prefix=prefix)]
        if " " in key and normalise.has_cjk(key):
            return self.guard(number, "tight", _tight)
        return number

    def guard(self, pattern: int, name: str, check: Check) -> int:
        """A pattern that is there where ``pattern`` is and the check agrees."""
        known = self._guards.get((pattern, name))
        if known is None:
            known = self._guards[pattern, name] = self._new()
            self.guarded.setdefault(pattern, []).append((known, check))
        return known

    def grant(self, concept: str) -> int:
        """The number that stands for an implied concept."""
        if concept not in self.granted:
            self.granted[concept] = self._new()
        return self.granted[concept]

    def _new(self) -> int:
        self._next -= 1
        return self._next + 1


def string_of(key: str, *, prefix: bool) -> str:
    """What the automaton looks for: whole words, or words that begin so; Chinese anywhere."""
    left = "" if normalise.is_cjk(key[0]) else " "
    right = "" if prefix or normalise.is_cjk(key[-1]) else " "
    return f"{left}{key}{right}"


def expected_frequency(string: str) -> float:
    """A guess, from its length alone, at the share of items that hold a string."""
    return float(0.7 ** _weight(string))


def _weight(string: str) -> int:
    return len(string) * 3 if normalise.is_cjk(string[0]) else len(string)


def _tight(scan: Scan, start: int, end: int) -> bool:
    """Whether nothing but space stands between the parts of a term of letters and Chinese characters."""
    text = scan.text
    spans = [scan.span(start + a, start + e) for a, e in normalise.token_spans(scan.search[start:end])]
    for (begin, finish), (following, _) in pairwise(spans):
        beside_cjk = normalise.is_cjk(text[begin]) or normalise.is_cjk(text[following])
        if beside_cjk and not normalise.is_blank(text[finish:following]):
            return False
    return True
