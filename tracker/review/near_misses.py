"""Near misses of recent items, and what queries stand for: worked out beside the pages and kept; no page waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from tracker.model import TEXT_FIELDS, ConfigError, NearMiss
from tracker.pipeline import open_queries
from tracker.review.beside import Beside, Broken, Stopped
from tracker.review.highlight import Segment, Span, excerpt
from tracker.settings import Settings
from tracker.store import unhit
from tracker.store.connect import connect

if TYPE_CHECKING:
    from tracker.indicators.expansions import Expansion

log = structlog.get_logger("tracker.review")

ITEMS = 300
AMONG = 3000
SHOWN = 12
LASTS = 900.0
"""Seconds for which what was found stands; the next reader after that has it worked out anew."""


@dataclass(frozen=True, slots=True)
class Miss:
    """An item that an indicator missed by one clause: title and, where evidence lies there, a piece of the text."""

    item_id: int
    day: str
    language: str
    title: list[Segment]
    text: list[Segment]
    missing: str
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What one round found, by indicator. ``failed`` says why there was none."""

    misses: Mapping[str, list[Miss]] = field(default_factory=dict)
    expansions: Mapping[str, tuple[Expansion, ...]] = field(default_factory=dict)
    items: int = 0
    failed: str = ""


class NearMisses:
    """One round at a time in a process of its own, for which a thread waits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._beside = Beside()
        self._found: Found | None = None
        self._found_at = 0.0

    def latest(self) -> Found | None:
        """What was found last, or None at first; starts another round where that is old or missing. Returns at once."""
        with self._lock:
            old = self._found is None or time.monotonic() - self._found_at > LASTS
            if old and self._thread is None:
                self._thread = threading.Thread(target=self._round, name="near-misses", daemon=True)
                self._thread.start()
            return self._found

    def close(self) -> None:
        """Give up what is under way."""
        self._beside.stop()
        if self._thread is not None:
            self._thread.join(10)

    def wait(self, seconds: float) -> None:
        """Wait for the round under way, at most so long."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _round(self) -> None:
        try:
            found = self._beside.run(look, self._settings)
        except ConfigError:
            found = Found(failed="the codebook's file cannot be read or holds an error")
        except Stopped:
            return
        except Broken as broken:
            log.error("near misses could not be worked out", reason=str(broken))
            found = Found(failed="something broke; the error has been logged")
        with self._lock:
            self._found, self._found_at, self._thread = found, time.monotonic(), None


def look(settings: Settings) -> Found:
    """One round over the newest items without a hit. Raises ConfigError where the codebook is faulty."""
    queries = open_queries(settings)
    connection = connect(settings.db)
    try:
        items = unhit.recent(connection, ITEMS, looked_at=AMONG)
    finally:
        connection.close()
    misses: dict[str, list[Miss]] = {}
    for one in items:
        for miss in queries.near_misses(one.item):
            kept = misses.setdefault(miss.indicator, [])
            if len(kept) < SHOWN:
                kept.append(_miss(one, miss))
    return Found(misses, {name: queries.expansions(name) for name in queries.matcher.names}, len(items))


def _miss(one: unhit.Unhit, miss: NearMiss) -> Miss:
    spans = {name: [Span(e.start, e.end, (e.term,)) for e in miss.evidence if e.field == name] for name in TEXT_FIELDS}
    told = next((name for name in TEXT_FIELDS[1:] if spans[name]), None)
    return Miss(
        item_id=one.id,
        day=one.day,
        language=one.item.language,
        title=excerpt(one.item.title, spans["title"], short=200, around=60),
        text=excerpt(getattr(one.item, told), spans[told], short=160, around=60) if told else [],
        missing=miss.missing,
        suppressed=miss.suppressed,
    )
