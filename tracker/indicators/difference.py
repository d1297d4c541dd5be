"""Which indicators two codebooks define differently, and a codebook cut down to some of its indicators."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from tracker.indicators.codebook import EVERYWHERE, Codebook, ConceptDefinition, Definition
from tracker.indicators.tree import Concept, Term


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids of indicators, in the order of the newer codebook; ``removed`` in that of the older."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    """Those whose query, or a concept, mask or source that it leans on, is another now."""
    removed: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every indicator that may find other items than before."""
        return self.changed + self.added + self.removed


def difference(before: Codebook, after: Codebook) -> Difference:
    """What an edit of a codebook touches. Titles, ratings and comments do not count: they change no hit."""
    old, new = _fingerprints(before), _fingerprints(after)
    return Difference(
        added=tuple(name for name in new if name not in old),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
        removed=tuple(name for name in old if name not in new),
    )


def only(book: Codebook, indicators: Collection[str]) -> Codebook:
    """The codebook with these of its indicators, and of its lexicon and masks what they lean on."""
    definitions = tuple(one for one in book.definitions if one.indicator.id in indicators)
    concepts, masks = set(), {EVERYWHERE}
    for definition in definitions:
        used = _leans_on(book, definition)
        concepts |= used & book.lexicon.keys()
        masks |= used & book.masks.keys()
    for name in tuple(masks & book.masks.keys()):
        masks |= _closure(book, book.masks[name])
    return replace(
        book,
        definitions=definitions,
        lexicon={name: found for name, found in book.lexicon.items() if name in concepts},
        masks={name: found for name, found in book.masks.items() if name in masks},
        examples=(),
    )


def together(before: Codebook, after: Codebook, older: str) -> Codebook | None:
    """Both codebooks as one, the ids of the first begun with ``older``; None where a name means two things."""
    same = before.inflect == after.inflect and sorted(before.sources) == sorted(after.sources)
    for left, right in ((before.lexicon, after.lexicon), (before.masks, after.masks)):
        same = same and all(_meaning(left[name]) == _meaning(right[name]) for name in left.keys() & right.keys())
    if not same or _meaning(before.masks.get(EVERYWHERE)) != _meaning(after.masks.get(EVERYWHERE)):
        return None
    renamed = tuple(
        replace(one, indicator=replace(one.indicator, id=older + one.indicator.id)) for one in before.definitions
    )
    return replace(
        after,
        definitions=(*renamed, *after.definitions),
        lexicon={**before.lexicon, **after.lexicon},
        masks={**before.masks, **after.masks},
    )


def _fingerprints(book: Codebook) -> dict[str, str]:
    everywhere = book.masks.get(EVERYWHERE, ())
    inner = [book.masks.get(name) for name in sorted(_closure(book, everywhere))]
    common = f"{book.inflect} {sorted(book.sources)} {_meaning(everywhere)} {_meaning(inner)} "
    return {one.indicator.id: common + _fingerprint(book, one) for one in book.definitions}


def _fingerprint(book: Codebook, definition: Definition) -> str:
    leans_on = sorted(_leans_on(book, definition))
    named = [(name, _meaning(book.lexicon.get(name)), _meaning(book.masks.get(name))) for name in leans_on]
    own = (definition.tree, sorted(definition.where.items()), definition.masks)
    return f"{_without_places(own)} {named}"


def _leans_on(book: Codebook, definition: Definition) -> set[str]:
    return _closure(book, (definition.tree, tuple(definition.where.values()), definition.masks))


def _closure(book: Codebook, part: Any) -> set[str]:
    """Names of every concept and mask that a part of a codebook names, and that those name in turn."""
    found: set[str] = set()
    waiting = [one.name for one in _concepts(part)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [one.name for one in _concepts((book.lexicon.get(name), book.masks.get(name)))]
    return found & (book.lexicon.keys() | book.masks.keys())


def _concepts(part: Any) -> Iterator[Concept]:
    if isinstance(part, Concept):
        yield part
    elif isinstance(part, tuple | list):
        for one in part:
            yield from _concepts(one)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _concepts(getattr(part, field.name))


def _meaning(part: ConceptDefinition | tuple[Term | Concept, ...] | list[Any] | None) -> str:
    """A concept or a list of masks as text; the order in which it names its parts means nothing."""
    if isinstance(part, ConceptDefinition):
        return f"{sorted(map(_without_places, part.entries))} {sorted(map(_without_places, part.masks))}"
    return str(sorted(map(_without_places, part or ())))


def _without_places(part: Any) -> str:
    """A part as text, without where in the file it stands."""
    if isinstance(part, tuple | list):
        return f"({','.join(map(_without_places, part))})"
    if is_dataclass(part):
        inner = (f"{f.name}={_without_places(getattr(part, f.name))}" for f in fields(part) if f.name not in _PLACES)
        return f"{type(part).__name__}({','.join(inner)})"
    return repr(part)


_PLACES = ("start", "end")
