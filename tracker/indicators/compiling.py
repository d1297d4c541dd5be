"""A codebook -> patterns for the automaton and a plan for every indicator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby

from tracker.indicators import checking, forms_cache, inflect, normalise
from tracker.indicators.codebook import EVERYWHERE, Codebook, Definition
from tracker.indicators.patterns import Check, Patterns, string_of
from tracker.indicators.plan import Absent, All, Any, Apart, Chain, Condition, Leaf, Plan, Within
from tracker.indicators.scan import Scan
from tracker.indicators.tree import And, Concept, Filter, Near, Node, Not, NotNear, Or, Place, Term

Forms = Mapping[Term, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a matcher runs on. ``plans`` are in the order of the codebook's indicators."""

    patterns: Patterns
    plans: tuple[Plan, ...]
    masks: frozenset[int]
    patterns_of: Mapping[Term, tuple[int, ...]]
    forms: Forms


def all_terms(codebook: Codebook) -> Iterator[Term]:
    """Every term of a codebook, as often as it stands there."""
    for concept in codebook.lexicon.values():
        for entry in concept.entries:
            yield from _terms(entry.node)
        yield from (mask for mask in concept.masks if isinstance(mask, Term))
    for masks in codebook.masks.values():
        yield from (mask for mask in masks if isinstance(mask, Term))
    for definition in codebook.definitions:
        yield from _terms(definition.tree)
        for tree in definition.where.values():
            yield from _terms(tree)
        yield from (mask for mask in definition.masks if isinstance(mask, Term))


def compile_plans(codebook: Codebook) -> Compiled:
    """Patterns and plans of a codebook."""
    terms = all_terms(codebook)
    forms: Forms = forms_cache.expand(terms) if codebook.inflect else inflect.expand(terms, inflect=False)
    compiler = _Compiler(codebook, forms)
    plans = tuple(map(compiler.definition, codebook.definitions))
    masks = compiler.mask_patterns(codebook.masks.get(EVERYWHERE, ()))
    return Compiled(compiler.patterns, plans, masks, compiler.patterns_of, forms)


class _Compiler:
    def __init__(self, codebook: Codebook, forms: Forms) -> None:
        self.codebook = codebook
        self.patterns = Patterns()
        strings = {string_of(key, prefix=t.kind == "prefix") for t, keys in forms.items() for key in keys}
        self.patterns.number(strings)
        self.patterns_of = {term: self._patterns_of(term, keys) for term, keys in forms.items()}
        self.concepts: dict[tuple[str, frozenset[int], bool], Plan] = {}

    def _patterns_of(self, term: Term, keys: tuple[str, ...]) -> tuple[int, ...]:
        numbers = [self.patterns.of_form(key, prefix=term.kind == "prefix") for key in keys]
        if term.kind == "exact":
            written = normalise.cased_key(term.text)
            numbers = [self.patterns.guard(number, f"={written}", _as_written(written)) for number in numbers]
        return tuple(numbers)

    def definition(self, definition: Definition) -> Plan:
        masks = self.mask_patterns(definition.masks)
        return _Query(self, definition, masks).plan(definition.tree)

    def mask_patterns(self, masks: Iterable[Term | Concept]) -> frozenset[int]:
        found: set[int] = set()
        for mask in masks:
            if isinstance(mask, Term):
                found.update(self.patterns_of[mask])
            else:
                found |= self.mask_patterns(self.codebook.masks[mask.name])
        return frozenset(found)

    def concept(self, name: str, masks: frozenset[int], *, in_words: bool) -> Plan:
        """The plan of a concept of the lexicon. ``in_words``: what the source implies does not count."""
        known = self.concepts.get((name, masks, in_words))
        if known is not None:
            return known
        definition = self.codebook.lexicon[name]
        mine = masks | self.mask_patterns(definition.masks)
        parts: list[Plan] = []
        query = _Query(self, None, mine, concept=name, in_words=True)
        for simple, entries in groupby(definition.entries, lambda e: isinstance(e.node, Term) and not e.only):
            if simple:
                parts.append(query.leaf(f"@{name}", [entry.node for entry in entries if isinstance(entry.node, Term)]))
                continue
            for entry in entries:
                plan = query.plan(entry.node)
                parts.append(self._only(plan, entry.only) if entry.only else plan)
        granted = frozenset() if in_words else frozenset({self.patterns.grant(name)})
        if granted:
            parts.append(Leaf(f"@{name}", frozenset(), (), self.patterns_of, mine, granted))
        plan = merged(f"@{name}", parts)
        self.concepts[name, masks, in_words] = plan
        return plan

    def _only(self, plan: Plan, language: str) -> Plan:
        """The plan, its terms limited to items of a language."""
        if isinstance(plan, Any):
            return Any(plan.source, tuple(self._only(node, language) for node in plan.nodes))
        if isinstance(plan, Chain):
            return Chain(plan.source, tuple(self._only(node, language) for node in plan.operands), plan.links)
        if isinstance(plan, Apart):
            return Apart(plan.source, self._only(plan.left, language), plan.right, plan.link)
        if isinstance(plan, Within):
            return Within(plan.source, plan.name, self._only(plan.node, language))
        return self._only_leaf(plan, language) if isinstance(plan, Leaf) else plan

    def _only_leaf(self, leaf: Leaf, language: str) -> Leaf:
        patterns_of: dict[Term, tuple[int, ...]] = {}
        for term, _ in leaf.terms:
            known = leaf.patterns_of[term]
            spoken = _spoken(language)
            patterns_of[term] = tuple(self.patterns.guard(n, f"language {language}", spoken) for n in known)
        numbers = frozenset(number for found in patterns_of.values() for number in found)
        return Leaf(leaf.source, numbers, leaf.terms, patterns_of, leaf.masks, leaf.granted)


class _Query:
    """Compiles one tree: of an indicator, of one of its sub-queries, or of an entry of a concept."""

    def __init__(
        self,
        compiler: _Compiler,
        definition: Definition | None,
        masks: frozenset[int],
        *,
        concept: str = "",
        in_words: bool = False,
    ) -> None:
        self.compiler = compiler
        self.where = definition.where if definition else {}
        self.masks = masks
        self.concept = concept
        self.in_words = in_words
        self.named: dict[tuple[str, bool], Plan] = {}

    def leaf(self, source: Node | str, terms: Sequence[Term]) -> Leaf:
        """Any of the terms."""
        patterns_of = self.compiler.patterns_of
        patterns = frozenset(chain.from_iterable([patterns_of[term] for term in terms]))
        named = tuple([(term, self.concept) for term in terms])
        return Leaf(source if len(terms) > 1 else terms[0], patterns, named, patterns_of, self.masks)

    def plan(self, node: Node) -> Plan:
        if isinstance(node, Term):
            return self.leaf(node, (node,))
        if isinstance(node, Concept):
            return self._named(node)
        if isinstance(node, Or):
            terms = [one for one in node.nodes if isinstance(one, Term)]
            if len(terms) == len(node.nodes):
                return self.leaf(node, terms)
            return merged(node, list(map(self.plan, node.nodes)))
        if isinstance(node, And):
            return All(node, tuple(map(self.plan, node.nodes)))
        if isinstance(node, Not):
            return Absent(node, self.plan(node.node))
        if isinstance(node, Near):
            return Chain(node, tuple(map(self.plan, node.operands)), node.links)
        if isinstance(node, NotNear):
            return Apart(node, self._in_words(node.left), self._in_words(node.right), node.link)
        if isinstance(node, Place):
            return placed(node, node.field, self._in_words(node.node))
        return Condition(node, _condition(node))

    def _in_words(self, node: Node) -> Plan:
        before, self.in_words = self.in_words, True
        plan = self.plan(node)
        self.in_words = before
        return plan

    def _named(self, node: Concept) -> Plan:
        if node.name not in self.where:
            return self.compiler.concept(node.name, self.masks, in_words=self.in_words)
        known = self.named.get((node.name, self.in_words))
        if known is None:
            concept, self.concept = self.concept, node.name
            known = replace(self.plan(self.where[node.name]), source=f"@{node.name}")
            self.concept = concept
            self.named[node.name, self.in_words] = known
        return known


def merged(source: Node | str, parts: list[Plan]) -> Plan:
    """OR of the parts; leaves with the same masks become one leaf."""
    leaves: dict[tuple[frozenset[int], int], list[Leaf]] = {}
    others: list[Plan] = []
    for part in parts:
        for plan in part.nodes if isinstance(part, Any) else (part,):
            if isinstance(plan, Leaf):
                leaves.setdefault((plan.masks, id(plan.patterns_of)), []).append(plan)
            else:
                others.append(plan)
    nodes = [*(_joined(source, group) for group in leaves.values()), *others]
    return nodes[0] if len(nodes) == 1 else Any(source, tuple(nodes))


def placed(source: Node | str, name: str, plan: Plan) -> Plan:
    """The plan, limited to a field: down to the nodes that have places."""
    if isinstance(plan, Any | All):
        return type(plan)(source, tuple(placed(node.source, name, node) for node in plan.nodes))
    if isinstance(plan, Absent):
        return Absent(source, placed(plan.node.source, name, plan.node))
    return plan if isinstance(plan, Condition) else Within(source, name, plan)


def _joined(source: Node | str, group: list[Leaf]) -> Leaf:
    if len(group) == 1:
        return group[0]
    patterns = frozenset().union(*(leaf.patterns for leaf in group))
    granted = frozenset().union(*(leaf.granted for leaf in group))
    terms = tuple(term for leaf in group for term in leaf.terms)
    return Leaf(source, patterns, terms, group[0].patterns_of, group[0].masks, granted)


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    for child in checking.children(node):
        yield from _terms(child)


def _as_written(written: str) -> Check:
    def check(scan: Scan, start: int, end: int) -> bool:
        begin, finish = scan.span(start, end)
        piece = scan.text[begin:finish]
        if piece == written or (piece.isascii() and piece.isalnum()):
            return piece == written
        return normalise.cased_key(piece) == written

    return check


def _spoken(language: str) -> Check:
    return lambda scan, start, end: scan.speaks(language)


def _condition(node: Filter) -> Callable[[Scan], bool]:
    if node.key == "language":
        return lambda scan: any(scan.speaks(value) for value in node.values)
    return lambda scan: any(name_matches(value, scan.item.source.casefold()) for value in node.values)


def name_matches(pattern: str, name: str) -> bool:
    """Whether a casefolded name is the pattern, which may begin or end in ``*``."""
    bare = pattern.strip("*")
    if pattern.startswith("*") and pattern.endswith("*"):
        return bare in name
    if pattern.startswith("*"):
        return name.endswith(bare)
    return name.startswith(bare) if pattern.endswith("*") else name == bare
