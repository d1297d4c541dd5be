"""Checks that span a codebook: names that must exist, concepts that must not include themselves, sides of NEAR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import yaml

from tracker.indicators import query
from tracker.indicators.codebook import ConceptDefinition, Definition
from tracker.indicators.query import QueryError
from tracker.indicators.tree import And, Concept, Filter, Near, Node, Not, NotNear, Or, Place, Term
from tracker.yaml_file import YamlFile

Masks = Mapping[str, tuple[Term | Concept, ...]]

LARGEST_TREE = 300_000
"""Nodes that a query may have with every name written out; what names itself twice a few dozen times has more."""
DEEPEST_NAMES = 100
QUERY = "the query"


class Checker:
    """Gathers, while a codebook is read, where its names are used; ``references`` then checks them all."""

    def __init__(self, file: YamlFile) -> None:
        self.file = file
        self._places: dict[int, yaml.Node] = {}
        self._masks: list[tuple[Concept, yaml.Node]] = []
        self._sources: list[tuple[str, yaml.Node]] = []
        self._trees: dict[int, yaml.Node] = {}

    def note(self, concept: Concept, node: yaml.Node, *, mask: bool) -> None:
        """A name that stands in a list of terms, or of masks."""
        if mask:
            self._masks.append((concept, node))
        else:
            self._places[id(concept)] = node

    def concept_named(self, node: yaml.Node, name: str) -> None:
        """A concept that a source implies."""
        self._sources.append((name, node))

    def tree(self, tree: Node, node: yaml.Node) -> None:
        """The query of an indicator, or one of its sub-queries, and its place."""
        self._trees[id(tree)] = node

    def references(
        self, lexicon: Mapping[str, ConceptDefinition], masks: Masks, definitions: Sequence[Definition]
    ) -> None:
        """Note every name that does not exist, every circle, and every side of NEAR that is no set of places."""
        for name, node in self._sources:
            self._must_exist(name, lexicon, node)
        for concept, node in self._masks:
            if concept.name not in masks:
                self.file.problem(node, f"there is no mask {concept.name!r}{_known(masks)}; a phrase has no @")
        self._lexicon(lexicon)
        for definition in definitions:
            self._definition(definition, lexicon)

    def _must_exist(self, name: str, known: Mapping[str, object], node: yaml.Node, offset: int | None = None) -> bool:
        if name in known:
            return True
        self.file.problem(node, f"there is no concept @{name}{_known(known, name)}", offset)
        return False

    def _lexicon(self, lexicon: Mapping[str, ConceptDefinition]) -> None:
        edges: dict[str, list[str]] = {}
        for name, definition in lexicon.items():
            edges[name] = []
            for entry in definition.entries:
                for concept in concepts_of(entry.node):
                    node = self._places.get(id(concept))
                    if self._must_exist(concept.name, lexicon, node or self._lexicon_node(name)):
                        edges[name].append(concept.name)
                try:
                    _refuse_no_places(entry.node)
                except QueryError as error:
                    self.file.problem(self._lexicon_node(name), f"concept {name}: {error.message}")
        found = circles(edges)
        for circle in found:
            self.file.problem(self._lexicon_node(circle[0]), f"concepts include each other: {' > '.join(circle)}")
        if not found:
            trees = {name: tuple(entry.node for entry in concept.entries) for name, concept in lexicon.items()}
            for name, message in _too_large(trees, edges):
                self.file.problem(self._lexicon_node(name), f"concept {name} {message}")

    def _lexicon_node(self, name: str) -> yaml.Node:
        assert isinstance(self.file.root, yaml.MappingNode)
        lexicon = next(value for key, value in self.file.root.value if key.value == "lexicon")
        key: yaml.Node = next(key for key, _ in lexicon.value if key.value == name)
        return key

    def _definition(self, definition: Definition, lexicon: Mapping[str, ConceptDefinition]) -> None:
        where = definition.where
        known = {**lexicon, **where}
        place_of = {part: self._trees[id(tree)] for part, tree in where.items()}
        trees = [(self._trees[id(definition.tree)], definition.tree)]
        trees += [(place_of[part], tree) for part, tree in where.items()]
        sound = True
        for node, tree in trees:
            for concept in concepts_of(tree):
                sound = self._must_exist(concept.name, known, node, concept.start) and sound
        edges = {part: [c.name for c in concepts_of(tree) if c.name in where] for part, tree in where.items()}
        found = circles(edges)
        for circle in found:
            self.file.problem(place_of[circle[0]], f"sub-queries use each other: {' > '.join(circle)}")
        whole = {QUERY: definition.tree, **where}
        edges[QUERY] = [c.name for c in concepts_of(definition.tree) if c.name in where]
        too_large = [] if found else _too_large({part: (tree,) for part, tree in whole.items()}, edges)
        for part, message in too_large:
            self.file.problem(place_of.get(part, trees[0][0]), f"{part} {message}")
        if sound and not found and not too_large:
            for node, tree in trees:
                for at, message in _sides_without_places(tree, where):
                    self.file.problem(node, message, at)
            if not _needs_a_word(definition.tree, where):
                message = "items could satisfy this query without one word that it names; add a required term"
                self.file.problem(trees[0][0], message, 0)


def concepts_of(node: Node) -> Iterator[Concept]:
    """Every name that a tree uses."""
    if isinstance(node, Concept):
        yield node
    for child in children(node):
        yield from concepts_of(child)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node."""
    if isinstance(node, And | Or):
        return node.nodes
    if isinstance(node, Near):
        return node.operands
    if isinstance(node, NotNear):
        return (node.left, node.right)
    if isinstance(node, Not | Place):
        return (node.node,)
    return ()


def circles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each way of coming back to a name over the edges, once, as the names on it."""
    done: set[str] = set()
    found: list[list[str]] = []
    for start in edges:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []

        def enter(name: str, path: list[str] = path, stack: list[tuple[str, Iterator[str]]] = stack) -> None:
            path.append(name)
            stack.append((name, iter(edges.get(name, ()))))

        if start not in done:
            enter(start)
        while stack:
            name, rest = stack[-1]
            below = next(rest, None)
            if below is None:
                stack.pop()
                path.pop()
                done.add(name)
            elif below in path:
                found.append([*path[path.index(below) :], below])
            elif below not in done:
                enter(below)
    return found


def _too_large(trees: Mapping[str, Sequence[Node]], edges: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """The innermost name, if any, whose tree is too large or too deep with every name written out; none in circles."""
    size: dict[str, int] = {}
    depth: dict[str, int] = {}
    for name in _inner_first(edges):
        size[name] = sum(_written_out(tree, size) for tree in trees[name])
        depth[name] = 1 + max((depth.get(below, 0) for below in edges[name]), default=0)
        if size[name] > LARGEST_TREE:
            return [(name, "names others so often that it becomes too large; name each of them once")]
        if depth[name] > DEEPEST_NAMES:
            return [(name, f"leads over more than {DEEPEST_NAMES} other names; join some of them")]
    return []


def _inner_first(edges: Mapping[str, Sequence[str]]) -> Iterator[str]:
    done: set[str] = set()
    for start in edges:
        stack = [(start, False)]
        while stack:
            name, entered = stack.pop()
            if name in done or name not in edges:
                continue
            if entered:
                done.add(name)
                yield name
            else:
                stack.append((name, True))
                stack += [(below, False) for below in edges[name]]


def _written_out(node: Node, size: Mapping[str, int]) -> int:
    own = size.get(node.name, 1) if isinstance(node, Concept) else 1
    return own + sum(_written_out(child, size) for child in children(node))


def _known(known: Mapping[str, object], name: str = "") -> str:
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"; did you mean @{near[0]}?"
    return f"; known are {', '.join(known)}" if 0 < len(known) <= 30 else ""


def _refuse_no_places(node: Node) -> None:
    if isinstance(node, And | Not | Filter):
        raise QueryError(node.start, "its query may hold OR and NEAR, but no AND, NOT or filter; use where: for these")
    for child in children(node):
        _refuse_no_places(child)


def _sides_without_places(node: Node, where: Mapping[str, Node], in_near: bool = False) -> Iterator[tuple[int, str]]:
    """Uses, as a side of NEAR, of sub-queries that are true or false of a whole item."""
    if isinstance(node, Concept) and in_near and node.name in where and not _has_places(where[node.name], where):
        yield node.start, f"@{node.name} holds AND, NOT or a filter and so cannot stand beside NEAR; join it with AND"
    for child in children(node):
        yield from _sides_without_places(child, where, in_near or isinstance(node, Near | NotNear))


def _has_places(node: Node, where: Mapping[str, Node]) -> bool:
    if isinstance(node, And | Not | Filter):
        return False
    if isinstance(node, Concept) and node.name in where:
        return _has_places(where[node.name], where)
    return all(_has_places(child, where) for child in children(node))


def _needs_a_word(node: Node, where: Mapping[str, Node]) -> bool:
    if isinstance(node, Concept) and node.name in where:
        return _needs_a_word(where[node.name], where)
    if isinstance(node, And):
        return any(_needs_a_word(child, where) for child in node.nodes)
    if isinstance(node, Or):
        return all(_needs_a_word(child, where) for child in node.nodes)
    return query.needs_a_word(node)
