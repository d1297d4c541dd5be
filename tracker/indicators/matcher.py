"""Item -> matches with evidence. One automaton finds all terms; only queries whose rarest clause was met are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from tracker.indicators import normalise, scoring
from tracker.indicators.codebook import Codebook
from tracker.indicators.compiling import Compiled, compile_plans, name_matches
from tracker.indicators.nearness import Occurrence
from tracker.indicators.plan import Absent, All, Any, Apart, Chain, Leaf, Plan, Within, cheapest, leaves
from tracker.indicators.scan import Raw, Scan, present_fields
from tracker.model import Evidence, Item, Match

MAX_EVIDENCE = 200
"""Spans that one match keeps at most, the first of the text."""
DFA_STATES = 150_000
"""Sum of pattern lengths up to which the quicker, larger kind of automaton is built."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alternative of a query. ``musts``: of each set one pattern is needed; ``bans``: none of any may be there."""

    query: int
    plan: Plan
    musts: tuple[frozenset[int], ...]
    bans: tuple[frozenset[int], ...]
    checks: tuple[Plan, ...]


class Matcher:
    """A compiled codebook. ``match`` may be called from several threads."""

    def __init__(self, codebook: Codebook, compiled: Compiled) -> None:
        self.codebook = codebook
        self.compiled = compiled
        self.names = [indicator.id for indicator in codebook.indicators]
        strings = list(compiled.patterns.strings)
        self._costs = [_expected_frequency(string) for string in strings]
        self._find = _automaton(strings)
        self._guarded = compiled.patterns.guarded
        self._granted = compiled.patterns.granted
        self._special = frozenset(self._guarded) | compiled.masks
        self._sources: dict[str, frozenset[int]] = {}
        self._leaves = {leaf.number: leaf for plan in compiled.plans for leaf in _leaves_of(plan)}
        self._rules: list[Rule] = []
        self._by_pattern: dict[int, tuple[int, ...]] = {}
        self._index(compiled.plans)

    def match(self, item: Item) -> tuple[Match, ...]:
        """Every indicator whose query the item satisfies, in the order of the codebook, with evidence and score."""
        scan = self.scan(item)
        if scan is None:
            return ()
        fitting = self.fitting(scan)
        return tuple(match for match in (self._match(scan, query, plans) for query, plans in fitting.items()) if match)

    def match_many(self, items: Iterable[Item]) -> Iterator[tuple[Match, ...]]:
        """The matches of each item, in order."""
        return map(self.match, items)

    def scan(self, item: Item, *, masks: bool = True, always: bool = False) -> Scan | None:
        """What the automaton finds in an item, masks and sources heeded; None where there is nothing (but ``always``).

        ``masks`` False: as if there were none.
        """
        names, fields = present_fields(item)
        search = normalise.search_text(fields)
        try:
            raw: list[Raw] = self._find(search, overlapping=True)
        except UnicodeEncodeError:
            fields = tuple(map(normalise.without_surrogates, fields))
            search = normalise.search_text(fields)
            raw = self._find(search, overlapping=True)
        if not raw and not always:
            return None
        scan = Scan(item, names, fields, search)
        scan.masks = masks
        hits = scan.hits = {found[0] for found in raw}
        scan.take(raw)
        if not self._special.isdisjoint(hits):
            self._heed(scan)
            hits = scan.hits
        if self._granted and (item.source or item.implies):
            hits |= self._implied(item)
        return scan

    def evidence(self, scan: Scan, occurrences: list[Occurrence]) -> tuple[Evidence, ...]:
        """Places as spans of the stored text, in its order, each once."""
        found: dict[tuple[int, int], Evidence] = {}
        for first, last, pattern, number in sorted(leaves(occurrences), key=lambda o: (o[0], -o[1])):
            if (first, last) in found:
                continue
            term, concept = self._leaves[number].name_of(pattern)
            name, start, end = scan.place(first, last)
            text = scan.fields[scan.names.index(name)][start:end]
            found[first, last] = Evidence(name, start, end, text, term, concept)
            if len(found) >= MAX_EVIDENCE:
                break
        return tuple(found.values())

    def _match(self, scan: Scan, query: int, plans: list[Plan]) -> Match | None:
        occurrences = [occurrence for plan in plans for occurrence in plan.evidence(scan)]
        evidence = self.evidence(scan, occurrences)
        if not evidence:
            return None
        return Match(self.names[query], scoring.score(scan, evidence), evidence)

    def fitting(self, scan: Scan) -> dict[int, list[Plan]]:
        """Queries that hold, by their place in the codebook, each with those of its alternatives that do."""
        hits = scan.hits
        by_pattern = self._by_pattern
        candidates = set().union(*[by_pattern[p] for p in by_pattern.keys() & hits])
        fitting: dict[int, list[Plan]] = {}
        for number in sorted(candidates):
            rule = self._rules[number]
            if any(must.isdisjoint(hits) for must in rule.musts):
                continue
            if not all(ban.isdisjoint(hits) for ban in rule.bans):
                continue
            if all(check.holds(scan) for check in rule.checks):
                fitting.setdefault(rule.query, []).append(rule.plan)
        return fitting

    def _heed(self, scan: Scan) -> None:
        """Add patterns whose guards agree, then take away what lies inside masks that are in force everywhere."""
        for pattern in sorted(self._guarded.keys(), reverse=True):
            if pattern not in scan.hits:
                continue
            places = list(zip(scan.tokens(pattern), scan.found[pattern], strict=True))
            for number, check in self._guarded[pattern]:
                agreed = [place for (first, last), place in places if check(scan, first, last)]
                if agreed:
                    scan.found[number] = agreed
                    scan.hits.add(number)
        if scan.masks and not self.compiled.masks.isdisjoint(scan.hits):
            scan.mask([place for mask in self.compiled.masks & scan.hits for place in scan.tokens(mask)])

    def _implied(self, item: Item) -> frozenset[int]:
        known = self._sources.get(item.source)
        if known is None:
            source = item.source.casefold()
            concepts = [c for name, names in self.codebook.sources if name_matches(name, source) for c in names]
            known = frozenset(self._granted[c] for c in concepts if c in self._granted)
            if len(self._sources) < 100_000:
                self._sources[item.source] = known
        return known.union(self._granted[c] for c in item.implies if c in self._granted)

    def _index(self, plans: tuple[Plan, ...]) -> None:
        posts: dict[int, list[int]] = {}
        for query, plan in enumerate(plans):
            for branch in plan.nodes if isinstance(plan, Any) else (plan,):
                rule = _rule(query, branch)
                key = cheapest([*rule.musts], self._cost)
                if key is None:
                    continue
                rule = Rule(query, branch, tuple(m for m in rule.musts if m is not key), rule.bans, rule.checks)
                for pattern in key:
                    posts.setdefault(pattern, []).append(len(self._rules))
                self._rules.append(rule)
        self._by_pattern = {pattern: tuple(rules) for pattern, rules in posts.items()}

    def _cost(self, pattern: int) -> float:
        return self._costs[pattern] if pattern >= 0 else 0.01


def compile_codebook(codebook: Codebook) -> Matcher:
    """The matcher of a codebook."""
    return Matcher(codebook, compile_plans(codebook))


def _automaton(strings: list[str]) -> Callable[..., list[Raw]]:
    if not strings:
        return lambda haystack, overlapping: []
    kind = Implementation.DFA if sum(map(len, strings)) <= DFA_STATES else None
    return AhoCorasick(strings, implementation=kind).find_matches_as_indexes


def _expected_frequency(string: str) -> float:
    """A guess at the share of items that hold a pattern, from its length alone."""
    key = string.strip()
    length = sum(3 if normalise.is_cjk(character) else 1 for character in key)
    return 0.5 * 0.7 ** (length if string.endswith(" ") or normalise.is_cjk(key[-1]) else length - 2)


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
    return Rule(query, plan, tuple(dict.fromkeys(musts)), tuple(bans), tuple(checks))


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
    cover = plan.cover(lambda pattern: 1.0)
    return [] if cover is None else [cover]


def _leaves_of(plan: Plan) -> Iterator[Leaf]:
    if isinstance(plan, Leaf):
        yield plan
    for child in plan.children():
        yield from _leaves_of(child)
