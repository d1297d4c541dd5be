"""Writes docs/indicators.md: every indicator, and how many of its archive hits were right when read.

python -m benchmarks.indicators_page > docs/indicators.md

The counts come from tests/shared/archive_review: up to 20 hits of each indicator over the news archive, drawn by a
hash, read and judged by the definition. Intervals are Jeffreys intervals at 95 %.
"""

from __future__ import annotations

from typing import Any

import yaml

from benchmarks.newswire import ROOT
from benchmarks.quality import jeffreys, measure
from tracker.indicators import codebook
from tracker.model import GROUPS, Indicator

REVIEWS = ROOT / "tests/shared/archive_review"
HEAD = """# The indicators

Drawn from one published argument; the sentence numbers are those of `tracker indicators coverage`.
Definitions and queries stand in `indicators.yaml`, examples in `indicators.examples.yaml`.

“Right when read”: up to 20 random hits of each indicator over an archive of 219,000 real news items in English,
Russian and Chinese, read and judged by the definition, with the Jeffreys interval at 95 %.
One reader, who also wrote queries, so take it as the kind end of the truth. The draw is fixed by a hash of the
item’s id, so that an edit of the codebook changes only the part of the sample that it touches.
This page is made by `python -m benchmarks.indicators_page`.
"""

SCORE = """
## What the score is worth

Hits on the labelled items, by their score (place, distance, number of concepts): the fifth with the highest scores
against the fifth with the lowest. `python -m benchmarks.quality --score` prints it.

| hits | right | precision | interval |
|---|---|---|---|"""


def main() -> None:
    """Print the page."""
    reviews = {
        row["indicator"]: row for path in sorted(REVIEWS.glob("*.yaml")) for row in yaml.safe_load(path.read_text())
    }
    book = codebook.load(ROOT / "indicators.yaml")
    print(HEAD)
    for group in GROUPS:
        print(f"## {group.capitalize()}\n")
        print("| indicator | direction | sentences | hits in the archive | right when read | interval |")
        print("|---|---|---|---|---|---|")
        for indicator in book.indicators:
            if indicator.group == group:
                print(_row(indicator, reviews.get(indicator.id)))
        print()
    read, right = (sum(row[key] for row in reviews.values()) for key in ("read", "right"))
    low, high = jeffreys(right, read)
    print(f"All together: {right} of {read} right, {right / read:.2f} [{low:.2f}, {high:.2f}].")
    print(SCORE)
    for name, right, read in measure().fifths():
        low, high = jeffreys(right, read)
        print(f"| {name} fifth | {right} of {read} | {right / read:.3f} | {low:.3f}–{high:.3f} |")


def _row(indicator: Indicator, review: dict[str, Any] | None) -> str:
    sentences = ", ".join(number for number, _ in indicator.ground)
    named = f"`{indicator.id}`<br>{indicator.title}"
    if review is None:
        return f"| {named} | {indicator.direction} | {sentences} | not read | | |"
    if not review["read"]:
        return f"| {named} | {indicator.direction} | {sentences} | {review['hits']} | none to read | |"
    low, high = jeffreys(review["right"], review["read"])
    counted = f"{review['right']} of {review['read']}"
    return f"| {named} | {indicator.direction} | {sentences} | {review['hits']} | {counted} | {low:.2f}–{high:.2f} |"


if __name__ == "__main__":
    main()
