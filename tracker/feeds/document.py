"""What a feed document holds, and why one holds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker.model import FeedHints, Item

NO_HINTS = FeedHints()
ITEMS_LIMIT = 5_000
"""Entries of one document that are read; real feeds stay far below."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a document holds. ``newest`` is the latest publication time among the items, or empty."""

    items: tuple[Item, ...]
    title: str = ""
    language: str = ""
    hints: FeedHints = NO_HINTS

    @property
    def newest(self) -> str:
        """The latest publication time among the items, UTC; empty where none is dated."""
        return max((item.published_at for item in self.items if item.published_at), default="")


class NoArticle(Exception):
    """A page holds no article that can be read. ``reason`` is written for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAFeed(Exception):
    """The document holds no feed. ``reason`` is written for people; ``suggestion`` is a feed's address or empty."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.suggestion)
