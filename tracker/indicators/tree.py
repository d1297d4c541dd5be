"""The tree of a query: its nodes, and the way back to text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["inflected", "plain", "exact", "prefix", "forms"]


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase, and which of its forms are meant. ``forms`` is filled only where they were given by hand."""

    text: str
    kind: Kind
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Concept:
    """A name of the lexicon or of the indicator's ``where``."""

    name: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A node that counts only in one field; ``field`` "text" is all of them, in words."""

    field: str
    node: Node
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """A property of the item; values are casefolded and may begin or end in ``*``."""

    key: str
    values: tuple[str, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """How two neighbours of a NEAR must stand. ``distance`` None: no limit but the sentence."""

    distance: int | None
    ordered: bool
    sentence: bool


@dataclass(frozen=True, slots=True)
class Near:
    """A chain: every neighbouring pair holds, each operand with one and the same occurrence on both sides."""

    operands: tuple[Node, ...]
    links: tuple[Link, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class NotNear:
    """Occurrences of ``left`` that have no ``right`` as ``link`` says."""

    left: Node
    right: Node
    link: Link
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    node: Node
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class And:
    nodes: tuple[Node, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Or:
    nodes: tuple[Node, ...]
    start: int = 0
    end: int = 0


Node = Term | Concept | Place | Filter | Near | NotNear | Not | And | Or


def render(node: Node) -> str:
    """The query text of a tree, comments and needless parentheses left out."""
    return _rendered(node, 0)


_STRENGTH = {Or: 1, And: 2, Not: 3, Near: 4, NotNear: 4}


def _rendered(node: Node, outer: int) -> str:
    if isinstance(node, Term):
        return _rendered_term(node)
    if isinstance(node, Concept):
        return f"@{node.name}"
    if isinstance(node, Filter):
        values = [value if re.fullmatch(r"[\w*-]+", value) else f'"{value}"' for value in node.values]
        return f"{node.key}:{values[0]}" if len(values) == 1 else f"{node.key}:({' OR '.join(values)})"
    if isinstance(node, Place):
        return f"{node.field}:{_rendered(node.node, 9)}"
    strength = _STRENGTH[type(node)]
    if isinstance(node, Or):
        text = " OR ".join(_rendered(child, strength) for child in node.nodes)
    elif isinstance(node, And):
        text = " AND ".join(_rendered(child, strength) for child in node.nodes)
    elif isinstance(node, Not):
        text = f"NOT {_rendered(node.node, strength)}"
    elif isinstance(node, Near):
        text = _rendered(node.operands[0], strength)
        for link, operand in zip(node.links, node.operands[1:], strict=True):
            text += f" {_rendered_link(link)} {_rendered(operand, strength)}"
    else:
        text = f"{_rendered(node.left, strength)} NOT {_rendered_link(node.link)} {_rendered(node.right, strength)}"
    return f"({text})" if strength <= outer else text


def _rendered_term(node: Term) -> str:
    text = node.text + "*" * (node.kind == "prefix")
    bare = re.fullmatch(r"[^\W_]+(?:[-'.][^\W_]+)*\*?", text) and text not in ("AND", "OR", "NOT")
    text = text if bare else f'"{text}"'
    return {"exact": "=", "plain": "plain:"}.get(node.kind, "") + text


def _rendered_link(link: Link) -> str:
    distance = "" if link.distance is None else str(link.distance)
    return f"{'ONEAR' if link.ordered else 'NEAR'}/{distance}{'s' if link.sentence else ''}"
