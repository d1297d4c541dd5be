"""How often somebody may try a password."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable

WINDOW_SECONDS = 15 * 60.0
TRIES_BY_NAME, TRIES_BY_ADDRESS = 5, 20
REMEMBERED = 10_000


class Attempts:
    """Failed attempts of the last quarter of an hour, in memory: a restart forgives."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def allowed(self, name: str, address: str) -> bool:
        """Whether another attempt may be made."""
        limits = ((("name", name), TRIES_BY_NAME), (("address", address), TRIES_BY_ADDRESS))
        return all(self._recent(key) < limit for key, limit in limits)

    def failed(self, name: str, address: str) -> None:
        """Remember a failure, before it is known to be one: attempts side by side count too."""
        if len(self._failed) >= REMEMBERED:
            self._failed.clear()
        for key in (("name", name), ("address", address)):
            self._failed[key].append(self._clock())

    def forgive(self, name: str, address: str) -> None:
        """Somebody knew the password: that attempt was none to be counted."""
        self._failed.pop(("name", name), None)
        if self._failed[("address", address)]:
            self._failed[("address", address)].pop()

    def _recent(self, key: tuple[str, str]) -> int:
        times = self._failed.get(key, deque())
        while times and self._clock() - times[0] > WINDOW_SECONDS:
            times.popleft()
        return len(times)
