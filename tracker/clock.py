"""The one injected clock: real time, or what a URL or file tells (TRACKER_CLOCK), so that a week can run in minutes."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tracker.model import ConfigError, Problem

Clock = Callable[[], datetime]

LOOK_AGAIN_AFTER = 0.2
"""Seconds for which a told time is believed, so that a busy sweep does not ask for every feed."""


def real() -> datetime:
    """The present in UTC."""
    return datetime.now(UTC)


def open_clock(where: str) -> Clock:
    """The clock that TRACKER_CLOCK names: "" for real time, an http(s) URL, or a file; either holds an ISO 8601 time.

    Raises ConfigError where it cannot be read at the start; later a source that falls silent keeps its last word.
    """
    if not where:
        return real
    told = _Told(where)
    told.look()
    return told


def iso(moment: datetime) -> str:
    """The form of times in our tables: UTC, whole seconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> datetime:
    """The moment that a time of our tables names. Raises ValueError where it is none."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Told:
    def __init__(self, where: str) -> None:
        self.where = where
        self.last: datetime | None = None
        self.seen_at = 0.0

    def __call__(self) -> datetime:
        if self.last is None or time.monotonic() - self.seen_at > LOOK_AGAIN_AFTER:
            try:
                self.look()
            except ConfigError:
                if self.last is None:
                    raise
        assert self.last is not None
        return self.last

    def look(self) -> None:
        try:
            self.last = parse_iso(self._read().strip()).astimezone(UTC)
        except (OSError, ValueError):
            message = "TRACKER_CLOCK cannot be read; it must answer with a time such as 2026-02-03T04:05:06+00:00"
            raise ConfigError(Problem(self.where, 0, 0, message)) from None
        self.seen_at = time.monotonic()

    def _read(self) -> str:
        if self.where.startswith(("http://", "https://")):
            with urllib.request.urlopen(self.where, timeout=5) as answer:  # noqa: S310
                return str(answer.read(100), "ascii", "replace")
        return Path(self.where).read_text(encoding="ascii")[:100]
