"""Rows of different lengths in one flat array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint32]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of different lengths in one array: row ``n`` is ``flat[starts[n]:starts[n + 1]]``."""

    flat: Hashes
    starts: Counts

    def __getitem__(self, row: int) -> Hashes:
        return self.flat[self.starts[row] : self.starts[row + 1]]

    def of(self, rows: Counts) -> Ragged:
        """Some of the rows, in this order."""
        return gathered(self.flat, self.starts[rows], self.starts[rows + 1] - self.starts[rows])


def gathered(pool: Hashes, places: Counts, lengths: Counts) -> Ragged:
    """Stretches of a pool as rows."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return Ragged(pool[np.repeat(places - starts[:-1], lengths) + np.arange(starts[-1])], starts)


def joined(parts: Sequence[Ragged]) -> Ragged:
    """The rows of the first, then those of the second, and so on."""
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    return Ragged(np.concatenate([part.flat for part in parts]), np.concatenate([[0], np.cumsum(lengths)]))
