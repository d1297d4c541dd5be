from __future__ import annotations

import pytest

from tracker.indicators import english


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("abstain", {"abstain", "abstains", "abstained", "abstaining"}),
        ("rebuke", {"rebuke", "rebukes", "rebuked", "rebuking"}),
        ("rein", {"rein", "reins", "reined", "reining"}),
        ("waive", {"waive", "waives", "waived", "waiving"}),
    ],
)
def test_verbs_of_diplomacy_inflect(verb: str, forms: set[str]) -> None:
    assert forms <= english.phrase_forms([verb])


@pytest.mark.parametrize(("noun", "never"), [("unit", "united"), ("accord", "according"), ("evening", "even")])
def test_nouns_do_not_become_other_words(noun: str, never: str) -> None:
    assert never not in english.phrase_forms([noun])
