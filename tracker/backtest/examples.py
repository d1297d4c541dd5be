"""Examples of what an edit gains and loses, each with the evidence that found it or the clause that it lacks now."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tracker.backtest import work
from tracker.backtest.compare import BLOCK, Kind, Outcome
from tracker.indicators import difference, explain, matcher
from tracker.indicators.codebook import Codebook
from tracker.model import Item
from tracker.replay import engine, readers
from tracker.store import adoptions, past


@dataclass(frozen=True, slots=True)
class Example:
    """One item. ``evidence``: spans with field, start, end, text, term, concept, in the item's stored text."""

    kind: Kind
    indicator: str
    item: int
    """Id of the stored item, or row of the archive."""
    hit: int
    """Id of its hit, 0 where there is none."""
    day: str
    language: str
    source: str
    url: str
    title: str
    summary: str
    body: str
    evidence: tuple[dict[str, Any], ...]
    lacks: str
    """Of what is lost: the clause that the edited query misses; "" where more than one is missing."""


def of_store(connection: sqlite3.Connection, outcome: Outcome, after: Codebook) -> list[Example]:
    """The examples that were drawn, from the store."""
    items = sorted({item for pairs in outcome.drawn.values() for item, _ in pairs})
    stored, shown = _items(connection, items), past.shown(connection, items)
    finder = _Evidence(None, after, outcome)
    found = []
    for kind, item, name in _each(outcome):
        if item not in shown:
            continue
        one, text = shown[item], stored[item]
        kept, hit = past.evidence(connection, item, name)
        spans = finder.now(text, name) if kind in ("gained", "found_confirmed") else tuple(json.loads(kept))
        lacks = finder.lacks(text, name) if kind.startswith("lost") else ""
        found.append(
            Example(
                kind, name, item, hit, one.day, one.language, one.source, one.url, one.title, one.summary, one.body,
                spans, lacks,
            )
        )  # fmt: skip
    return found


def of_archive(path: Path, outcome: Outcome, before: Codebook, after: Codebook) -> list[Example]:
    """The examples that were drawn, from an archive."""
    wanted = {item for pairs in outcome.drawn.values() for item, _ in pairs}
    items = _rows(path, wanted) if wanted else {}
    finder = _Evidence(before, after, outcome)
    found = []
    for kind, number, name in _each(outcome):
        item = items[number]
        spans = finder.now(item, name) if kind == "gained" else finder.then(item, name)
        lacks = "" if kind == "gained" else finder.lacks(item, name)
        found.append(
            Example(
                kind, name, number, 0, (item.published_at or "")[:10], item.language, item.source, item.url, item.title,
                item.summary, item.body, spans, lacks,
            )
        )  # fmt: skip
    return found


class _Evidence:
    """Matches single items with the codebooks cut down to what was drawn."""

    def __init__(self, before: Codebook | None, after: Codebook, outcome: Outcome) -> None:
        names = {name for pairs in outcome.drawn.values() for _, name in pairs}
        self._after = matcher.compile_codebook(difference.only(after, names))
        self._before = matcher.compile_codebook(difference.only(before, names)) if before is not None else None

    def now(self, item: Item, name: str) -> tuple[dict[str, Any], ...]:
        return _spans(self._after, item, name)

    def then(self, item: Item, name: str) -> tuple[dict[str, Any], ...]:
        return _spans(self._before, item, name) if self._before is not None else ()

    def lacks(self, item: Item, name: str) -> str:
        return next((miss.missing for miss in explain.near_misses(self._after, item) if miss.indicator == name), "")


def _spans(matching: matcher.Matcher, item: Item, name: str) -> tuple[dict[str, Any], ...]:
    for match in matching.match(item):
        if match.indicator == name:
            return tuple(asdict(span) for span in match.evidence)
    return ()


def _each(outcome: Outcome) -> list[tuple[Kind, int, str]]:
    return [(kind, *pair) for kind, pairs in outcome.drawn.items() for pair in pairs]


def _items(connection: sqlite3.Connection, items: Sequence[int]) -> dict[int, Item]:
    return {stored.id: stored.item for item in items for stored in adoptions.stored_items(connection, item - 1, item)}


def _rows(path: Path, wanted: set[int]) -> dict[int, Item]:
    columns = engine.describe(path, {}).columns
    found: dict[int, Item] = {}
    for block in readers.blocks(path, BLOCK):
        numbered = work.items_of(work.ArchiveBlock(block.rows, block.first_row, columns, ""))
        found |= {number: item for number, item in numbered if number in wanted}
        if len(found) == len(wanted):
            break
    return found
