"""A few things remembered, the oldest forgotten first, so that memory stays flat however many readers there are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """At most ``room`` values by key."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, None where it was never put or is forgotten."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> V:
        """Remember and return the value."""
        self._kept[key] = value
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
