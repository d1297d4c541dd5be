"""Explanations and near misses: which clause failed, and what stood in the way."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.indicators.helpers import book_of, indicator, item, matcher_of
from tracker.indicators import checks, codebook
from tracker.indicators.explain import Clause, explain, near_misses
from tracker.indicators.matcher import compile_codebook
from tracker.model import Example


def flat(clause: Clause) -> list[Clause]:
    return [clause, *(below for child in clause.clauses for below in flat(child))]


def test_a_hit_shows_clauses_spans_and_forms() -> None:
    (found,) = explain(matcher_of("china NEAR/5 (sell OR buy) AND arms"), item("China sold arms"))
    assert (found.outcome, found.missing) == ("hit", "")
    assert found.score > 0.5
    near = next(clause for clause in flat(found.clause) if "NEAR" in clause.text and "AND" not in clause.text)
    assert [span.text for span in near.spans] == ["China", "sold"]
    assert ("sell", ("sell", "selling", "sells", "sold")) in found.forms


def test_a_near_miss_names_the_clause_that_failed() -> None:
    (found,) = explain(matcher_of("china NEAR/3 (sell OR buy) AND arms"), item("China sold grain"))
    assert (found.outcome, found.missing) == ("near miss", "arms")
    assert [clause.text for clause in flat(found.clause) if clause.note == "absent"] == ["arms"]


def test_distance_order_and_sentence_are_told_apart() -> None:
    matcher = matcher_of("china NEAR/2 russia", "china ONEAR/9 russia", "china NEAR/s russia", inflect=False)
    notes = [one.clause.note for one in explain(matcher, item("Russia met at last. And so did all of China"))]
    assert notes[0] == "china and russia are 9 tokens apart at best, 2 are allowed"
    assert "other order" in notes[1]
    assert "sentence" in notes[2]


def test_what_an_exclusion_or_a_mask_stopped_is_suppressed() -> None:
    matcher = matcher_of("china NOT sport", "chinese", "china NOT NEAR/2 shop", masks=["Chinese food"])
    misses = {miss.indicator: miss for miss in near_misses(matcher, item("China shop: sport and Chinese food"))}
    assert {name: (miss.missing, miss.suppressed) for name, miss in misses.items()} == {
        "q0": ("NOT sport", True),
        "q1": ("a mask", True),
        "q2": ("china NOT NEAR/2 shop", True),
    }
    assert [span.text for span in misses["q1"].evidence] == ["Chinese"]
    (masked,) = explain(matcher, item("Chinese food"), ["q1"])
    assert "mask: Chinese" in masked.clause.note


def test_what_misses_by_far_is_no_near_miss() -> None:
    matcher = matcher_of("china AND russia AND arms")
    assert near_misses(matcher, item("Only China")) == ()
    assert explain(matcher, item("nothing at all"))[0].outcome == "miss"
    assert near_misses(matcher, item("")) == ()


def test_implied_concepts_and_conditions_are_said() -> None:
    matcher = matcher_of("@china AND talks AND language:ru", sources={"mfa": ["china"]}, lexicon={"china": ["China"]})
    (found,) = explain(matcher, item("talks", source="MFA", language="en"))
    notes = {clause.text: clause.note for clause in flat(found.clause)}
    assert notes["@china"] == "implied by the source"
    assert "language en" in notes["language:ru"]
    assert found.missing == "language:ru"


def test_examples_that_fail_are_explained() -> None:
    matcher = matcher_of("china AND arms")
    examples = [
        Example("q0", "en", "China sells arms", hits=True),
        Example("q0", "en", "China sells grain", hits=True),
        Example("q0", "en", "Arms", hits=False, summary="for China"),
    ]
    failed = list(checks.failures(matcher, examples))
    assert [(f.example.text, f.explanation.outcome) for f in failed] == [
        ("China sells grain", "near miss"),
        ("Arms", "hit"),
    ]


def test_coverage_tells_cited_declared_and_open_sentences() -> None:
    content = {
        "version": "1",
        "sentences": {"S00": None, "S01": {"not_observable": "a heading"}, "S02": None},
        "indicators": [indicator("china", ground=[{"sentence": "S00", "says": "so"}])],
    }
    rows = checks.coverage(book_of(content))
    assert [(row.sentence, row.indicators, row.reason, row.open) for row in rows] == [
        ("S00", ("a",), "", False),
        ("S01", (), "a heading", False),
        ("S02", (), "", True),
    ]


def test_explaining_a_codebook_reads_as_its_queries_do(tmp_path: Path) -> None:
    query = '@actor ONEAR/3 ="Quad" OR title:(a1 OR b1) NOT NEAR/2s c*d'.replace("c*d", "cd*")
    book = {"version": "1", "indicators": [indicator(query, where={"actor": "china"})]}
    path = tmp_path / "indicators.yaml"
    path.write_text(yaml.safe_dump(book), encoding="utf-8")
    (found,) = explain(compile_codebook(codebook.load(path)), item("x"))
    assert found.clause.text == "@actor ONEAR/3 =Quad OR title:(a1 OR b1) NOT NEAR/2s cd*"
