"""Item -> matches with evidence. One automaton finds all terms; queries whose rarest clauses were met are tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ahocorasick_rs import AhoCorasick, Implementation

from tracker.indicators import normalise, scoring
from tracker.indicators.codebook import Codebook
from tracker.indicators.compiling import Compiled, compile_plans, name_matches
from tracker.indicators.nearness import Occurrence
from tracker.indicators.patterns import expected_frequency
from tracker.indicators.plan import Plan, leaves
from tracker.indicators.rules import Index, Rule, rules_of
from tracker.indicators.scan import Found, Raw, Scan, present_fields
from tracker.model import Evidence, Item, Match

MAX_EVIDENCE = 200
"""Spans that one match keeps at most, the first of the text."""
NOTHING: frozenset[int] = frozenset()
LEARNING_ITEMS = 2000
WORTH_TUNING = 1000
"""Rules from which on it pays to learn how frequent patterns are."""
DFA_STATES = 150_000
"""Sum of pattern lengths up to which the quicker, larger kind of automaton is built."""


class Matcher:
    """A compiled codebook. ``match`` may be called from several threads."""

    def __init__(self, codebook: Codebook, compiled: Compiled) -> None:
        self.codebook = codebook
        self.compiled = compiled
        self.names = [indicator.id for indicator in codebook.indicators]
        self._strings = strings = list(compiled.patterns.strings)
        self._find = _automaton(strings)
        self._guarded = compiled.patterns.guarded
        self._granted = compiled.patterns.granted
        self._special = frozenset(self._guarded) | compiled.masks
        self._sources: dict[str, frozenset[int]] = {}
        self._index = self._indexed({n: expected_frequency(s) for n, s in enumerate(strings)})
        self._counted: Counter[int] | None = Counter() if len(self._index) >= WORTH_TUNING else None
        self._seen = 0

    def match(self, item: Item) -> tuple[Match, ...]:
        """Every indicator whose query the item satisfies, in the order of the codebook, with evidence and score."""
        candidate = self._candidate(item)
        return () if candidate is None else self._matches(*candidate)

    def _candidate(self, item: Item) -> tuple[Scan, list[Rule]] | None:
        """What was found in an item, and the rules that it may satisfy; None where there are none."""
        names, fields = present_fields(item)
        found = self._search(fields)
        raw = found[-1]
        if not raw:
            return None
        patterns = [pattern for pattern, _, _ in raw]
        if self._counted is not None:
            self._count(set(patterns))
        if (not self._special or self._special.isdisjoint(patterns)) and not self._implied(item):
            candidates = self._index.candidates(patterns)
            if not candidates:
                return None
            hits = set(patterns)
            rules = [rule for rule in candidates if rule.is_possible(hits)]
            return (Scan(item, names, found, hits, self._strings), rules) if rules else None
        scan = Scan(item, names, found, set(patterns), self._strings)
        self._heed(scan)
        return scan, self._index.possible(scan.hits)

    def _matches(self, scan: Scan, rules: list[Rule]) -> tuple[Match, ...]:
        found = (self._match(scan, query, plans) for query, plans in _fitting(rules, scan).items())
        return tuple(match for match in found if match is not None)

    def _count(self, hits: set[int]) -> None:
        """Learn from the first items how frequent patterns are, then index anew. It changes the speed alone."""
        counted = self._counted
        if counted is None:
            return
        counted.update(hits)
        self._seen += 1
        if self._seen == LEARNING_ITEMS:
            self._counted = None
            self._index = self._indexed({pattern: n / self._seen for pattern, n in counted.items()})

    def _indexed(self, frequency: dict[int, float]) -> Index:
        return Index(rules_of(self.compiled.plans), self.compiled.patterns.count, frequency)

    def scan(self, item: Item, *, masks: bool = True, always: bool = False) -> Scan | None:
        """What the automaton finds in an item, masks and sources heeded; None where there is nothing (but ``always``).

        ``masks`` False: as if there were none.
        """
        names, fields = present_fields(item)
        found = self._search(fields)
        if not found[-1] and not always:
            return None
        scan = Scan(item, names, found, {one[0] for one in found[-1]}, self._strings)
        scan.masks = masks
        self._heed(scan)
        return scan

    def fitting(self, scan: Scan) -> dict[int, list[Plan]]:
        """Queries that hold, by their place in the codebook, each with those of its alternatives that do."""
        return _fitting(self._index.possible(scan.hits), scan)

    def evidence(self, scan: Scan, occurrences: list[Occurrence]) -> tuple[Evidence, ...]:
        """Places as spans of the stored text, in its order, each once."""
        found = {occurrence[:2]: occurrence for occurrence in reversed(leaves(occurrences))}
        place = scan.place
        return tuple(
            Evidence(*place(start, end), *leaf.name_of(pattern))
            for start, end, pattern, leaf in [found[key] for key in sorted(found)[:MAX_EVIDENCE]]
        )

    def _match(self, scan: Scan, query: int, plans: list[Plan]) -> Match | None:
        occurrences = [occurrence for plan in plans for occurrence in plan.evidence(scan)]
        evidence = self.evidence(scan, occurrences)
        if not evidence:
            return None
        return Match(self.names[query], scoring.score(evidence), evidence)

    def _search(self, fields: tuple[str, ...]) -> Found:
        text = normalise.joined(fields)
        search, folded = normalise.searchable(text)
        try:
            return fields, text, search, folded, self._find(search, overlapping=True)
        except UnicodeEncodeError:
            return self._search(tuple(map(normalise.without_surrogates, fields)))

    def _heed(self, scan: Scan) -> None:
        """Add patterns whose guards agree and concepts implied; take away what the masks of all indicators hide."""
        scan.hits |= self._implied(scan.item)
        if self._special.isdisjoint(scan.hits):
            return
        guarded = self._guarded
        pending = [pattern for pattern in scan.hits if pattern in guarded]
        for pattern in pending:
            places = scan.places(pattern)
            for number, check in guarded[pattern]:
                agreed = [place for place in places if check(scan, *place)]
                if agreed:
                    scan.add(number, agreed)
                    if number in guarded:
                        pending.append(number)
        if scan.masks and not self.compiled.masks.isdisjoint(scan.hits):
            scan.mask([place for mask in self.compiled.masks & scan.hits for place in scan.places(mask)])

    def _implied(self, item: Item) -> frozenset[int]:
        """The numbers that stand for the concepts which the item's source implies."""
        if not self._granted:
            return NOTHING
        known = self._sources.get(item.source)
        if known is None:
            source = item.source.casefold()
            concepts = [c for name, names in self.codebook.sources if name_matches(name, source) for c in names]
            known = frozenset(self._granted[c] for c in concepts if c in self._granted)
            if len(self._sources) < 100_000:
                self._sources[item.source] = known
        return known.union(self._granted[c] for c in item.implies if c in self._granted) if item.implies else known


def compile_codebook(codebook: Codebook) -> Matcher:
    """The matcher of a codebook."""
    return Matcher(codebook, compile_plans(codebook))


def _automaton(strings: list[str]) -> Callable[..., list[Raw]]:
    if not strings:
        return lambda haystack, overlapping: []
    kind = Implementation.DFA if sum(map(len, strings)) <= DFA_STATES else None
    return AhoCorasick(strings, implementation=kind).find_matches_as_indexes


def _fitting(rules: list[Rule], scan: Scan) -> dict[int, list[Plan]]:
    fitting: dict[int, list[Plan]] = {}
    for rule in rules:
        for check in rule.checks:
            if not check.holds(scan):
                break
        else:
            fitting.setdefault(rule.query, []).append(rule.plan)
    return fitting
