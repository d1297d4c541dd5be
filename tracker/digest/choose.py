"""Which stories a digest tells: pure decisions over what arrived, what was told before and what the reader wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tracker.store.digests import Candidate, Told
from tracker.store.outbox import Entry
from tracker.store.subscribers import Wishes

Reason = Literal["new", "grew", "confirmed"]
SHOWN = 60
"""New stories in one mail."""
SHOWN_AGAIN = 20
"""Stories that come again."""
NAME_LIMIT = 48
FAIR_SHARE = 6
"""New stories of one indicator that go before further ones of a busier indicator."""


@dataclass(frozen=True, slots=True)
class IndicatorFacts:
    """What choosing and showing need to know of an indicator."""

    id: str
    title: str
    group: str
    direction: str
    position: int
    retired: bool = False

    @property
    def name(self) -> str:
        """The title as it fits into a sentence: a long one up to its first bracket or colon."""
        return self.title if len(self.title) <= NAME_LIMIT else self.title.partition(" (")[0].partition(": ")[0]


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

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.told


def tales(
    arrived: Sequence[Candidate],
    confirmed: Sequence[Candidate],
    wishes: Wishes,
    indicators: Mapping[str, IndicatorFacts],
) -> tuple[dict[int, Tale], dict[int, Tale]]:
    """Stories that arrived, and stories that arrived earlier and are confirmed now; each once, as the wishes see it."""
    wanted = _filter(wishes, indicators)
    new = _by_story(filter(wanted, arrived))
    late = _by_story(filter(wanted, confirmed))
    return new, {story: tale for story, tale in late.items() if story not in new}


def choose(new: Mapping[int, Tale], late: Mapping[int, Tale], told: Mapping[int, Told], room: int = SHOWN) -> Choice:
    """Decide. A story that was told comes again only where it grew or is confirmed now."""
    fresh: list[Entry] = []
    again: list[Entry] = []
    older = 0
    ranked = sorted((*new.values(), *late.values()), key=_weight, reverse=True)
    for tale in ranked:
        before = told.get(tale.best.story_id)
        if before is None and tale.old:
            older += 1
        elif before is None:
            fresh.append(_entry(tale, "new"))
        elif reason := _reason_again(tale, before):
            again.append(_entry(tale, reason))
    shown = _fair(fresh, {tale.best.story_id: tale.best.indicator for tale in ranked}, room)
    left_out = len(fresh) - len(shown) + max(0, len(again) - SHOWN_AGAIN)
    return Choice((*shown, *again[:SHOWN_AGAIN]), left_out, older)


def has_grown(outlets: int, before: int) -> bool:
    """Whether so many outlets are news to somebody who read of ``before``: twice as many, and three at least."""
    return outlets >= max(3, 2 * before)


def _filter(wishes: Wishes, indicators: Mapping[str, IndicatorFacts]) -> Callable[[Candidate], bool]:
    wanted = {
        facts.id
        for facts in indicators.values()
        if not facts.retired
        and (not wishes.groups or facts.group in wishes.groups)
        and (not wishes.indicators or facts.id in wishes.indicators)
        and wishes.direction in ("", facts.direction)
    }

    def accepts(candidate: Candidate) -> bool:
        return (
            candidate.indicator in wanted
            and candidate.score >= wishes.min_score
            and (candidate.confirmed or not wishes.confirmed_only)
            and (not wishes.languages or candidate.language.partition("-")[0].lower() in wishes.languages)
        )

    return accepts


def _by_story(candidates: Iterable[Candidate]) -> dict[int, Tale]:
    grouped: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        grouped.setdefault(candidate.story_id, []).append(candidate)
    return {
        story: Tale(
            max(hits, key=lambda c: (c.confirmed, c.score, -c.hit_id)),
            any(c.confirmed for c in hits),
            all(c.old for c in hits),
        )
        for story, hits in grouped.items()
    }


def _reason_again(tale: Tale, before: Told) -> Reason | None:
    if tale.confirmed and not before.confirmed:
        return "confirmed"
    return "grew" if has_grown(tale.best.outlets, before.outlets) else None


def _weight(tale: Tale) -> tuple[bool, float, int, int]:
    return tale.confirmed, tale.best.score, tale.best.outlets, tale.best.hit_id


def _entry(tale: Tale, reason: Reason) -> Entry:
    best = tale.best
    return Entry(best.story_id, best.hit_id, reason, best.outlets, tale.confirmed)


def _fair(ranked: Sequence[Entry], indicator_of: Mapping[int, str], room: int) -> list[Entry]:
    """The weightiest, but a few of every indicator before many of one."""
    if len(ranked) <= room:
        return list(ranked)
    seen: Counter[str] = Counter()
    first: list[Entry] = []
    later: list[Entry] = []
    for entry in ranked:
        indicator = indicator_of[entry.story_id]
        seen[indicator] += 1
        (first if seen[indicator] <= FAIR_SHARE else later).append(entry)
    return (first + later)[:room]
