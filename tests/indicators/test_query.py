"""Query text to trees: precedence, every construct, and mistakes that point at their character."""

from __future__ import annotations

import pytest

from tracker.indicators import query, tree
from tracker.indicators.query import QueryError


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("a1 OR b1 AND c1", "a1 OR (b1 AND c1)"),
        ("a1 NOT b1", "a1 AND NOT b1"),
        ("a1 AND NOT b1 OR c1", "(a1 AND (NOT b1)) OR c1"),
        ("NOT a1 NEAR/3 b1 AND c1", "(NOT (a1 NEAR/3 b1)) AND c1"),
        ("a1 OR b1 NEAR/3 c1", "a1 OR (b1 NEAR/3 c1)"),
        ("A1 OR B1 AND C1 NOT D1 NEAR/3 E1", "A1 OR (B1 AND C1 AND NOT (D1 NEAR/3 E1))"),
        ("title:a1 NEAR/2 b1", "(title:a1) NEAR/2 b1"),
        ("a1 NOT NEAR/5 b1 NEAR/2 c1", "(a1 NOT NEAR/5 b1) NEAR/2 c1"),
        ("a1 ONEAR/s b1 # why\n# whole line\nAND c1", "(a1 ONEAR/s b1) AND c1"),
        ('plain:(a1 OR "b c")', 'plain:a1 OR plain:"b c"'),
    ],
)
def test_precedence(written: str, means: str) -> None:
    assert tree.render(query.parse(written)) == tree.render(query.parse(means))


def test_every_construct_is_read() -> None:
    parsed = query.parse('="Quad" ONEAR/4s weap* AND @china AND source:("MFA Russia" OR xinhua*) AND language:ru')
    near, concept, source, language = parsed.nodes  # type: ignore[union-attr]
    assert near.operands == (tree.Term("Quad", "exact"), tree.Term("weap", "prefix"))
    assert near.links == (tree.Link(4, ordered=True, sentence=True),)
    assert concept == tree.Concept("china")
    assert (source.key, source.values) == ("source", ("mfa russia", "xinhua*"))
    assert (language.key, language.values) == ("language", ("ru",))


def test_a_distance_has_no_limit() -> None:
    assert query.parse("a1 NEAR/123456789012 b1").links[0].distance == 123456789012  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "offset", "says"),
    [
        ("", 0, "empty"),
        ('china AND "lethal aid', 10, "not closed"),
        ('="Quad', 0, "not closed"),
        ("(china OR russia", 0, "not closed"),
        ("china)", 5, "never opened"),
        ("china AND ()", 10, "nothing"),
        ('china AND ""', 10, "nothing"),
        ("lethal aid", 7, '"lethal aid"'),
        ("china and russia", 6, "capitals"),
        ("china near/3 russia", 6, "capitals"),
        ("china NEAR russia", 6, "distance"),
        ("china NEAR/x russia", 6, "distance"),
        ("NOT china", 0, "without one word"),
        ("china OR NOT russia", 0, "without one word"),
        ("language:ru", 0, "without one word"),
        ("c*", 0, "two letters"),
        ("中*", 0, "two letters"),
        ('"nuclear w*"', 0, "two letters"),
        ("*china", 0, "end of a term"),
        ('"we*apons"', 3, "end of a term"),
        ('="Quad*"', 0, "wildcard"),
        ("china AND", 9, "ends"),
        ("AND china", 0, "missing"),
        ("NOT NOT china", 4, "NOT NOT"),
        ("author:smith AND china", 0, "title:, summary:"),
        ("(china AND russia) NEAR/5 arms", 1, "AND cannot"),
        ("arms NEAR/5 (china OR NOT russia)", 22, "NOT cannot"),
        ("language:ru NEAR/5 china", 0, "beside NEAR"),
        ("title:(china AND language:ru) NEAR/5 arms", 7, "AND cannot"),
        ("china, russia", 5, "comma"),
        ("“china”", 0, "straight"),
        ("china | russia", 6, "OR"),
        ("@ AND china", 0, "name"),
        ("source: AND china", 8, "name"),
        ('"--"', 0, "letter"),
        ("(" * 101 + "china" + ")" * 101, 100, "deep"),
    ],
)
def test_mistakes_point_at_their_character(text: str, offset: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        query.parse(text)
    assert says in caught.value.message
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("entry", "is_"),
    [
        ("lethal aid", tree.Term("lethal aid", "inflected")),
        ("=Quad", tree.Term("Quad", "exact")),
        ('="Quad"', tree.Term("Quad", "exact")),
        ("plain:sea power", tree.Term("sea power", "plain")),
        ("nuclear weap*", tree.Term("nuclear weap", "prefix")),
        ("@other", tree.Concept("other")),
    ],
)
def test_entries_of_lists_need_no_quotes(entry: str, is_: tree.Node) -> None:
    assert query.term(entry) == is_


@pytest.mark.parametrize("entry", ["", "  ", "a*", "@two words", 'say "no" now', "--", "wea*pon"])
def test_faulty_entries_are_refused(entry: str) -> None:
    with pytest.raises(QueryError):
        query.term(entry)
