"""Where the processor's time goes: seconds by part of the work, for `tracker poll --timing`."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Timing:
    """Processor seconds of named parts, measured in the thread that does them; parts may not nest."""

    def __init__(self) -> None:
        self.parts: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Count what is done inside as this part."""
        started = time.thread_time()
        try:
            yield
        finally:
            self.parts[part] += time.thread_time() - started

    def whole(self) -> dict[str, float]:
        """Every part, what the processes that read documents took, what is left over, and the sum of it all."""
        children = os.times()
        total = time.process_time() + children.children_user + children.children_system
        found = dict(self.parts) | {"reading in processes": children.children_user + children.children_system}
        found["starting, asking, judging"] = total - sum(found.values())
        return {part: round(seconds, 3) for part, seconds in found.items()} | {"in all": round(total, 3)}
