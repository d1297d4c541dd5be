"""Precision, recall and agreement as far as verdicts tell, per indicator."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.store import samples
from tracker.store.samples import STRATA, Stratum, Tally

if TYPE_CHECKING:
    from tracker.analysis.agreement import Agreement
    from tracker.analysis.precision import Estimate

NEAR: tuple[Stratum, ...] = ("near_miss", "suppressed")
SEED = 20230713


@dataclass(frozen=True, slots=True)
class Quality:
    """One indicator. Estimates are None before anything was read; intervals are of 90 %."""

    indicator: str
    tallies: dict[Stratum, Tally]
    precision: Estimate | None
    recall_near: Estimate | None
    """Over what is found and near misses alone: narrower, and blind to what the query does not come near."""
    recall: Estimate | None
    agreement: Agreement | None
    stale: bool
    """The query has changed since samples were drawn."""

    @property
    def read(self) -> int:
        """Samples read so far."""
        return sum(one.confirmed + one.rejected + one.unsure for one in self.tallies.values())

    @property
    def drawn(self) -> int:
        """Samples drawn."""
        return sum(one.drawn for one in self.tallies.values())


def of_indicator(connection: sqlite3.Connection, indicator: str) -> Quality:
    """What the newest samples of an indicator say."""
    from tracker.analysis import agreement, precision

    found = {stratum: samples.tally(connection, indicator, stratum) for stratum in STRATA}
    tallies = {stratum: one for stratum, one in found.items() if one is not None}
    hit = tallies.get("hit")
    judged = hit is not None and hit.confirmed + hit.rejected > 0
    return Quality(
        indicator,
        tallies,
        precision.jeffreys(hit.confirmed, hit.rejected) if hit is not None and judged else None,
        _recall(tallies, NEAR),
        _recall(tallies, (*NEAR, "non_hit")),
        agreement.agreement(samples.readings(connection, indicator)),
        any(samples.changed_since(connection, indicator, one.codebook_id) for one in tallies.values()),
    )


def of_all(connection: sqlite3.Connection) -> list[Quality]:
    """Every indicator in force, in the order of the codebook."""
    rows = connection.execute("select id from indicators where retired_at is null order by position").fetchall()
    return [of_indicator(connection, row[0]) for row in rows]


def agreement_of_all(connection: sqlite3.Connection) -> Agreement | None:
    """How far readers agree over all indicators together."""
    from tracker.analysis import agreement

    return agreement.agreement(samples.readings(connection))


def _recall(tallies: dict[Stratum, Tally], strata: tuple[Stratum, ...]) -> Estimate | None:
    """Recall over the hits and these strata; None until one sample of each that holds any was read."""
    import numpy as np

    from tracker.analysis import recall

    hit = tallies.get("hit")
    if hit is None or hit.confirmed + hit.rejected == 0:
        return None
    left = []
    for name in strata:
        one = tallies.get(name)
        if one is None:
            return None
        stratum = recall.Stratum(one.frame.stories, one.frame.looked_at, one.frame.counted, one.confirmed, one.rejected)
        if stratum.counted and not stratum.read:
            return None
        left.append(stratum)
    found = recall.Found(hit.frame.stories, hit.confirmed, hit.rejected)
    return recall.recall(found, left, np.random.default_rng(SEED))
