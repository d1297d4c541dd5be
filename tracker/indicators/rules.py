"""Which queries an item can satisfy at all: rules, and an index of them by the rarest thing that each requires."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from tracker.indicators.plan import Absent, All, Any, Apart, Chain, Condition, Leaf, Plan, Within

ANYTHING: frozenset[int] = frozenset()
Posted = Mapping[frozenset[int], Sequence[int]]
"""Required sets and the numbers of rules that hang on each of their patterns."""
MetTwice = Callable[[Collection[int]], list[int]]
"""From patterns to the rules whose numbers, plain and raised by the number of rules, both hang on one of them."""
RARE = 1e-6
MANY = 1000
"""Rules from which on numpy is worth its start."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alternative of a query. ``musts``: of each set one pattern is needed; ``bans``: none of any may be there.

    ``checks`` are what these sets leave open.
    """

    query: int
    plan: Plan
    musts: tuple[frozenset[int], ...]
    bans: tuple[frozenset[int], ...]
    checks: tuple[Plan, ...]

    def is_possible(self, hits: set[int]) -> bool:
        """Whether every required set was met and no banned one."""
        for must in self.musts:
            if must.isdisjoint(hits):
                return False
        return all(ban.isdisjoint(hits) for ban in self.bans) if self.bans else True


class Index:
    """Finds the rules that an item can satisfy from the patterns that it holds.

    A rule is a candidate where the item meets its two rarest required sets. For each pattern the rules whose rarest set
    it is in are kept as numbers, and those whose second it is in likewise, with the number of all rules added: numbers
    that lie together are read faster than objects strewn over memory. Negative patterns count from the end.
    """

    def __init__(self, rules: Sequence[Rule], patterns: int, frequency: Mapping[int, float]) -> None:
        """``patterns``: how many there are, negative ones included; ``frequency``: the share of items that hold one."""
        self._rules: list[Rule] = []
        total = len(rules)
        weights = {
            must: sum([frequency.get(pattern, RARE) for pattern in must])
            for must in {must for rule in rules for must in rule.musts}
        }
        posted: dict[frozenset[int], list[int]] = {}
        for number, rule in enumerate(rules):
            musts = sorted(rule.musts, key=weights.__getitem__)
            posted.setdefault(musts[0], []).append(number)
            posted.setdefault(musts[min(1, len(musts) - 1)], []).append(number + total)
            self._rules.append(replace(rule, musts=tuple(musts[2:])))
        self._met_twice = (_by_flags if total >= MANY else _by_bits)(posted, patterns, total)

    def __len__(self) -> int:
        return len(self._rules)

    def candidates(self, patterns: Collection[int]) -> list[Rule]:
        """The rules of which the two rarest required sets were met, in the order of the codebook."""
        return [self._rules[number] for number in self._met_twice(patterns)]

    def possible(self, hits: set[int]) -> list[Rule]:
        """The rules of which every required set was met and no banned one, in the order of the codebook."""
        return [rule for rule in self.candidates(hits) if rule.is_possible(hits)]


def _by_bits(posted: Posted, patterns: int, total: int) -> MetTwice:
    """For few rules: the numbers of a pattern are the bits of one integer, shared by patterns that mean the same."""
    bits = [0] * patterns
    shared: dict[int, int] = {}
    for must, numbers in posted.items():
        mask = sum([1 << number for number in set(numbers)])
        for pattern in must:
            known = bits[pattern] | mask
            bits[pattern] = shared.setdefault(known, known)

    def met_twice(patterns: Collection[int]) -> list[int]:
        met = 0
        for pattern in patterns:
            met |= bits[pattern]
        twice = met & (met >> total)
        found = []
        while twice:
            lowest = twice & -twice
            found.append(lowest.bit_length() - 1)
            twice ^= lowest
        return found

    return met_twice


def _by_flags(posted: Posted, patterns: int, total: int) -> MetTwice:
    """For many: all numbers lie in one array, are gathered at once, and raise a flag each."""
    import numpy as np

    numbers: list[list[int]] = [[] for _ in range(patterns)]
    for must, found in posted.items():
        for pattern in must:
            numbers[pattern] += found
    everything = np.fromiter(chain.from_iterable(numbers), dtype=np.int32)
    lengths = np.fromiter(map(len, numbers), dtype=np.intp, count=len(numbers))
    starts = np.cumsum(lengths) - lengths
    upwards = np.arange(len(everything))

    def met_twice(patterns: Collection[int]) -> list[int]:
        which = np.fromiter(patterns, dtype=np.intp, count=len(patterns))
        count = lengths[which]
        first = starts[which]
        first += count
        first -= count.cumsum()
        places = first.repeat(count)
        places += upwards[: len(places)]
        met = np.zeros(2 * total, dtype=np.bool_)
        met[everything[places]] = True
        found: list[int] = (met[:total] & met[total:]).nonzero()[0].tolist()
        return found

    return met_twice


def rules_of(plans: Sequence[Plan]) -> list[Rule]:
    """The rules of all queries, in their order; ``query`` is the place of a rule's query."""
    rules: list[Rule] = []
    for query, plan in enumerate(plans):
        rules += [_rule(query, branch) for branch in _branches(plan)]
    return _sharing(rules)


def _branches(plan: Plan) -> Iterator[Plan]:
    """The alternatives of a query; where they stand under conditions, (a OR b) NOT c is (a NOT c) OR (b NOT c).

    Only conditions that show no evidence are spread, so that what speaks for an item stays the same.
    """
    if isinstance(plan, Any):
        for node in plan.nodes:
            yield from _branches(node)
        return
    choices = [node for node in plan.nodes if isinstance(node, Any)] if isinstance(plan, All) else []
    if len(choices) == 1 and all(isinstance(n, Any | Absent | Condition) for n in plan.children()):
        rest = tuple(node for node in plan.children() if node is not choices[0])
        yield from (All(plan.source, (branch, *rest)) for branch in _branches(choices[0]))
        return
    yield plan


def _sharing(rules: list[Rule]) -> list[Rule]:
    """The rules with one object for all equal sets: many require the same concepts, of thousands of patterns each."""
    known: dict[frozenset[int], frozenset[int]] = {}

    def one(sets: tuple[frozenset[int], ...]) -> tuple[frozenset[int], ...]:
        return tuple(known.setdefault(found, found) for found in sets)

    return [replace(rule, musts=one(rule.musts), bans=one(rule.bans)) for rule in rules]


def _rule(query: int, plan: Plan) -> Rule:
    musts: list[frozenset[int]] = []
    bans: list[frozenset[int]] = []
    checks: list[Plan] = []
    for node in _conjuncts(plan):
        musts += _needs(node)
        if isinstance(node, Absent) and isinstance(node.node, Leaf) and not node.node.masks:
            bans.append(node.node.patterns | node.node.granted)
        elif not (isinstance(node, Leaf) and not node.masks):
            checks.append(node)
    return Rule(query, plan, tuple(dict.fromkeys(musts)) or (ANYTHING,), tuple(bans), tuple(checks))


def _conjuncts(plan: Plan) -> Iterator[Plan]:
    if isinstance(plan, All):
        for node in plan.nodes:
            yield from _conjuncts(node)
    else:
        yield plan


def _needs(plan: Plan) -> list[frozenset[int]]:
    """Sets of patterns of each of which the item must hold one for the plan to hold."""
    if isinstance(plan, All | Chain):
        return [need for child in plan.children() for need in _needs(child)]
    if isinstance(plan, Within):
        return _needs(plan.node)
    if isinstance(plan, Apart):
        return _needs(plan.left)
    cover = plan.cover()
    return [] if cover is None else [cover]
