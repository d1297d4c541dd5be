"""Compares what two codebooks find: counts per indicator, what becomes of verdicts, examples drawn at random."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tracker.backtest import work
from tracker.indicators.codebook import Codebook
from tracker.indicators.difference import Difference, difference
from tracker.replay import engine, readers
from tracker.store import adoptions, past
from tracker.store.past import Held

Kind = Literal["gained", "lost", "lost_confirmed", "lost_rejected", "found_confirmed"]
KINDS: tuple[Kind, ...] = ("gained", "lost", "lost_confirmed", "lost_rejected", "found_confirmed")
BLOCK = 5_000
EXAMPLES = 20

Pair = tuple[int, str]
"""Item and indicator."""


@dataclass(slots=True)
class Row:
    """One indicator: hits found before and after, and verdicts on those found before."""

    indicator: str
    change: Literal["changed", "added", "removed"]
    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0
    confirmed_kept: int = 0
    confirmed_lost: int = 0
    confirmed_found: int = 0
    """Confirmed hits that were filed by hand or found no longer, and are found now."""
    rejected_kept: int = 0
    rejected_lost: int = 0
    stale: bool = False
    """Its query changed earlier without the past being matched anew: part of the difference is older than this edit."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an edit would change. Pairs of each kind are in the order of items."""

    before: str
    after: str
    """Digests of the two codebooks."""
    difference: Difference
    items: int
    rows: tuple[Row, ...]
    pairs: dict[Kind, list[Pair]]
    drawn: dict[Kind, list[Pair]]
    """Of each kind at most twenty, at random."""
    by_indicator: dict[str, tuple[set[int], set[int]]] = field(default_factory=dict)
    """Indicator -> items that count before, and after adopting (rejected ones left out; judged ones stay)."""


OnBlock = Callable[[int], None]


def stored(
    connection: sqlite3.Connection,
    db: Path,
    before: Codebook,
    after: Codebook,
    *,
    since: str = "",
    indicators: Sequence[str] = (),
    processes: int = 0,
    seed: int = 0,
    on_block: OnBlock = lambda count: None,
) -> Outcome:
    """Compare over the stored items of a day from ``since`` on: the hits that are kept against what ``after`` finds.

    Only indicators that the edit touches are matched. What is kept was found when the items came, or when a codebook
    was adopted; analysts' own filings count as not found.
    """
    touched = _touched(before, after, indicators)
    wanted = touched.changed + touched.added
    found: dict[str, set[int]] = {name: set() for name in (*wanted, *touched.removed)}
    total = past.last_item(connection)
    items = 0
    if wanted:
        blocks = work.stored_blocks(db, total, since, BLOCK)
        items, hits = work.run(work.Job("", after.text, (), wanted), blocks, processes, on_block)
        for item, names in hits:
            for name in names:
                found[name].add(item)
    stale = adoptions.open_breaks(connection)
    rows, pairs, sides = [], _no_pairs(), {}
    for name in (*wanted, *touched.removed):
        kept = past.held(connection, name, since)
        row = _row(name, touched, kept, found[name], pairs)
        row.stale = name in stale
        rows.append(row)
        sides[name] = _sides(kept, found[name])
    return _outcome(before, after, touched, items, rows, pairs, seed, sides)


def archived(
    path: Path,
    before: Codebook,
    after: Codebook,
    *,
    since: str = "",
    indicators: Sequence[str] = (),
    processes: int = 0,
    seed: int = 0,
    on_block: OnBlock = lambda count: None,
) -> Outcome:
    """Compare over an archive that `tracker replay` could read; items are named by their row. No verdicts there.

    Raises ConfigError where the file cannot be read or has no column with text.
    """
    touched = _touched(before, after, indicators)
    names = touched.all
    old: dict[str, set[int]] = {name: set() for name in names}
    new: dict[str, set[int]] = {name: set() for name in names}
    items = 0
    if names:
        job = work.Job(before.text, after.text, touched.removed, touched.changed + touched.added)
        items, hits = work.run(job, _archive_blocks(path, since), processes, on_block)
        for item, ids in hits:
            for name in ids:
                (old if name.startswith(work.OLDER) else new)[name.removeprefix(work.OLDER)].add(item)
    pairs = _no_pairs()
    rows = [_row(name, touched, {n: Held("new", True) for n in sorted(old[name])}, new[name], pairs) for name in names]
    return _outcome(before, after, touched, items, rows, pairs, seed, {n: (old[n], new[n]) for n in names})


def _archive_blocks(path: Path, since: str) -> Iterator[work.Block]:
    columns = engine.describe(path, {}).columns
    for block in readers.blocks(path, BLOCK):
        yield work.ArchiveBlock(block.rows, block.first_row, columns, since)


def _touched(before: Codebook, after: Codebook, indicators: Sequence[str]) -> Difference:
    touched = difference(before, after)
    if not indicators:
        return touched
    return Difference(
        *(tuple(n for n in part if n in indicators) for part in (touched.added, touched.changed, touched.removed))
    )


def _row(name: str, touched: Difference, kept: dict[int, Held], found: set[int], pairs: dict[Kind, list[Pair]]) -> Row:
    row = Row(name, "added" if name in touched.added else "removed" if name in touched.removed else "changed")
    row.before, row.after = sum(one.found for one in kept.values()), len(found)
    for item, one in kept.items():
        stays = item in found
        judged = one.status in ("confirmed", "rejected")
        if not one.found:
            if stays and one.status == "confirmed":
                row.confirmed_found += 1
                pairs["found_confirmed"].append((item, name))
            continue
        if judged:
            outcome = f"{one.status}_{'kept' if stays else 'lost'}"
            setattr(row, outcome, getattr(row, outcome) + 1)
        if not stays:
            row.lost += 1
            kinds: dict[str, Kind] = {"confirmed": "lost_confirmed", "rejected": "lost_rejected"}
            pairs[kinds.get(one.status, "lost")].append((item, name))
    gained = sorted(found - kept.keys())
    row.gained = len(gained)
    pairs["gained"] += [(item, name) for item in gained]
    return row


def _sides(kept: dict[int, Held], found: set[int]) -> tuple[set[int], set[int]]:
    counting = {item for item, one in kept.items() if one.status != "rejected"}
    staying = {item for item, one in kept.items() if one.status in ("confirmed", "unsure") or not one.found}
    rejected = {item for item, one in kept.items() if one.status == "rejected"}
    return counting, (found | (staying & counting)) - rejected


def _no_pairs() -> dict[Kind, list[Pair]]:
    return {kind: [] for kind in KINDS}


def _outcome(
    before: Codebook,
    after: Codebook,
    touched: Difference,
    items: int,
    rows: Sequence[Row],
    pairs: dict[Kind, list[Pair]],
    seed: int,
    sides: dict[str, tuple[set[int], set[int]]],
) -> Outcome:
    drawn: dict[Kind, list[Pair]] = {}
    for kind, found in pairs.items():
        found.sort()
        drawn[kind] = sorted(random.Random(f"{seed} {kind}").sample(found, min(EXAMPLES, len(found))))  # noqa: S311
    return Outcome(before.digest, after.digest, touched, items, tuple(rows), pairs, drawn, sides)
