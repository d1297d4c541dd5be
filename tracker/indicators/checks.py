"""What `tracker indicators check` and `coverage` find out: examples that fail, sentences that nothing cites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.indicators.codebook import Codebook
from tracker.indicators.explain import Explanation, explain
from tracker.indicators.matcher import Matcher
from tracker.model import Example, Item


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that the codebook does not obey, with the explanation of its indicator."""

    example: Example
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Covered:
    """A sentence of the article: the indicators that cite it, or why none can."""

    sentence: str
    indicators: tuple[str, ...]
    reason: str

    @property
    def open(self) -> bool:
        """Whether it is neither cited nor declared not observable."""
        return not self.indicators and not self.reason


def item_of(example: Example) -> Item:
    """An example as an item."""
    return Item(
        guid="",
        url="",
        title=example.text,
        summary=example.summary,
        language=example.language,
        source=example.source,
    )


def failures(matcher: Matcher, examples: Iterable[Example]) -> Iterator[Failure]:
    """The examples that hit where they must miss, or miss where they must hit."""
    for example in examples:
        item = item_of(example)
        hit = any(match.indicator == example.indicator for match in matcher.match(item))
        if hit != example.hits:
            yield Failure(example, explain(matcher, item, [example.indicator])[0])


def coverage(codebook: Codebook) -> list[Covered]:
    """Each sentence of the codebook, in order, with the indicators whose ground it is."""
    citing: dict[str, list[str]] = {}
    for indicator in codebook.indicators:
        for sentence, _ in indicator.ground:
            citing.setdefault(sentence, []).append(indicator.id)
    return [Covered(name, tuple(dict.fromkeys(citing.get(name, ()))), reason) for name, reason in codebook.sentences]
