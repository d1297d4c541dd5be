"""indicators.yaml -> a validated Codebook; every mistake at once, each with its line and column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracker.indicators.tree import Concept, Node, Term
from tracker.model import Example, Indicator

ICD_203 = (
    "almost no chance",
    "very unlikely",
    "unlikely",
    "roughly even chance",
    "likely",
    "very likely",
    "almost certain",
)
EVERYWHERE = "everywhere"
"""Name of the mask that is in force for all indicators."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a concept: a term, a concept or an expression; ``only`` limits it to items of that language."""

    node: Node
    only: str = ""


@dataclass(frozen=True, slots=True)
class ConceptDefinition:
    """What a name of the lexicon stands for. A mask entry that is a Concept names a mask of the codebook."""

    entries: tuple[Entry, ...]
    masks: tuple[Term | Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator with its parsed query."""

    indicator: Indicator
    tree: Node
    where: Mapping[str, Node] = field(default_factory=dict)
    masks: tuple[Term | Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """All indicators of a desk. ``digest`` is the SHA-256 of ``text``, the file as it was read."""

    path: Path
    text: str
    digest: str
    version: str
    title: str
    source: str
    inflect: bool
    definitions: tuple[Definition, ...]
    lexicon: Mapping[str, ConceptDefinition]
    masks: Mapping[str, tuple[Term | Concept, ...]]
    sources: tuple[tuple[str, tuple[str, ...]], ...]
    """(name of a source, casefolded, perhaps with * at an end; the concepts that it implies)."""
    hypotheses: tuple[tuple[str, str], ...]
    sentences: tuple[tuple[str, str], ...]
    """(sentence number, why it is not observable, or "" where an indicator must cite it)."""
    examples: tuple[Example, ...]
    """Those that stand in the codebook itself; ``examples.load`` adds those of the file beside it."""

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators in the order of the file."""
        return tuple(definition.indicator for definition in self.definitions)


def load(path: Path, text: str | None = None) -> Codebook:
    """Read and validate a codebook. Raises ConfigError with every mistake found; then nothing of it is in force.

    ``text``: what the file holds, where it was read before.
    """
    from tracker.indicators.reading import read

    return read(Path(path), text)


def digest_of(text: str) -> str:
    """The digest that names a codebook."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
