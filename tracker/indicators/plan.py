"""A compiled query: nodes that say whether an item fits, which places speak for it, and what it cannot do without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from tracker.indicators.nearness import Occurrence, chain_members, stretches, with_partner
from tracker.indicators.scan import Scan, outside
from tracker.indicators.tree import Link, Node, Term, render

_by_place = itemgetter(0, 1)
Members = tuple[list[list[Occurrence]], tuple[Link, ...]]
"""For each operand of a chain the occurrences that belong to a whole chain, and what binds them."""


PatternsOf = Mapping[Term, tuple[int, ...]]


@dataclass(slots=True, eq=False)
class Plan:
    """A node. ``source`` is what it was compiled from: a tree, or the name of a concept."""

    source: Node | str

    @property
    def label(self) -> str:
        """Its query text."""
        return self.source if isinstance(self.source, str) else render(self.source)

    def holds(self, scan: Scan) -> bool:
        """Whether the item fits."""
        return bool(self.occurrences(scan))

    def occurrences(self, scan: Scan) -> list[Occurrence]:
        """Where it occurs, sorted; for nodes that may stand beside NEAR."""
        raise NotImplementedError

    def evidence(self, scan: Scan) -> list[Occurrence]:
        """The places that made it hold; asked only where it does."""
        return self.occurrences(scan)

    def possible(self, hits: set[int]) -> bool:
        """A quick look: False where it surely does not hold."""
        return True

    def implied(self, scan: Scan) -> bool:
        """Whether the source takes it for granted."""
        return False

    def cover(self) -> frozenset[int] | None:
        """Patterns of which the item must hold one; None where no such set is known."""
        return None

    def children(self) -> tuple[Plan, ...]:
        """The nodes directly below."""
        return ()


@dataclass(slots=True, eq=False)
class Leaf(Plan):
    """Any of many patterns. Places inside ``masks`` do not count; ``granted`` stand for implied concepts."""

    patterns: frozenset[int]
    terms: tuple[tuple[Term, str], ...]
    """Its terms, each with the concept that it belongs to ("" where it stands in the query itself)."""
    patterns_of: PatternsOf
    masks: frozenset[int] = frozenset()
    granted: frozenset[int] = frozenset()
    _names: dict[int, tuple[str, str]] | None = None

    def holds(self, scan: Scan) -> bool:
        hits = scan.hits
        if self.masks and scan.masks and not self.masks.isdisjoint(hits):
            return not self.granted.isdisjoint(hits) or bool(self.occurrences(scan))
        return not (self.patterns.isdisjoint(hits) and self.granted.isdisjoint(hits))

    def occurrences(self, scan: Scan) -> list[Occurrence]:
        found = scan.cache.get(self)
        if found is None:
            hits = scan.hits
            found = [(a, e, pattern, self) for pattern in self.patterns & hits for a, e in scan.places(pattern)]
            if len(found) > 1:
                found.sort(key=_by_place)
            if self.masks and found and scan.masks and not self.masks.isdisjoint(hits):
                masks = [place for mask in self.masks & hits for place in scan.places(mask)]
                kept = outside(found, masks)
                scan.masked += [o[:3] for o in set(found).difference(kept)]
                found = kept
            scan.cache[self] = found
        return found

    def possible(self, hits: set[int]) -> bool:
        return not (self.patterns.isdisjoint(hits) and self.granted.isdisjoint(hits))

    def implied(self, scan: Scan) -> bool:
        return not self.granted.isdisjoint(scan.hits)

    def cover(self) -> frozenset[int] | None:
        return self.patterns | self.granted

    def name_of(self, pattern: int) -> tuple[str, str]:
        """The term and the concept that a pattern of this leaf comes from."""
        if self._names is None:
            pairs = ((number, (shown(t), concept)) for t, concept in self.terms for number in self.patterns_of[t])
            self._names = dict(reversed(list(pairs)))
        return self._names[pattern]


@dataclass(slots=True, eq=False)
class Any(Plan):
    """OR."""

    nodes: tuple[Plan, ...]

    def holds(self, scan: Scan) -> bool:
        hits = scan.hits
        return any(node.possible(hits) and node.holds(scan) for node in self.nodes)

    def occurrences(self, scan: Scan) -> list[Occurrence]:
        hits = scan.hits
        found = [o for node in self.nodes if node.possible(hits) for o in node.occurrences(scan)]
        return sorted(found, key=_by_place)

    def evidence(self, scan: Scan) -> list[Occurrence]:
        return [occurrence for node in self.nodes if node.holds(scan) for occurrence in node.evidence(scan)]

    def possible(self, hits: set[int]) -> bool:
        return any(node.possible(hits) for node in self.nodes)

    def implied(self, scan: Scan) -> bool:
        return any(node.implied(scan) for node in self.nodes)

    def cover(self) -> frozenset[int] | None:
        covers = [node.cover() for node in self.nodes]
        found: frozenset[int] = frozenset()
        for cover in covers:
            if cover is None:
                return None
            found |= cover
        return found

    def children(self) -> tuple[Plan, ...]:
        return self.nodes


@dataclass(slots=True, eq=False)
class All(Plan):
    """AND."""

    nodes: tuple[Plan, ...]

    def holds(self, scan: Scan) -> bool:
        return all(node.holds(scan) for node in self.nodes)

    def evidence(self, scan: Scan) -> list[Occurrence]:
        return [occurrence for node in self.nodes for occurrence in node.evidence(scan)]

    def possible(self, hits: set[int]) -> bool:
        return all(node.possible(hits) for node in self.nodes)

    def cover(self) -> frozenset[int] | None:
        return smallest([node.cover() for node in self.nodes])

    def children(self) -> tuple[Plan, ...]:
        return self.nodes


@dataclass(slots=True, eq=False)
class Absent(Plan):
    """NOT."""

    node: Plan

    def holds(self, scan: Scan) -> bool:
        return not self.node.holds(scan)

    def evidence(self, scan: Scan) -> list[Occurrence]:
        return []

    def children(self) -> tuple[Plan, ...]:
        return (self.node,)


@dataclass(slots=True, eq=False)
class Within(Plan):
    """A field; ``name`` "text" stands for all of them."""

    name: str
    node: Plan

    def occurrences(self, scan: Scan) -> list[Occurrence]:
        found = self.node.occurrences(scan)
        if self.name == "text":
            return found
        return [o for o in found if scan.in_field(self.name, o[0]) and scan.in_field(self.name, o[1] - 1)]

    def possible(self, hits: set[int]) -> bool:
        return self.node.possible(hits)

    def cover(self) -> frozenset[int] | None:
        return self.node.cover()

    def children(self) -> tuple[Plan, ...]:
        return (self.node,)


@dataclass(slots=True, eq=False)
class Condition(Plan):
    """A property of the item rather than of its text."""

    test: Callable[[Scan], bool]

    def holds(self, scan: Scan) -> bool:
        return self.test(scan)

    def evidence(self, scan: Scan) -> list[Occurrence]:
        return []


@dataclass(slots=True, eq=False)
class Chain(Plan):
    """NEAR: neighbours in order, with what binds them. Sides that the source implies may be dropped."""

    operands: tuple[Plan, ...]
    links: tuple[Link, ...]

    def holds(self, scan: Scan) -> bool:
        return self._members(scan) is not None

    def occurrences(self, scan: Scan) -> list[Occurrence]:
        found = self._members(scan) if self.possible(scan.hits) else None
        return [] if found is None else list(stretches(found[0], found[1], scan))

    def evidence(self, scan: Scan) -> list[Occurrence]:
        found = self._members(scan)
        return [] if found is None else [occurrence for side in found[0] for occurrence in side]

    def possible(self, hits: set[int]) -> bool:
        return all(operand.possible(hits) for operand in self.operands)

    def cover(self) -> frozenset[int] | None:
        return smallest([operand.cover() for operand in self.operands])

    def children(self) -> tuple[Plan, ...]:
        return self.operands

    def _members(self, scan: Scan) -> Members | None:
        known: dict[Plan, Members | None] = scan.members
        if self not in known:
            known[self] = self._find_members(scan)
        return known[self]

    def _find_members(self, scan: Scan) -> Members | None:
        sides = []
        complete = True
        for operand in self.operands:
            side = operand.occurrences(scan)
            if not side:
                complete = False
                if not operand.implied(scan):
                    return None
            sides.append(side)
        if complete:
            members = chain_members(sides, self.links, scan)
            if members is not None:
                return members, self.links
        return self._without_implied(sides, scan)

    def _without_implied(self, sides: list[list[Occurrence]], scan: Scan) -> Members | None:
        named = [at for at, operand in enumerate(self.operands) if not operand.implied(scan)]
        if not named or len(named) == len(sides):
            return None
        links = tuple(_joined(self.links[a:b]) for a, b in pairwise(named))
        members = chain_members([sides[at] for at in named], links, scan)
        return None if members is None else (members, links)


@dataclass(slots=True, eq=False)
class Apart(Plan):
    """NOT NEAR: occurrences of ``left`` without a ``right`` near by."""

    left: Plan
    right: Plan
    link: Link

    def occurrences(self, scan: Scan) -> list[Occurrence]:
        left = self.left.occurrences(scan)
        right = self.right.occurrences(scan) if left else []
        if not right:
            return left
        near = set(with_partner(left, right, self.link, scan, ours_left=True))
        return [occurrence for occurrence in left if occurrence not in near]

    def possible(self, hits: set[int]) -> bool:
        return self.left.possible(hits)

    def cover(self) -> frozenset[int] | None:
        return self.left.cover()

    def children(self) -> tuple[Plan, ...]:
        return (self.left, self.right)


def shown(term: Term) -> str:
    """A term as people write it."""
    if term.kind == "prefix":
        return term.text + "*"
    return f"={term.text}" if term.kind == "exact" else term.text


def smallest(covers: list[frozenset[int] | None]) -> frozenset[int] | None:
    """The smallest of the covers that are known."""
    return min((cover for cover in covers if cover is not None), key=len, default=None)


def leaves(occurrences: list[Occurrence]) -> list[Occurrence]:
    """The occurrences of terms that units consist of."""
    found = []
    for occurrence in occurrences:
        if len(occurrence) == 4:
            found.append(occurrence)
        else:
            found += leaves(list(occurrence[2]))
    return found


def _joined(links: tuple[Link, ...]) -> Link:
    distances = [link.distance for link in links if link.distance is not None]
    return Link(
        sum(distances) if len(distances) == len(links) else None,
        all(link.ordered for link in links),
        all(link.sentence for link in links),
    )
