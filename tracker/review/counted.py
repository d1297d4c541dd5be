"""Counts of whole tables and facets, kept for some seconds: each reads up to a million entries of an index."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

KEPT_SECONDS = 15.0
KEPT = 200

Key = tuple[str, tuple[tuple[str, object], ...]]


class Counts:
    """Answers to counting statements. Whatever is changed on this desk empties it; the daemon's items wait a little."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[Key, tuple[float, int, Any]] = {}

    def get(self, key: Key, changes: int) -> Any | None:
        """The answer, if it is young and nothing was changed here since; ``changes`` counts what was."""
        at, counted_at, answer = self._known.get(key, (0.0, -1, None))
        return answer if counted_at == changes and self._clock() - at < KEPT_SECONDS else None

    def put(self, key: Key, changes: int, answer: Any) -> None:
        """Remember an answer."""
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[key] = (self._clock(), changes, answer)


def key_of(sql: str, params: Any) -> Key | None:
    """Under what a statement of Datasette's table pages is kept; None for any that does not count."""
    counts = sql.startswith("select count(*) from ") or " as value, count(*) as count from (" in sql
    if not counts or not isinstance(params or {}, dict):
        return None
    return sql, tuple(sorted((params or {}).items(), key=lambda pair: str(pair[0])))
