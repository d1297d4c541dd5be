"""What the relevance model gains over the plain score, with the labelled items of ../shared as verdicts.

    python -m benchmarks.relevance [--least N] [--json]

Two sets of verdicts: the hits of the codebook, and its hits and near misses together, as an early, looser codebook
would have found them (the plain score of a near miss is that of its evidence). An item is right where it carries the
indicator at all. Everything is measured on folds that the model had not seen, in which no story is torn apart.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import asdict

from benchmarks.newswire import ROOT, SHARED
from tracker.analysis import relevance, relevance_training
from tracker.analysis.relevance import Case
from tracker.indicators import codebook, explain, matcher, scoring
from tracker.model import Evidence, Item

MOST = 1_500
"""Verdicts of the looser set, drawn at random."""
Verdict = tuple[Case, bool, int]


def verdicts(*, loose: bool) -> Iterator[Verdict]:
    """Cases with whether they are right and the number of their item."""
    finder = matcher.compile_codebook(codebook.load(ROOT / "indicators.yaml"))
    labels = {row["id"]: row for row in _lines("dev")}
    for number, row in enumerate(row for row in _lines("items") if row["id"] in labels):
        label = labels[row["id"]]
        bears_on = {*label["primary"], *label["secondary"]}
        item = Item(row["id"], "", row["title"], row["summary"], language=row["lang"], source=row["source"])
        found = [(match.indicator, match.evidence) for match in finder.match(item)]
        if loose:
            found += [(miss.indicator, miss.evidence) for miss in explain.near_misses(finder, item)]
        for indicator, evidence in found:
            yield _case(item, indicator, evidence), indicator in bears_on, number


def _case(item: Item, indicator: str, evidence: tuple[Evidence, ...]) -> Case:
    terms = tuple(sorted({span.concept or span.term for span in evidence}))
    return Case(indicator, scoring.score(evidence), f"{item.title} {item.summary}", terms)


def _lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (SHARED / f"gold/{name}.jsonl").open(encoding="utf-8")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least", type=int, default=relevance_training.LEAST_VERDICTS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = {}
    for name, loose in (("hits", False), ("hits and near misses", True)):
        found = list(verdicts(loose=loose))
        found = found if len(found) <= MOST else random.Random(0).sample(found, MOST)
        cases, right, groups = zip(*found, strict=True)
        try:
            trained = relevance_training.train(cases, right, groups, options.least)
        except relevance_training.TooFewError:
            results[name] = {"verdicts": len(cases), "indicators": 0}
            if not options.json:
                print(f"{name}: {len(cases)} verdicts, {sum(right)} right; no indicator has enough of both kinds")
            continue
        results[name] = {"verdicts": len(cases), "indicators": len(trained.model.indicators), **asdict(trained.gain)}
        if not options.json:
            gain: relevance.Gain = trained.gain
            print(
                f"{name}: {len(cases)} verdicts, {len(trained.model.indicators)} indicators with {options.least} or "
                f"more ({gain.cases} verdicts, {gain.right} right)\n"
                f"  AUC plain {gain.plain:.3f}, model {gain.model:.3f}, gain {gain.difference:+.3f} "
                f"({gain.lower:+.3f} to {gain.upper:+.3f}); Brier {gain.brier:.3f}, constant {gain.brier_constant:.3f}"
            )
    if options.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
