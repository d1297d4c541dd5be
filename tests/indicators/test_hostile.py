"""Texts meant to harm: no crash, exact offsets, and time that grows no faster than the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.indicators.helpers import item, matcher_of
from tracker.indicators import normalise
from tracker.indicators.explain import explain

MATCHER = matcher_of(
    "china NEAR/5 russia NEAR/5 china AND NOT (china ONEAR/1 peru)",
    "(china NEAR/9 russia) ONEAR/50 (russia NEAR/s china)",
    "china NOT NEAR/3 russia OR 中国 NEAR/4 俄罗斯",
    "title:china OR chi* OR ru*",
    masks=["china russia"],
)
UNITS = [
    "china russia ",
    "china ",
    "russia x china ",
    "中国和俄罗斯，",
    "a",
    "! ",
    "chi\u00adna \u200f\u202eру\u0301с 👩\u200d👩\u200d👧 ",
    "ｃｈｉｎａ½ ",
]


def seconds(text: str) -> float:
    best = 9.0
    for _ in range(2):
        started = time.process_time()
        MATCHER.match(item("china meets russia", text))
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    small, large = 20_000, 160_000
    ratio = seconds(unit * (large // len(unit))) / max(seconds(unit * (small // len(unit))), 0.002)
    assert ratio < 3 * large / small


@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        "china \udfff\ud800 russia",
        "\0",
        "\x01\x02 china",
        "\u202echina\u202c",
        "\ufeffchina",
        "a\u0301" * 50,
        "",
    ],
)
def test_odd_characters_do_no_harm(text: str) -> None:
    for match in MATCHER.match(item(text, text)):
        for span in match.evidence:
            assert len(span.text) == span.end - span.start
    explain(MATCHER, item(text, text))


@given(st.text(max_size=60), st.text(st.characters(), max_size=60))
def test_any_text_can_be_matched_and_its_spans_cut_from_it(title: str, summary: str) -> None:
    given_item = item(title + " china", summary + " ru\u0301ssia")
    found = MATCHER.match(given_item)
    assert found
    for match in found:
        for span in match.evidence:
            stored = normalise.without_surrogates(getattr(given_item, span.field))
            assert stored[span.start : span.end] == span.text
            assert normalise.key(span.text)[:2] in ("ch", "ru")
