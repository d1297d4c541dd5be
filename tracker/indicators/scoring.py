"""How strongly a match speaks for its indicator, 0..1, from its evidence alone.

The weights were set on labelled items: a headline that holds all of it says most, then how early it is said, how often,
in how many concepts, and how closely the spans stand together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tracker.model import Evidence

HEADLINE, EARLY, OFTEN, CONCEPTS, CLOSE = 0.40, 0.22, 0.18, 0.15, 0.05
EARLY_WITHIN = 150
"""Characters into the text after which a first mention counts half."""
CLOSE_WITHIN = 40
"""Characters between neighbouring spans at which closeness counts half."""


def score(evidence: Sequence[Evidence]) -> float:
    """The score of a match, rounded to three places. ``evidence`` is in the order of the text and not empty."""
    concepts, in_title = set(), set()
    for span in evidence:
        name = span.concept or span.term
        concepts.add(name)
        if span.field == "title":
            in_title.add(name)
    first = evidence[0]
    early = 1.0 if first.field == "title" else 1 / (1 + first.start / EARLY_WITHIN)
    return round(
        HEADLINE * len(in_title) / len(concepts)
        + EARLY * early
        + OFTEN * min(len(evidence), 12) / 12
        + CONCEPTS * min(len(concepts), 6) / 6
        + CLOSE * _closeness(evidence),
        3,
    )


def _closeness(evidence: Sequence[Evidence]) -> float:
    gaps = [max(b.start - a.end, 0) for a, b in pairwise(evidence) if a.field == b.field]
    return 1 / (1 + sum(gaps) / len(gaps) / CLOSE_WITHIN) if gaps else 0.5
