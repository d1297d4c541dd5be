"""Evidence -> marked text: exact, complete, and never believing offsets that do not fit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.review.highlight import Span, excerpt, read_evidence, segments

TEXTS = {"title": "两国海军举行联合演习", "summary": "Совместные учения 🙂 joint drill", "body": ""}


def stored(**changes: object) -> str:
    entry = {"field": "summary", "start": 11, "end": 17, "text": "учения", "term": "учени*", "concept": "drill"}
    return json.dumps([{**entry, **changes}])


def test_spans_that_fit_are_kept_with_their_terms() -> None:
    evidence = read_evidence(stored(), TEXTS)
    assert evidence.spans["summary"] == (Span(11, 17, ("учени* (@drill)",), "summary"),)
    assert (evidence.terms, evidence.misfits) == (("учени* (@drill)",), 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"start": 12}, {"end": 18}, {"start": -1}, {"start": 17, "end": 17}, {"end": 10_000}, {"text": "другое"},
        {"field": "author"}, {"field": None}, {"field": ["title"]}, {"start": "11"}, {"start": True}, {"start": 11.0},
        {"field": "body"},
    ],
)  # fmt: skip
def test_spans_that_do_not_fit_are_counted_not_shown(changes: dict[str, object]) -> None:
    evidence = read_evidence(stored(**changes), TEXTS)
    assert not any(evidence.spans.values())
    assert evidence.misfits == 1


@pytest.mark.parametrize("text", ["", "{", "3", "null", '{"a": 1}', "[[]]", '["x"]'])
def test_evidence_that_is_none_does_no_harm(text: str) -> None:
    evidence = read_evidence(text, TEXTS)
    assert not any(evidence.spans.values())
    assert evidence.misfits == 1


def test_overlapping_spans_share_their_middle() -> None:
    pieces = segments("abcdef", [Span(0, 4, ("x",)), Span(2, 6, ("y",))])
    assert [(piece.text, piece.terms) for piece in pieces] == [("ab", ("x",)), ("cd", ("x", "y")), ("ef", ("y",))]


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(max_size=300))
    borders = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(borders, borders), max_size=8))
    return text, [Span(min(p), max(p), (str(n),)) for n, p in enumerate(pairs) if p[0] != p[1]]


@given(marked_texts())
def test_segments_joined_are_the_text(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    pieces = segments(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    marked = {at for span in spans for at in range(span.start, span.end)}
    position = 0
    for piece in pieces:
        inside = set(range(position, position + len(piece.text)))
        assert inside <= marked if piece.terms else not (inside & marked)
        position += len(piece.text)


@given(marked_texts())
def test_an_excerpt_holds_no_foreign_text_and_loses_no_short_one(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    pieces = excerpt(text, spans, short=40, around=5)
    for run in "".join("\x00" if piece.gap else piece.text for piece in pieces).split("\x00"):
        assert run in text
    if len(text) <= 40:
        assert "".join(piece.text for piece in pieces) == text


def test_a_long_text_is_shown_around_its_evidence() -> None:
    text = "x" * 5000 + "needle" + "y" * 5000
    pieces = excerpt(text, [Span(5000, 5006, ("n",))])
    assert [piece.text for piece in pieces if piece.terms] == ["needle"]
    assert pieces[0].gap
    assert pieces[-1].gap
    assert sum(len(piece.text) for piece in pieces) < 700
