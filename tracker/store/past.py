"""What the store holds of the past, for comparing it with what another codebook would find."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.model import HitStatus


@dataclass(frozen=True, slots=True)
class Held:
    """A hit as it is kept. ``found``: by the codebook in force, not filed by hand, not marked as found no longer."""

    status: HitStatus
    found: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hit on an item counts in a series."""

    story: int
    day: str
    feed: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An item for a list of examples."""

    id: int
    day: str
    language: str
    source: str
    url: str
    title: str
    summary: str
    body: str


def last_item(connection: sqlite3.Connection) -> int:
    """The largest id of an item, 0 without any."""
    return int(connection.execute("select coalesce(max(id), 0) from items").fetchone()[0])


def held(connection: sqlite3.Connection, indicator: str, since: str = "") -> dict[int, Held]:
    """Item -> hit of one indicator on items of a day from ``since`` on; withdrawn ones left out."""
    rows = connection.execute(
        """select item_id, status, origin = 'query' and lost_by is null from hits
           where indicator_id = ? and status != 'withdrawn' and day >= ?""",
        (indicator, since),
    )
    return {row[0]: Held(row[1], bool(row[2])) for row in rows}


def places(connection: sqlite3.Connection, items: Sequence[int]) -> dict[int, Place]:
    """Story, day and feed of these items."""
    return {
        row[0]: Place(row[1], row[2], row[3])
        for row in _in_batches(connection, "id, coalesce(story_id, -id), day, feed_id", items)
    }


def shown(connection: sqlite3.Connection, items: Sequence[int]) -> dict[int, Shown]:
    """These items with their texts."""
    columns = "id, day, language, feed_id, url, title, summary, body"
    return {row[0]: Shown(*row) for row in _in_batches(connection, columns, items)}


def evidence(connection: sqlite3.Connection, item: int, indicator: str) -> tuple[str, int]:
    """(evidence as JSON, id) of a hit; ("[]", 0) where there is none."""
    row = connection.execute(
        "select evidence, id from hits where item_id = ? and indicator_id = ?", (item, indicator)
    ).fetchone()
    return (row[0], row[1]) if row else ("[]", 0)


def _in_batches(connection: sqlite3.Connection, columns: str, items: Sequence[int]) -> Iterator[sqlite3.Row]:
    for start in range(0, len(items), 500):
        batch = items[start : start + 500]
        marks = ",".join("?" * len(batch))
        yield from connection.execute(f"select {columns} from items where id in ({marks})", tuple(batch))
