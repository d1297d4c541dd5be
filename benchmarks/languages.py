"""One report in two languages: how far shared names and numbers get on the archive.

    python -m benchmarks.languages [--show 0]

Pairs of items in two of English, Russian and Chinese, published at most a day apart. Named are the actors and places of
`indicators.yaml` and the countries of Babel's tables, each found in all its languages with their inflection; numbers
are those of digits, without years. Transliterated names of persons are not compared. A pair is put forward where the
names that both have, each weighing the logarithm of how rare it is on those days, and the numbers that both have, are
enough; of an item's pairs with one language the best alone. A person read pairs drawn with a fixed seed
(`languages.json` keeps the verdicts by ids of the archive): for each rule the share that tell the same is printed with
its interval, and of all pairs that were found to, what it keeps.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from scipy import stats

from benchmarks.newswire import ROOT
from benchmarks.stories import archive
from tracker.indicators import codebook, matcher
from tracker.model import Item
from tracker.stories import reading

VERDICTS = Path(__file__).with_suffix(".json")
LANGUAGES = ("en", "ru", "zh")
NAMED = [
    *("chinese-leader", "russian-leader", "chinese-minister", "russian-minister", "eu", "nato", "g7", "un", "sco"),
    *("brics", "taiwan", "central-asia", "europe", "west", "drills", "sanctions", "chips", "yuan"),
]
SINCE, SEED, DRAWN = "2020-01-01", 2026, 120
RULES = {
    "names worth 6": (6.0, 0),
    "names worth 9": (9.0, 0),
    "names worth 12": (12.0, 0),
    "names worth 4 and a number": (4.0, 1),
    "names worth 6 and a number": (6.0, 1),
    "names worth 3 and two numbers": (3.0, 2),
    "names worth 5 and two numbers": (5.0, 2),
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two items that may tell the same: the worth of the names, and the count of the numbers, that both have."""

    ids: tuple[str, str]
    worth: float
    numbers: int


def finder() -> matcher.Matcher:
    """Finds names: a codebook with one indicator for each of them."""
    ours = yaml.safe_load((ROOT / "indicators.yaml").read_text(encoding="utf-8"))
    countries = {
        f"country-{code.lower()}": {language: [Locale(language).territories[code]] for language in LANGUAGES}
        for code in Locale("en").territories
        if len(code) == 2 and code.isalpha() and code not in ("EU", "UN", "ZZ")
        if all(code in Locale(language).territories for language in LANGUAGES)
    }
    names = [*NAMED, *countries]
    indicators = [
        {"id": name, "title": name, "group": "outcome", "direction": "toward", "query": f"@{name}"} for name in names
    ]
    content = {"version": "1", "lexicon": ours["lexicon"] | countries, "masks": ours["masks"], "indicators": indicators}
    text = yaml.safe_dump(content, allow_unicode=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "names.yaml"
        path.write_text(text, encoding="utf-8")
        return matcher.compile_codebook(codebook.load(path))


def candidates(rows: list[Row]) -> Iterator[Pair]:
    """The best pair of each item with each other language."""
    find = finder()
    names = [
        frozenset(match.indicator for match in find.match(Item("", "", row["title"], row["summary"] or "")))
        for row in rows
    ]
    numbers = []
    for start in range(0, len(rows), 512):
        read = reading.read([f"{row['title']}\n{row['summary'] or ''}" for row in rows[start : start + 512]])
        numbers += [frozenset((read.numbers[n] >> 1).tolist()) for n in range(len(read))]
    days: dict[int, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        days[date.fromisoformat(row["date"][:10]).toordinal()].append(at)
    frequency = Counter(name for some in names for name in some)
    worth = {name: math.log(len(rows) / count) for name, count in frequency.items()}
    best: dict[tuple[int, str], Pair] = {}
    for day, mine in days.items():
        by_name: dict[str, list[int]] = defaultdict(list)
        for at in [*mine, *days.get(day + 1, ())]:
            for name in names[at]:
                by_name[name].append(at)
        for one in mine:
            shared: Counter[int] = Counter(at for name in names[one] for at in by_name[name])
            for other in shared:
                if rows[other]["lang"] == rows[one]["lang"]:
                    continue
                pair = Pair(
                    tuple(sorted((rows[one]["id"], rows[other]["id"]))),  # type: ignore[arg-type]
                    sum(worth[name] for name in names[one] & names[other]),
                    len(numbers[one] & numbers[other]),
                )
                if not any(pair.worth >= least and pair.numbers >= count for least, count in RULES.values()):
                    continue
                for key in ((one, rows[other]["lang"]), (other, rows[one]["lang"])):
                    held = best.get(key)
                    if held is None or _score(pair) > _score(held):
                        best[key] = pair
    yield from sorted(set(best.values()), key=lambda pair: pair.ids)


def _score(pair: Pair) -> tuple[float, tuple[str, str]]:
    return pair.worth + 3 * pair.numbers, pair.ids


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--show", type=int, default=0, help="Pairs without a verdict that are shown.")
    chosen = options.parse_args()
    rows = [row for row in archive(1_000_000) if (row["date"] or "") >= SINCE and row["lang"] in LANGUAGES]
    by_id = {row["id"]: row for row in rows}
    pairs = list(candidates(rows))
    drawn: dict[tuple[str, str], Pair] = {}
    for least, count in RULES.values():
        fitting = [pair for pair in pairs if pair.worth >= least and pair.numbers >= count]
        drawn |= {pair.ids: pair for pair in random.Random(SEED).sample(fitting, min(DRAWN // 4, len(fitting)))}
    verdicts = {
        tuple(ids): word
        for word, read in (json.loads(VERDICTS.read_text()) if VERDICTS.exists() else {}).items()
        for ids in read
    }
    same = list(verdicts.values()).count("same")
    print(f"{len(rows):,} items since {SINCE} in three languages, {len(pairs):,} pairs put forward by any rule")
    for name, (least, count) in RULES.items():
        fitting = [pair for pair in pairs if pair.worth >= least and pair.numbers >= count]
        mine = random.Random(SEED).sample(fitting, min(DRAWN // 4, len(fitting)))
        kept = {pair.ids for pair in fitting}
        told = [verdicts[pair.ids] for pair in mine if pair.ids in verdicts]
        right = told.count("same")
        if told:
            interval = stats.binomtest(right, len(told)).proportion_ci(method="wilson")
            print(
                f"{name}: {len(fitting):,} pairs; the same in {right} of {len(told)} read:"
                f" {right / len(told):.2f} (95 %: {interval.low:.2f} to {interval.high:.2f});"
                f" keeps {sum(v == 'same' and ids in kept for ids, v in verdicts.items())} of {same} known"
            )
        else:
            print(f"{name}: {len(fitting):,} pairs; none read")
    unread = [pair for ids, pair in drawn.items() if ids not in verdicts]
    for pair in unread[: chosen.show]:
        print(f"{pair.ids[0]} {pair.ids[1]}  worth {pair.worth:.1f}, numbers {pair.numbers}")
        for key in pair.ids:
            row = by_id[key]
            print(f"    {row['date'][:10]} {row['lang']} {row['title'][:110]} | {(row['summary'] or '')[:70]}")


if __name__ == "__main__":
    main()
