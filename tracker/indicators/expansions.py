"""What the words of a query stand for: each term with its inflected forms, each concept with its terms."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.indicators.matcher import Matcher
from tracker.indicators.plan import Leaf, Plan, shown


@dataclass(frozen=True, slots=True)
class Expansion:
    """A term of a query with its forms; or a concept (``@name``) with its terms, which are forms of it."""

    text: str
    forms: tuple[str, ...]


def expansions(matcher: Matcher, indicator: str) -> tuple[Expansion, ...]:
    """The words of an indicator's query in alphabetical order, concepts first; nothing for an unknown indicator."""
    if indicator not in matcher.names:
        return ()
    found: dict[str, dict[str, None]] = {}
    stack: list[Plan] = [matcher.compiled.plans[matcher.names.index(indicator)]]
    while stack:
        node = stack.pop()
        if isinstance(node, Leaf):
            for term, concept in node.terms:
                name = f"@{concept}" if concept else shown(term)
                forms = [shown(term)] if concept else [*matcher.compiled.forms.get(term, ())]
                found.setdefault(name, {}).update(dict.fromkeys(forms))
        stack += node.children()
    return tuple(Expansion(name, tuple(forms)) for name, forms in sorted(found.items()))
