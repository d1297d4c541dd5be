"""Which occurrences stand near which: NEAR and its kin, in time n log n.

An occurrence is a tuple that begins with its start and its end in the search text. Lists of them are sorted. Tokens are
counted only between those that may be near: most pairs stand so close, or so far, that their places alone decide.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any, Protocol

from tracker.indicators.tree import Link

Occurrence = tuple[Any, ...]


class Layout(Protocol):
    """How a text is divided."""

    def gap(self, end: int, start: int) -> int:
        """Tokens from the one that ends at ``end`` to the one that starts at ``start`` (adjacent = 1)."""

    def sentence_of(self, position: int) -> int:
        """The number of the sentence that a position stands in."""


SMALL = 48
"""Products of list lengths up to which comparing every pair is quicker than sorting."""


def close(left: Occurrence, right: Occurrence, link: Link, layout: Layout) -> bool:
    """Whether two occurrences stand as the link says."""
    if right[0] >= left[1]:
        before, after = left[1], right[0]
    elif link.ordered:
        return False
    elif left[0] >= right[1]:
        before, after = right[1], left[0]
    else:
        return True
    distance = link.distance
    if distance is not None and after - before >= distance and layout.gap(before, after) > distance:
        return False
    return not link.sentence or layout.sentence_of(before - 1) == layout.sentence_of(after)


def with_partner(
    ours: list[Occurrence], theirs: list[Occurrence], link: Link, layout: Layout, *, ours_left: bool
) -> list[Occurrence]:
    """Those of ours that stand near one of theirs. ``ours_left``: ours are the left operand of the link."""
    if not ours or not theirs:
        return []
    if len(ours) == 1 and len(theirs) == 1:
        pair = (ours[0], theirs[0]) if ours_left else (theirs[0], ours[0])
        return ours if close(*pair, link, layout) else []
    if len(ours) * len(theirs) <= SMALL:
        if ours_left:
            return [a for a in ours if any(close(a, b, link, layout) for b in theirs)]
        return [b for b in ours if any(close(a, b, link, layout) for a in theirs)]
    neighbours = Neighbours(theirs)
    kept = []
    for one in ours:
        for other in neighbours.of(one):
            pair = (one, other) if ours_left else (other, one)
            if close(*pair, link, layout):
                kept.append(one)
                break
    return kept


class Neighbours:
    """The nearest of a list on either side of an occurrence, and the furthest reaching that overlaps it."""

    def __init__(self, occurrences: list[Occurrence]) -> None:
        self.by_first = sorted(occurrences, key=lambda o: (o[0], o[1]))
        self.firsts = [o[0] for o in self.by_first]
        self.reach: list[Occurrence] = []
        for occurrence in self.by_first:
            further = not self.reach or occurrence[1] > self.reach[-1][1]
            self.reach.append(occurrence if further else self.reach[-1])
        self.by_last = sorted(occurrences, key=lambda o: (o[1], -o[0]))
        self.lasts = [o[1] for o in self.by_last]

    def of(self, one: Occurrence) -> list[Occurrence]:
        """Nearest before, one overlapping, nearest after: those that exist."""
        found = []
        before = bisect_right(self.lasts, one[0])
        if before:
            found.append(self.by_last[before - 1])
        after = bisect_left(self.firsts, one[1])
        if after:
            reaching = self.reach[after - 1]
            if reaching[1] > one[0]:
                found.append(reaching)
        if after < len(self.firsts):
            found.append(self.by_first[after])
        return found


def chain_members(
    operands: list[list[Occurrence]], links: tuple[Link, ...], layout: Layout
) -> list[list[Occurrence]] | None:
    """For each operand those occurrences that belong to a whole chain; None where there is no chain."""
    members = list(operands)
    for at, link in enumerate(links):
        members[at + 1] = with_partner(members[at + 1], members[at], link, layout, ours_left=False)
        if not members[at + 1]:
            return None
    for at in range(len(links) - 1, -1, -1):
        members[at] = with_partner(members[at], members[at + 1], links[at], layout, ours_left=True)
    return members


Stretch = tuple[int, int, tuple[Occurrence, ...]]
"""Start, end, and the occurrences that a unit consists of."""


def stretches(members: list[list[Occurrence]], links: tuple[Link, ...], layout: Layout) -> list[Stretch]:
    """The units that a chain forms, each from its start to its end, with its parts; sorted.

    Each member goes with its nearest neighbour on either side and with one that it overlaps. In chains of three and
    more, of the stretches that come to one occurrence from the same side only the shortest is followed on.
    """
    reached: dict[Occurrence, list[Stretch]] = {o: [(o[0], o[1], (o,))] for o in members[0]}
    for at, link in enumerate(links):
        onward: dict[Occurrence, list[Stretch]] = {}
        for left, right in _nearest_pairs(members[at], members[at + 1], link, layout):
            for first, last, parts in reached.get(left, ()):
                grown = (min(first, right[0]), max(last, right[1]), (*parts, right))
                onward.setdefault(right, []).append(grown)
        last_link = at == len(links) - 1
        reached = onward if last_link else {o: _shortest_of_each_side(o, grown) for o, grown in onward.items()}
    return sorted((stretch for found in reached.values() for stretch in found), key=lambda stretch: stretch[:2])


def _shortest_of_each_side(current: Occurrence, grown: list[Stretch]) -> list[Stretch]:
    best: dict[tuple[bool, bool], Stretch] = {}
    for stretch in sorted(grown, key=lambda stretch: (stretch[1] - stretch[0], stretch[0])):
        best.setdefault((stretch[0] < current[0], stretch[1] > current[1]), stretch)
    return list(best.values())


def _nearest_pairs(
    left: list[Occurrence], right: list[Occurrence], link: Link, layout: Layout
) -> list[tuple[Occurrence, Occurrence]]:
    pairs: dict[tuple[Occurrence, Occurrence], None] = {}
    neighbours = Neighbours(right)
    for one in left:
        for other in neighbours.of(one):
            if close(one, other, link, layout):
                pairs[one, other] = None
    neighbours = Neighbours(left)
    for other in right:
        for one in neighbours.of(other):
            if close(one, other, link, layout):
                pairs[one, other] = None
    return list(pairs)
