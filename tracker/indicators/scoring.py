"""How strongly a match speaks for its indicator, 0..1: place, closeness, number of clauses, early or passing mention."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.indicators.scan import Scan
from tracker.model import Evidence

PLACES = {"title": 1.0, "summary": 0.6, "body": 0.35}


def score(scan: Scan, evidence: Sequence[Evidence]) -> float:
    """The score of a match from its evidence, rounded to three places."""
    place = max(PLACES[span.field] for span in evidence)
    in_title = sum(span.field == "title" for span in evidence) / len(evidence)
    concepts = min(len({(span.concept or span.term) for span in evidence}), 5) / 5
    first = evidence[0]
    early = 1.0 if first.field == "title" else 1 / (1 + first.start / 200)
    return round(0.35 * place + 0.25 * in_title + 0.2 * concepts + 0.2 * early, 3)
