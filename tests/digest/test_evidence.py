"""The line of evidence: right terms marked, never more than its room, offsets not believed blindly."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.digest.conftest import spans as evidence_for
from tracker.digest import clean, evidence
from tracker.digest.columns import width
from tracker.digest.evidence import Piece
from tracker.store.hits import evidence_json


def fired(pieces: evidence.Pieces) -> list[str]:
    return [piece.text for piece in pieces if piece.fired]


def line_of(text: str, *terms: str, room: int = evidence.ROOM) -> evidence.Pieces:
    texts = {"title": "", "summary": text, "body": ""}
    stored = evidence_json(list(evidence_for(texts, terms)))
    return evidence.line(texts, evidence.spans_by_field(stored, texts), room)


def test_a_short_text_is_shown_whole() -> None:
    assert line_of("A plant by the lake.", "plant") == (Piece("A "), Piece("plant", True), Piece(" by the lake."))


def test_a_long_text_is_cut_around_the_densest_evidence_at_the_start_of_its_sentence() -> None:
    text = "Rain fell. " * 20 + "The ministries will open a joint plant for engines by the lake. " + "Sun shone. " * 20
    pieces = line_of(text, "joint plant", "engines", room=60)
    assert fired(pieces) == ["joint plant", "engines"]
    assert pieces[0].text + pieces[1].text == "… The ministries will open a "
    assert width("".join(p.text for p in pieces)) <= 60 + 4


def test_chinese_is_cut_by_columns() -> None:
    text = "商务主管部门星期一宣布实施新措施。" * 8 + "两国将在湖边建设联合工厂。" + "专家表示影响有限。" * 8
    pieces = line_of(text, "联合工厂", room=60)
    assert fired(pieces) == ["联合工厂"]
    assert "两国将在湖边" in "".join(p.text for p in pieces)


def test_without_evidence_in_the_text_its_beginning_is_shown() -> None:
    assert "".join(p.text for p in line_of("word " * 100, room=40)) == "word " * 7 + "word …"
    assert line_of("") == ()


def test_a_text_that_says_next_to_nothing_is_not_shown() -> None:
    assert line_of("查看更多>") == ()
    assert line_of("Read more…") == ()
    assert line_of("A plant!", "plant") != (), "unless it is the evidence"


def test_a_text_that_its_feed_cut_off_says_so() -> None:
    shown = line_of("MOSCOW, February 19. Moscow sees no point in involvi", "Moscow")
    assert "".join(piece.text for piece in shown).endswith("involvi…")
    assert "".join(piece.text for piece in line_of("A plant by the lake", "plant")) == "A plant by the lake"


def test_terms_side_by_side_are_one_phrase() -> None:
    assert fired(line_of("A joint plant, a new  plant.", "joint", "plant", "new")) == ["joint plant", "new"]


def test_a_summary_that_repeats_the_title_is_not_shown() -> None:
    for summary, shown in (
        ("Big News! Harbour Post", False),
        ("Big news", False),
        ("Big news broke at noon at the lake behind the mill.", True),
    ):
        texts = {"title": "Big news", "summary": summary, "body": ""}
        assert bool(evidence.line(texts, evidence.spans_by_field("[]", texts))) is shown


def test_evidence_that_does_not_fit_is_ignored() -> None:
    texts = {"title": "abc", "summary": "", "body": ""}
    wrong = [
        {"field": "title", "start": 0, "end": 2, "text": "zz"},
        {"field": "title", "start": -1, "end": 99, "text": "abc"},
        {"field": "nowhere", "start": 0, "end": 1, "text": "a"},
        {"field": "title", "start": "0", "end": None, "text": "a"},
        17,
    ]
    for stored in (json.dumps(wrong), json.dumps({"a": 1}), "no json", ""):
        assert evidence.spans_by_field(stored, texts) == {"title": [], "summary": [], "body": []}


def test_control_characters_do_not_shift_offsets() -> None:
    text = "a\u202e\x07\nbomb here"
    assert fired(line_of(text, "bomb")) == ["bomb"]
    assert "".join(piece.text for piece in line_of(text, "bomb")) == "a bomb here"


@given(
    text=st.text(st.sampled_from("ab. Я两，\n\u202e"), max_size=400),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 30)), max_size=6),
    room=st.integers(20, 120),
)
def test_marked_text_is_evidence_and_the_line_has_bounds(text: str, cuts: list[tuple[int, int]], room: int) -> None:
    entries = [
        {"field": "summary", "start": a, "end": a + n, "text": text[a : a + n]} for a, n in cuts if a + n <= len(text)
    ]
    texts = {"title": "", "summary": text, "body": ""}
    found = evidence.spans_by_field(json.dumps(entries), texts)
    pieces = evidence.line(texts, found, room)
    joined = [clean.text(text[start:end]) for start, end in found["summary"]]
    for piece in pieces:
        if piece.fired:
            assert any(piece.text in whole for whole in joined)
    assert width("".join(piece.text for piece in pieces)) <= room + 8
