"""Recognition against labels: precision, recall and F1 on the labelled items of ../shared.

    python -m benchmarks.quality [--json] [--score] [PREDICTIONS.jsonl]

A hit is right where the item carries that indicator as primary or secondary label; recall is of primary labels.
With --score also: precision of the hits in the top fifth by score against the bottom fifth, with Jeffreys intervals.
`benchmarks/quality.json` keeps the recorded values; CI fails where F1 falls more than 0.01 below.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import beta

from benchmarks.newswire import ROOT, SHARED
from tracker.indicators import codebook, matcher
from tracker.model import Item

RECORDED = ROOT / "benchmarks/quality.json"


@dataclass(slots=True)
class Row:
    """Counts of one language, one indicator, or all."""

    right: int = 0
    hits: int = 0
    found: int = 0
    primary: int = 0

    @property
    def precision(self) -> float | None:
        """Share of hits that are right; None without hits."""
        return self.right / self.hits if self.hits else None

    @property
    def recall(self) -> float | None:
        """Share of primary labels that were hit; None without labels."""
        return self.found / self.primary if self.primary else None

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where either is missing or both are 0."""
        p, r = self.precision or 0.0, self.recall or 0.0
        return 2 * p * r / (p + r) if p + r else 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """What the labels say of a codebook's hits."""

    rows: Mapping[str, Row]
    bare_hit: float
    bare: int
    macro_f1: float
    scored: list[tuple[float, bool]]
    """(score, right) of every hit on a labelled item."""

    def fifths(self) -> list[tuple[str, int, int]]:
        """Of the fifth of hits with the highest scores, and of the one with the lowest: right, of how many."""
        ordered = [right for _, right in sorted(self.scored, reverse=True)]
        size = len(ordered) // 5
        return [("top", sum(ordered[:size]), size), ("bottom", sum(ordered[-size:]), size)]

    def recorded(self) -> dict[str, float]:
        """The values that CI holds."""
        values = {"all": self.rows["all"].f1, "macro": self.macro_f1}
        values |= {key: row.f1 for key, row in self.rows.items() if key.startswith("lang:")}
        return {key: round(value, 4) for key, value in sorted(values.items())}


def measure(labels: Path = SHARED / "gold/dev.jsonl", indicators: Path = ROOT / "indicators.yaml") -> Table:
    """Match the labelled items with a codebook and compare."""
    compiled = matcher.compile_codebook(codebook.load(indicators))
    gold = {row["id"]: row for row in _read(labels)}
    rows: dict[str, Row] = defaultdict(Row)
    scored, bare, bare_hit = [], 0, 0
    for row in _read(SHARED / "gold/items.jsonl"):
        label = gold.get(row["id"])
        if label is None:
            continue
        item = Item(row["id"], "", row["title"], row["summary"], language=row["lang"], source=row["source"])
        hits = {match.indicator: match.score for match in compiled.match(item)}
        primary, anyhow = set(label["primary"]), set(label["primary"]) | set(label["secondary"])
        scored += [(score, name in anyhow) for name, score in hits.items()]
        bare += not anyhow
        bare_hit += not anyhow and bool(hits)
        for key in ("all", f"lang:{row['lang']}"):
            _count(rows[key], hits, primary, anyhow)
        for name in hits.keys() | primary:
            _count(rows[f"indicator:{name}"], hits.keys() & {name}, primary & {name}, anyhow & {name})
    labelled = [row.f1 for key, row in rows.items() if key.startswith("indicator:") and row.primary]
    return Table(rows, bare_hit / max(1, bare), bare, sum(labelled) / max(1, len(labelled)), scored)


def _count(row: Row, hits: Iterable[str], primary: set[str], anyhow: set[str]) -> None:
    found = set(hits)
    row.right += len(found & anyhow)
    row.hits += len(found)
    row.found += len(found & primary)
    row.primary += len(primary)


def _read(path: Path) -> Iterable[dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def jeffreys(right: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """The Jeffreys interval of a share (Brown, Cai & DasGupta 2001)."""
    a, b, tail = right + 0.5, total - right + 0.5, (1 - level) / 2
    low = 0.0 if right == 0 else float(beta.ppf(tail, a, b))
    high = 1.0 if right == total else float(beta.ppf(1 - tail, a, b))
    return low, high


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true", help="print the values that CI holds")
    options.add_argument("--score", action="store_true", help="how well the score orders hits")
    chosen = options.parse_args()
    table = measure()
    if chosen.json:
        print(json.dumps(table.recorded(), indent=1))
        return
    print(f"{'':44}{'hits':>6}{'primary':>9}{'precision':>11}{'recall':>8}{'F1':>7}")
    for key in sorted(table.rows, key=lambda k: (k != "all", not k.startswith("lang"), k)):
        row = table.rows[key]
        print(f"{key:44}{row.hits:6}{row.primary:9}{_share(row.precision):>11}{_share(row.recall):>8}{row.f1:7.3f}")
    print(f"items labelled with nothing that got a hit: {table.bare_hit:.3f} of {table.bare}")
    print(f"macro F1 over indicators with labels: {table.macro_f1:.3f}")
    if chosen.score:
        for name, right, total in table.fifths():
            low, high = jeffreys(right, total)
            share = right / total
            print(f"precision in the {name} fifth by score: {right}/{total} = {share:.3f} [{low:.3f}, {high:.3f}]")


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
