"""A panel of feeds that may be compared over time, and the volume screened with it. Method: docs/methods/series.md."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NEWCOMER_DAYS = 28
"""A feed that joins later than the others counts after so many days."""
PRIOR_STORIES = 500.0
"""Weight, in screened stories, of the belief that a feed bears on the indicators as much as the others."""


def members(screened: Floats) -> Flags:
    """Feeds × days: whether a feed belongs to the panel that day; ``screened``: its stories per day.

    It belongs from its 28th day on; feeds that were there in the first 28 days of the whole series belong from its
    first day. So a new feed neither raises a curve nor, once its own rate is known, bends it.
    """
    days = screened.shape[1]
    seen = screened > 0
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), days)
    beginning = first.min(initial=days)
    joins = np.where(first < beginning + NEWCOMER_DAYS, first, first + NEWCOMER_DAYS)
    return np.asarray(np.arange(days)[None, :] >= joins[:, None])


def volume(screened: Floats, hits: Floats, panel: Flags) -> Floats:
    """Screened stories of the panel per day, each feed weighted by how much it bears on the indicators at all.

    ``screened`` and ``hits``: feeds × days. The weight is the feed's hits per story over the mean of all feeds, shrunk
    towards 1, so that the curve is linked where feeds come or go.
    """
    screened, hits = screened * panel, hits * panel
    total = screened.sum()
    if not total:
        return np.zeros(screened.shape[1])
    mean = max(float(hits.sum() / total), 1e-9)
    prior_hits = PRIOR_STORIES * mean
    weight = (hits.sum(axis=1) + prior_hits) / ((screened.sum(axis=1) + PRIOR_STORIES) * mean)
    return np.asarray(weight @ screened, dtype=np.float64)
