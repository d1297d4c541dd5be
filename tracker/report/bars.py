"""Small charts of characters: one line of blocks for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
MISSING = "·"


def bunch(values: Sequence[float | None], size: int) -> list[float | None]:
    """Sums of ``size`` neighbours, the last bunch whole; None where more than half of one is missing.

    Present values stand in for missing ones of their bunch.
    """
    found: list[float | None] = []
    for start in range(len(values) % size, len(values), size):
        present = [value for value in values[start : start + size] if value is not None]
        found.append(sum(present) * size / len(present) if 2 * len(present) > size else None)
    return found


def means(values: Sequence[float | None], size: int) -> list[float | None]:
    """Likewise means."""
    return [None if value is None else value / size for value in bunch(values, size)]


def blocks(values: Sequence[float | None], *, highest: float | None = None) -> str:
    """One character a value: a blank for nothing, blocks up to the highest; a dot where it is missing."""
    present = [value for value in values if value is not None]
    if not present:
        return MISSING * len(values)
    return "".join(
        MISSING if value is None else " " if value <= 0 else _block(value / (highest or max(present)))
        for value in values
    )


def course(values: Sequence[float | None]) -> str:
    """One character a value, the least the lowest block and the greatest the highest, wherever zero is."""
    present = [value for value in values if value is not None]
    low, spread = min(present, default=0.0), max(present, default=0.0) - min(present, default=0.0)
    return "".join(MISSING if value is None else _block((value - low) / (spread or 1.0)) for value in values)


def _block(share: float) -> str:
    return BLOCKS[min(len(BLOCKS) - 1, max(0, round(share * (len(BLOCKS) - 1))))]
