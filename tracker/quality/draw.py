"""Draws samples for reading: hits, near misses, what an exclusion suppressed, and the rest."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracker.indicators import difference, explain, matcher
from tracker.indicators.codebook import Codebook
from tracker.store import adoptions, samples
from tracker.store.samples import Frame, Stratum

LOOK_AT = 5_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How many to draw of each stratum, and at how many stories without the hit to look for near misses."""

    hits: int = 40
    near_misses: int = 30
    suppressed: int = 15
    others: int = 15
    look_at: int = LOOK_AT
    since: str = ""


def draw(
    connection: sqlite3.Connection,
    book: Codebook,
    indicators: Sequence[str],
    plan: Plan,
    *,
    now: str,
    seed: int,
    on_item: Callable[[int], None] = lambda count: None,
) -> dict[str, dict[Stratum, int]]:
    """Draw for these indicators; return how many of each stratum. The same seed over the same items draws the same."""
    rng = random.Random(seed)  # noqa: S311 - a sample that can be repeated, not a secret
    stories = samples.first_items(connection, plan.since)
    looked_at = sorted(rng.sample(stories, min(plan.look_at, len(stories))))
    finder = matcher.compile_codebook(difference.only(book, indicators))
    misses: dict[int, dict[str, tuple[Stratum, str]]] = {}
    for item in looked_at:
        for stored in adoptions.stored_items(connection, item - 1, item):
            misses[item] = {
                miss.indicator: ("suppressed" if miss.suppressed else "near_miss", miss.missing)
                for miss in explain.near_misses(finder, stored.item)
            }
        on_item(1)
    wanted: dict[Stratum, int] = {
        "near_miss": plan.near_misses, "suppressed": plan.suppressed, "non_hit": plan.others,
    }  # fmt: skip
    drawn: dict[str, dict[Stratum, int]] = {}
    for name in indicators:
        hits = samples.primary_hits(connection, name, plan.since)
        chosen = [(item, "") for item in rng.sample(hits, min(plan.hits, len(hits)))]
        samples.keep(connection, Frame(name, "hit", plan.since, len(hits), len(hits), len(hits)), chosen, now)
        drawn[name] = {"hit": len(chosen)}
        hit = samples.stories_with_hit(connection, name)
        rest = sum(item not in hit for item in stories)
        parts: dict[Stratum, list[tuple[int, str]]] = {stratum: [] for stratum in wanted}
        for item in looked_at:
            if item not in hit:
                stratum, missing = misses[item].get(name, ("non_hit", ""))
                parts[stratum].append((item, missing))
        looked = sum(map(len, parts.values()))
        for stratum, found in parts.items():
            chosen = rng.sample(found, min(wanted[stratum], len(found)))
            samples.keep(connection, Frame(name, stratum, plan.since, rest, looked, len(found)), chosen, now)
            drawn[name][stratum] = len(chosen)
    return drawn
