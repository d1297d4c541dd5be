"""What queries find in items: terms, NEAR, fields, masks, concepts, sources, languages."""

from __future__ import annotations

import pytest

from tests.indicators.helpers import book_of, hits, indicator, item, matcher_of, spans
from tracker.indicators.matcher import MAX_EVIDENCE, compile_codebook
from tracker.indicators.rules import rules_of


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("china", "Chinatown", False),
        ("china", "China’s plan", True),
        ("weapon*", "weaponry", True),
        ('="Quad"', "a quad bike", False),
        ('="Quad"', "The Ｑuad meets", True),
        ('="Quad"', "The Quads meet", False),
        ('"lethal aid"', "lethal, aid", True),
        ('"air defence"', "AIR-DEFENSES", True),
        ("co-operation", "cooperation", True),
        ("plain:sanction", "sanctions", False),
        ("plain:sanction", "Sanction", True),
        ("中国", "新中国成立", True),
        ("中国人", "中国，人", False),
        ("结盟", "結盟", True),
        ("F-35战机", "F-35 战机", True),
        ("F-35战机", "F-35，战机", False),
        ("елка", "Ёлки", True),
        ("kiev", "Ki\u00adev", True),
        ("a股", "中国A股市场", True),
        ("us", "中国US市场", True),
    ],
)
def test_terms(query: str, text: str, found: bool) -> None:
    assert (hits(matcher_of(query), text) == {"q0"}) is found


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("china NEAR/1 russia", "china russia", True),
        ("china NEAR/1 russia", "china and russia", False),
        ("china NEAR/2 russia", "russia - and - china", True),
        ("china ONEAR/2 russia", "russia and china", False),
        ("china NEAR/0 china", "china", True),
        ("china ONEAR/5 china", "china", False),
        ("中国 NEAR/2 俄", "中国和俄", True),
        ("中国 NEAR/1 俄", "中国和俄", False),
        ("(russia OR 俄) NEAR/3 (arms OR 武器)", "the arms of russia", True),
        ("a1 NEAR/2 b1 NEAR/2 c1", "a1 x b1 x c1", True),
        ("a1 NEAR/2 b1 NEAR/2 c1", "a1 b1 x x x b1 c1", False),
        ("x1 ONEAR/3 (a1 NEAR/9 b1)", "a1 x1 b1", False),
        ("x1 ONEAR/3 (a1 NEAR/9 b1)", "x1 a1 y y y b1", True),
        ("(a1 ONEAR/3 b1 ONEAR/3 c1) ONEAR/2 x1", "a1 b1 c1 x1", True),
        ("(a1 ONEAR/3 b1 ONEAR/3 c1) ONEAR/2 x1", "x1 a1 b1 c1", False),
        ("a1 NOT NEAR/2 b1", "a1 b1", False),
        ("a1 NOT NEAR/2 b1", "a1 b1 x x x a1", True),
        ("a1 NOT ONEAR/2 b1", "b1 a1", True),
        ("a1 NOT NEAR/s b1", "A1 here! B1 there", True),
        ("a1 NEAR/s b1", "A1 is here. B1 is there", False),
        ("a1 NEAR/s b1", "The U.S. A1 met Mr. B1 of St. Ives", True),
        ("a1 NEAR/s b1", "a1 grew by 3.5 per cent, b1 said", True),
        ("a1 NEAR/s b1", "a1说。b1说", False),
        ("a1 NEAR/3s b1", "a1 x x x b1", False),
        ("a1 NEAR/99999999 b1", "a1 " + "x " * 500 + "b1", True),
    ],
)
def test_nearness(query: str, text: str, found: bool) -> None:
    assert (hits(matcher_of(query, inflect=False), text) == {"q0"}) is found


def test_near_counts_fields_as_one_sequence_but_phrases_and_sentences_stay_inside() -> None:
    matcher = matcher_of(
        "china NEAR/1 russia", '"china russia"', "china NEAR/s russia", "title:china NEAR/1 summary:russia"
    )
    assert hits(matcher, "to china", "russia too") == {"q0", "q3"}


def test_fields_of_text_and_item() -> None:
    matcher = matcher_of(
        "title:china", "body:(china AND russia)", "china AND language:(ru OR zh)", 'china AND source:"mfa*"'
    )
    assert hits(matcher, "China", language="zh-CN") == {"q0", "q2"}
    assert hits(matcher, "", "China", source="MFA Russia") == {"q3"}
    assert hits(matcher, "", "", "China, Russia") == {"q1"}
    assert hits(matcher, "Китай: China в Москве сегодня") == {"q0", "q2"}, (
        "an item without language is judged by its script"
    )


def test_precision_of_evidence() -> None:
    matcher = matcher_of("china NEAR/2 russia AND arms", inflect=False)
    assert spans(matcher, "China and Russia", "far off, China; arms") == ["China", "Russia", "arms"]


def test_evidence_names_term_and_concept_at_exact_offsets() -> None:
    book = {
        "version": "1",
        "lexicon": {"arms": {"en": ["weapon*"], "ru": ["оружие"]}},
        "indicators": [indicator("@arms")],
    }
    (match,) = compile_codebook(book_of(book)).match(item("½ ﬁne", "Ки\u0301тай: ору\u00adжия и weaponry"))
    assert [(e.field, e.start, e.end, e.text, e.term, e.concept) for e in match.evidence] == [
        ("summary", 8, 15, "ору\u00adжия", "оружие", "arms"),
        ("summary", 18, 26, "weaponry", "weapon*", "arms"),
    ]


def test_evidence_is_bounded() -> None:
    (match,) = matcher_of("china").match(item("china " * 5000))
    assert len(match.evidence) == MAX_EVIDENCE


def test_masks_hide_spans_and_not_items() -> None:
    masks = {"everywhere": ["White Russian"], "food": ["Chinese food", "china shop"]}
    lexicon = {"china": {"any": ["Chinese", "china"], "masks": ["china town"]}}
    listed = [
        indicator("@china", "a"),
        indicator("@china", "b", masks=["@food"]),
        indicator("NOT russian AND talks", "c"),
    ]
    matcher = compile_codebook(book_of({"version": "1", "masks": masks, "lexicon": lexicon, "indicators": listed}))
    assert hits(matcher, "Chinese food") == {"a"}
    assert hits(matcher, "Chinese food for Chinese guests") == {"a", "b"}
    assert hits(matcher, "A china town") == set()
    assert hits(matcher, "White Russian talks") == {"c"}
    assert hits(matcher, "Russian talks") == set()


def test_a_mask_longer_than_it_seems_inflects_like_any_term() -> None:
    matcher = matcher_of("русский", masks=["русская рулетка"])
    assert hits(matcher, "Играли в русскую рулетку") == set()
    assert hits(matcher, "русские в городе") == {"q0"}


SOURCES = {
    "sources": {"MFA China": ["china"], "xinhua*": ["china"]},
    "lexicon": {"china": ["China"], "russia": ["Russia"]},
}


def test_what_a_source_implies_holds_without_being_named() -> None:
    queries = ["@china AND talks", "@china NEAR/3 @russia", "text:@china AND talks", "@china", "talks NOT @china"]
    matcher = matcher_of(*queries, **SOURCES)
    assert hits(matcher, "talks with Russia", source="mfa china") == {"q0", "q1"}
    assert hits(matcher, "talks with Russia", source="Xinhua World") == {"q0", "q1"}
    assert hits(matcher, "talks with Russia", source="tass") == {"q4"}
    assert spans(matcher, "talks with Russia", source="mfa china") == ["talks"]


def test_an_implied_middle_joins_its_neighbours() -> None:
    matcher = matcher_of("a1 ONEAR/2 @china ONEAR/2 b1", **SOURCES)
    assert hits(matcher, "a1 x x x b1", source="MFA China") == {"q0"}
    assert hits(matcher, "a1 x x x x b1", source="MFA China") == set()
    assert hits(matcher, "a1 x China b1") == {"q0"}


def test_items_carry_what_their_feed_implies() -> None:
    given = item("talks")
    matcher = matcher_of("@china AND talks", **SOURCES)
    assert not matcher.match(given)
    from dataclasses import replace

    assert matcher.match(replace(given, implies=("china", "unknown")))


def test_terms_of_one_language_only() -> None:
    lexicon = {"ministry": {"zh only": ["外交部", "=MFA"], "any": ["foreign office"]}}
    matcher = matcher_of("@ministry", lexicon=lexicon)
    assert hits(matcher, "外交部 MFA", language="zh") == {"q0"}
    assert hits(matcher, "MFA", language="zh-TW") == {"q0"}
    assert hits(matcher, "外交部 MFA", language="ja") == set()
    assert hits(matcher, "Foreign Office", language="en") == {"q0"}


def test_concepts_hold_terms_concepts_and_expressions() -> None:
    lexicon = {
        "eu": ["EU"],
        "west": ["@eu", "USA"],
        "supply": {"query": "(deliver OR supply) NEAR/3 weapon*"},
        "rise": {"en": [{"term": "rise", "forms": ["rise", "rises"]}]},
    }
    listed = [indicator("@west ONEAR/9 @supply", "a"), indicator("@rise", "b")]
    matcher = compile_codebook(book_of({"version": "1", "lexicon": lexicon, "indicators": listed}))
    assert hits(matcher, "The EU supplies more weapons") == {"a"}
    assert hits(matcher, "Weapons supplied by the EU") == set()
    assert hits(matcher, "It rises") == {"b"}
    assert hits(matcher, "It rose") == set()


def test_sub_queries_of_an_indicator() -> None:
    where = {"actor": "@china OR peking", "deed": "sell OR buy", "both": "@actor AND @deed"}
    book = {"version": "1", "lexicon": {"china": ["China"]}, "indicators": [indicator("@both NOT rumour", where=where)]}
    matcher = compile_codebook(book_of(book))
    assert hits(matcher, "Peking sold grain") == {"a"}
    assert hits(matcher, "Peking sold grain: rumours") == set()


def test_inflection_can_be_turned_off() -> None:
    assert hits(matcher_of("sanction"), "sanctions") == {"q0"}
    assert hits(matcher_of("sanction", inflect=False), "sanctions") == set()


def test_overlapping_terms_are_all_found() -> None:
    assert hits(matcher_of("новая", '"новая зеландия"'), "Новая Зеландия") == {"q0", "q1"}


def test_scores_put_a_headline_before_a_passing_mention() -> None:
    matcher = matcher_of("china NEAR/9 arms")
    headline, early, late = (
        matcher.match(given)[0].score
        for given in (
            item("China sells arms", "China sold arms"),
            item("News", "China sells arms"),
            item("News", "x " * 300 + "China sells arms"),
        )
    )
    assert 0 <= late < early < headline <= 1


def test_learning_frequencies_changes_no_hit() -> None:
    from tracker.indicators import matcher as module

    queries = [f"(w{n} OR v{n}) AND (x{n % 7} OR y{n % 5}) NOT z{n % 3}" for n in range(module.WORTH_TUNING)]
    matcher = matcher_of(*queries, inflect=False)
    text = "w1 v2 w3 v500 x1 x2 y0 y3 z1"
    before = hits(matcher, text)
    for number in range(module.LEARNING_ITEMS):
        matcher.match(item(f"w{number % 900} x{number % 7} y{number % 5}"))
    assert before
    assert hits(matcher, text) == before


def test_alternatives_are_tried_apart_also_under_a_condition() -> None:
    query = '(china NEAR/5 pact OR "joint drill" OR moscow AND treaty) NOT zebra AND language:en'
    matcher = matcher_of(query)
    assert len(rules_of(matcher.compiled.plans)) == 3
    found = spans(matcher, "China signs a pact", "A joint drill; Moscow and the treaty.", language="en")
    assert found == ["China", "pact", "joint drill", "Moscow", "treaty"]
    assert hits(matcher, "A joint drill", language="en") == {"q0"}
    assert hits(matcher, "A joint drill with a zebra", language="en") == set()
    assert hits(matcher, "A joint drill", language="ru") == set()
    assert hits(matcher, "Moscow signs a pact", language="en") == set()
