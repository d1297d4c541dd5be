"""Which stories a digest tells: pure decisions over what arrived, what was told before and what the reader wants."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log2
from typing import Literal
from urllib.parse import quote

from tracker.store.digests import Candidate, Told
from tracker.store.outbox import Entry
from tracker.store.subscribers import Wishes

Reason = Literal["new", "grew", "confirmed"]
SHOWN = 60
"""New stories in one mail."""
SHOWN_AGAIN = 20
"""Stories that come again."""
NAME_LIMIT = 48
BRIEF_LIMIT = 36
FAIR_SHARE = 6
"""New stories of one indicator that go before further ones of a busier indicator."""
LARGEST_SHARE = 20
"""New stories of one indicator in one mail: whoever wants all of a great event's reads them in the queue."""
OUTLETS_WEIGH = 0.1
"""What twice as many outlets add to a story's score when stories are ranked."""


@dataclass(frozen=True, slots=True)
class IndicatorFacts:
    """What choosing and showing need to know of an indicator."""

    id: str
    title: str
    group: str
    direction: str
    position: int
    retired: bool = False
    telling: bool = False
    """Of high diagnosticity: a single story on it is worth an alert."""

    @property
    def url_id(self) -> str:
        """The id as it stands in an address."""
        return quote(self.id, safe="")

    @property
    def name(self) -> str:
        """The title as it fits into a sentence: a long one up to its first bracket or colon, or to a comma."""
        return _shortened(self.title, NAME_LIMIT)

    @property
    def brief(self) -> str:
        """The same as it fits into a subject line beside the news."""
        return _shortened(self.title, BRIEF_LIMIT)


def _shortened(title: str, limit: int) -> str:
    if len(title) <= limit:
        return title
    head = re.split(r" \(|[:;] ", title, maxsplit=1)[0]
    commas = [match.start() for match in re.finditer(", ", head)]
    return head if len(head) <= limit or not commas else head[: max([at for at in commas if at <= limit] or commas[:1])]


@dataclass(frozen=True, slots=True)
class Tale:
    """One story of a window as one reader's wishes see it: its best hit, and whether everything about it is old."""

    best: Candidate
    confirmed: bool
    old: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome: what is told, in order of weight, and what is not."""

    told: tuple[Entry, ...]
    left_out: int
    """Stories that would have been told had there been room."""
    older: int
    """Stories that were published more than seven days before they were found."""
    beyond: tuple[tuple[str, int], ...] = ()
    """(indicator, how many) of the new ones among those left out, where that is known."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.told


def tales(
    arrived: Iterable[Candidate],
    confirmed: Iterable[Candidate],
    wishes: Wishes,
    indicators: Mapping[str, IndicatorFacts],
) -> tuple[Tale, ...]:
    """Stories that arrived or were confirmed late, each once as the wishes see it, weightiest first."""
    grouped: dict[int, list[Candidate]] = {}
    for candidate in filter(_filter(wishes, indicators), chain(arrived, confirmed)):
        grouped.setdefault(candidate.story_id, []).append(candidate)
    return tuple(sorted(map(_tale, grouped.values()), key=_weight, reverse=True))


def choose(ranked: Sequence[Tale], told: Mapping[int, Told], room: int = SHOWN) -> Choice:
    """Decide. A story that was told comes again only where it grew or is confirmed now."""
    fresh: list[Tale] = []
    again: list[Entry] = []
    older = 0
    for tale in ranked:
        before = told.get(tale.best.story_id)
        if before is None and tale.old:
            older += 1
        elif before is None:
            fresh.append(tale)
        elif reason := _reason_again(tale, before):
            again.append(_entry(tale, reason))
    picked = _fair(fresh, room)
    shown = [_entry(tale, "new") for tale in picked]
    repeated = again[: min(SHOWN_AGAIN, room)]
    left_out = len(fresh) - len(shown) + len(again) - len(repeated)
    missing = Counter(tale.best.indicator for tale in fresh) - Counter(tale.best.indicator for tale in picked)
    return Choice((*shown, *repeated), left_out, older, tuple(sorted(missing.items())))


def choose_urgent(ranked: Sequence[Tale], told: Mapping[int, Told], room: int = 0) -> Choice:
    """Stories that are news and were never told; ``room`` of them, or the usual number."""
    fresh = [tale for tale in ranked if not tale.old and tale.best.story_id not in told]
    shown = fresh[: room or SHOWN]
    return Choice(tuple(_entry(tale, "new") for tale in shown), len(fresh) - len(shown), 0)


def wants(wishes: Wishes, facts: IndicatorFacts) -> bool:
    """Whether the reader wants to hear of an indicator."""
    return (
        not facts.retired
        and (not wishes.groups or facts.group in wishes.groups)
        and (not wishes.indicators or facts.id in wishes.indicators)
        and wishes.direction in ("", facts.direction)
    )


def has_grown(outlets: int, before: int) -> bool:
    """Whether so many outlets are news to somebody who read of ``before``: twice as many, and three at least."""
    return outlets >= max(3, 2 * before)


def _filter(wishes: Wishes, indicators: Mapping[str, IndicatorFacts]) -> Callable[[Candidate], bool]:
    wanted = {facts.id for facts in indicators.values() if wants(wishes, facts)}

    def accepts(candidate: Candidate) -> bool:
        return (
            candidate.indicator in wanted
            and candidate.score >= wishes.min_score
            and (candidate.confirmed or not wishes.confirmed_only)
            and (not wishes.languages or candidate.language.partition("-")[0].lower() in wishes.languages)
        )

    return accepts


def _tale(hits: Sequence[Candidate]) -> Tale:
    return Tale(
        max(hits, key=lambda hit: (hit.confirmed, hit.score, -hit.hit_id)),
        any(hit.confirmed for hit in hits),
        all(hit.old for hit in hits),
    )


def _reason_again(tale: Tale, before: Told) -> Reason | None:
    if tale.confirmed and not before.confirmed:
        return "confirmed"
    return "grew" if has_grown(tale.best.outlets, before.outlets) else None


def _weight(tale: Tale) -> tuple[bool, float, int]:
    return tale.confirmed, tale.best.score + OUTLETS_WEIGH * log2(max(1, tale.best.outlets)), tale.best.hit_id


def _entry(tale: Tale, reason: Reason) -> Entry:
    best = tale.best
    return Entry(best.story_id, best.hit_id, reason, best.outlets, tale.confirmed)


def _fair(ranked: Sequence[Tale], room: int) -> Sequence[Tale]:
    """The weightiest in that order, but a few of every indicator before many of one, and not too many of any."""
    seen: Counter[str] = Counter()
    first: list[int] = []
    later: list[int] = []
    for position, tale in enumerate(ranked):
        seen[tale.best.indicator] += 1
        if seen[tale.best.indicator] <= LARGEST_SHARE:
            (first if seen[tale.best.indicator] <= FAIR_SHARE else later).append(position)
    return [ranked[position] for position in sorted((first + later)[:room])]
