"""Which occurrences stand near which: NEAR and its kin over token positions, in time n log n.

An occurrence is a tuple that begins with its first and its last token. Lists of them are sorted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from tracker.indicators.query import Link

Occurrence = tuple[Any, ...]
SentenceOf = Callable[[int], int]
"""The number of the sentence that a token stands in."""

SMALL = 48
"""Products of list lengths up to which comparing every pair is quicker than sorting."""


def close(left: Occurrence, right: Occurrence, link: Link, sentence_of: SentenceOf) -> bool:
    """Whether two occurrences stand as the link says."""
    if right[0] > left[1]:
        gap, before, after = right[0] - left[1], left[1], right[0]
    elif link.ordered:
        return False
    elif left[0] > right[1]:
        gap, before, after = left[0] - right[1], right[1], left[0]
    else:
        return True
    if link.distance is not None and gap > link.distance:
        return False
    return not link.sentence or sentence_of(before) == sentence_of(after)


def with_partner(
    ours: list[Occurrence], theirs: list[Occurrence], link: Link, sentence_of: SentenceOf, *, ours_left: bool
) -> list[Occurrence]:
    """Those of ours that stand near one of theirs. ``ours_left``: ours are the left operand of the link."""
    if not ours or not theirs:
        return []
    if len(ours) * len(theirs) <= SMALL:
        if ours_left:
            return [a for a in ours if any(close(a, b, link, sentence_of) for b in theirs)]
        return [b for b in ours if any(close(a, b, link, sentence_of) for a in theirs)]
    neighbours = Neighbours(theirs)
    kept = []
    for one in ours:
        for other in neighbours.of(one):
            pair = (one, other) if ours_left else (other, one)
            if close(*pair, link, sentence_of):
                kept.append(one)
                break
    return kept


class Neighbours:
    """The nearest of a list on either side of an occurrence, and one that overlaps it."""

    def __init__(self, occurrences: list[Occurrence]) -> None:
        self.by_first = sorted(occurrences, key=lambda o: (o[0], o[1]))
        self.firsts = [o[0] for o in self.by_first]
        self.reach = list(accumulate(self.by_first, lambda best, o: o if o[1] > best[1] else best))
        self.by_last = sorted(occurrences, key=lambda o: (o[1], -o[0]))
        self.lasts = [o[1] for o in self.by_last]

    def of(self, one: Occurrence) -> list[Occurrence]:
        """Nearest before, one overlapping, nearest after: those that exist."""
        found = []
        before = bisect_left(self.lasts, one[0])
        if before:
            found.append(self.by_last[before - 1])
        after = bisect_right(self.firsts, one[1])
        if after:
            reaching = self.reach[after - 1]
            if reaching[1] >= one[0]:
                found.append(reaching)
        if after < len(self.firsts):
            found.append(self.by_first[after])
        return found


def chain_members(
    operands: list[list[Occurrence]], links: tuple[Link, ...], sentence_of: SentenceOf
) -> list[list[Occurrence]] | None:
    """For each operand those occurrences that belong to a whole chain; None where there is no chain."""
    members = list(operands)
    for at, link in enumerate(links):
        members[at + 1] = with_partner(members[at + 1], members[at], link, sentence_of, ours_left=False)
        if not members[at + 1]:
            return None
    for at in range(len(links) - 1, -1, -1):
        members[at] = with_partner(members[at], members[at + 1], links[at], sentence_of, ours_left=True)
    return members


def stretches(
    members: list[list[Occurrence]], links: tuple[Link, ...], sentence_of: SentenceOf
) -> list[tuple[int, int, tuple[Occurrence, ...]]]:
    """The units that a chain forms, each from its first to its last token, with its parts.

    Each member goes with its nearest neighbour on either side and one that it overlaps. Of the stretches that come to
    the same occurrence of an operand, from the same sides, the shortest is followed on.
    """
    states = {(o, ()): (o[0], o[1], (o,)) for o in members[0]}
    for at, link in enumerate(links):
        pairs = _nearest_pairs(members[at], members[at + 1], link, sentence_of)
        onward: dict[Occurrence, list[tuple[int, int, tuple[Occurrence, ...]]]] = {}
        for (current, _), state in states.items():
            onward.setdefault(current, []).append(state)
        states = {}
        for left, right in pairs:
            for first, last, parts in onward.get(left, ()):
                grown = (min(first, right[0]), max(last, right[1]), (*parts, right))
                sides: tuple[object, ...] = (grown[0] < right[0], grown[1] > right[1])
                if at == len(links) - 1:
                    sides = grown[:2]
                old = states.get((right, sides))
                if old is None or (grown[1] - grown[0], grown[0]) < (old[1] - old[0], old[0]):
                    states[right, sides] = grown
    unique: dict[tuple[int, int], tuple[int, int, tuple[Occurrence, ...]]] = {}
    for state in states.values():
        unique.setdefault(state[:2], state)
    return sorted(unique.values(), key=lambda state: state[:2])


def _nearest_pairs(
    left: list[Occurrence], right: list[Occurrence], link: Link, sentence_of: SentenceOf
) -> list[tuple[Occurrence, Occurrence]]:
    pairs: dict[tuple[Occurrence, Occurrence], None] = {}
    neighbours = Neighbours(right)
    for one in left:
        for other in neighbours.of(one):
            if close(one, other, link, sentence_of):
                pairs[one, other] = None
    neighbours = Neighbours(left)
    for other in right:
        for one in neighbours.of(other):
            if close(one, other, link, sentence_of):
                pairs[one, other] = None
    return list(pairs)
