"""A backtest as plain values, for --json, for the page and for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tracker.backtest.compare import KINDS, Outcome
from tracker.backtest.effect import Effect
from tracker.backtest.examples import Example

WORDS = {
    "gained": "found by the edit alone",
    "lost": "no longer found, not judged",
    "lost_confirmed": "confirmed, no longer found",
    "lost_rejected": "rejected, no longer found",
    "found_confirmed": "confirmed by hand, found now",
}
"""What the kinds of examples mean."""


def facts(
    outcome: Outcome, examples: Sequence[Example], effect: Effect | None, seconds: float, processes: int
) -> dict[str, Any]:
    """Everything a backtest found, and how long ``processes`` took for it."""
    return {
        "codebook_before": outcome.before,
        "codebook_after": outcome.after,
        "items": outcome.items,
        "seconds": round(seconds, 3),
        "processes": processes,
        "added": list(outcome.difference.added),
        "changed": list(outcome.difference.changed),
        "removed": list(outcome.difference.removed),
        "indicators": [asdict(row) for row in outcome.rows],
        "totals": {kind: len(outcome.pairs[kind]) for kind in KINDS},
        "examples": {kind: [asdict(one) for one in examples if one.kind == kind] for kind in KINDS},
        "effect": asdict(effect) if effect else None,
    }
