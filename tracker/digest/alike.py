"""Which stories of an indicator are told at length, which under one of those, and which in a line. Pure.

Twenty outlets that write of one summit in their own words are twenty stories and one event:
their headlines share words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Generic, NamedTuple, TypeVar

AT_LENGTH = 6
"""Stories of one indicator that get their line of evidence."""
SHARED = 0.5
"""Of the headline with fewer features, so many must stand in the other too."""
SHARED_AT_LEAST = 2
COMMON = 0.25
"""What so large a share of the headlines has says nothing of any: the name of the one whom all of them are about."""
NOT_WORTH_IT = 2
"""So few beyond those told at length are told at length as well."""
FEW = 3
"""What so few headlines have is never common."""
_WORD = re.compile(r"[^\W\d_]{4,}|\d{3,}")
_STEM = 5
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")

T = TypeVar("T")


class Bundle(NamedTuple, Generic[T]):
    """A story that is told at length, and those whose headlines say much the same."""

    lead: T
    alike: tuple[T, ...]


def features(headline: str) -> frozenset[str]:
    """What two headlines are compared by: beginnings of longer words, pairs of Chinese characters."""
    han = _HAN.findall(headline)
    pairs = {run[at : at + 2] for run in han for at in range(len(run) - 1)}
    words = {word[:_STEM] for word in _WORD.findall(_HAN.sub(" ", headline).casefold())}
    return frozenset(pairs | words)


def much_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of features are of headlines that say much the same."""
    shared = len(one & other)
    return shared >= SHARED_AT_LEAST and shared >= SHARED * min(len(one), len(other))


def bundled(
    stories: Sequence[T], headlines: Sequence[str], at_length: int = AT_LENGTH
) -> tuple[tuple[Bundle[T], ...], tuple[T, ...]]:
    """Bundles, and the stories that find no room among them; both keep the order of ``stories``, weightiest first."""
    if len(stories) <= at_length + NOT_WORTH_IT:
        at_length = len(stories)
    found = [features(headline) for headline in headlines]
    seen = Counter(chain.from_iterable(found))
    common = frozenset(feature for feature, times in seen.items() if times > max(FEW, COMMON * len(found)))
    leads: list[tuple[T, frozenset[str], list[T]]] = []
    brief: list[T] = []
    for story, known_of_it in zip(stories, found, strict=True):
        own = known_of_it - common
        alike = next((under for _, known, under in leads if much_alike(own, known)), None)
        if alike is not None:
            alike.append(story)
        elif len(leads) < at_length:
            leads.append((story, own, []))
        else:
            brief.append(story)
    return tuple(Bundle(lead, tuple(under)) for lead, _, under in leads), tuple(brief)
