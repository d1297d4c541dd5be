"""One query tried on the newest items, for a page that must answer soon."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from tracker.indicators import codebook, difference, matcher
from tracker.indicators import trial as edits
from tracker.model import Evidence
from tracker.settings import Settings
from tracker.store import adoptions, past

RECENT = 10_000
SECONDS = 4.0
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Changed:
    """An item that only one of the two queries finds."""

    id: int
    day: str
    language: str
    title: str
    summary: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """``items`` were looked at, the newest first; ``whole`` says whether those were all that should have been."""

    items: int
    whole: bool
    both: int
    gained: int
    lost: int
    examples_gained: tuple[Changed, ...]
    examples_lost: tuple[Changed, ...]


def query_of(settings: Settings, indicator: str) -> str | None:
    """The query as it stands in the codebook's file; None without such an indicator. Raises ConfigError."""
    book = codebook.load(settings.indicators)
    return next((one.query for one in book.indicators if one.id == indicator), None)


def try_query(connection: sqlite3.Connection, settings: Settings, indicator: str, query: str) -> Tried:
    """Hold a query against the one in the codebook's file. Raises ConfigError where either is faulty."""
    until = time.monotonic() + SECONDS
    book = codebook.load(settings.indicators)
    edited = edits.with_query(book, indicator, query)
    old, new = (matcher.compile_codebook(difference.only(one, [indicator])) for one in (book, edited))
    last = past.last_item(connection)
    looked = both = 0
    gained: list[tuple[int, tuple[Evidence, ...]]] = []
    lost: list[tuple[int, tuple[Evidence, ...]]] = []
    whole = True
    for top in range(last, max(0, last - RECENT), -500):
        if time.monotonic() > until:
            whole = False
            break
        for stored in adoptions.stored_items(connection, max(0, top - 500), top):
            before, after = old.match(stored.item), new.match(stored.item)
            looked += 1
            if before and after:
                both += 1
            elif after:
                gained.append((stored.id, after[0].evidence))
            elif before:
                lost.append((stored.id, before[0].evidence))
    return Tried(looked, whole, both, len(gained), len(lost), _shown(connection, gained), _shown(connection, lost))


def _shown(connection: sqlite3.Connection, found: list[tuple[int, tuple[Evidence, ...]]]) -> tuple[Changed, ...]:
    newest = sorted(found, key=lambda one: -one[0])[:SHOWN]
    texts = past.shown(connection, [item for item, _ in newest])
    return tuple(
        Changed(item, texts[item].day, texts[item].language, texts[item].title, texts[item].summary, spans)
        for item, spans in newest
    )
