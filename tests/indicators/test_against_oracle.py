"""For random texts and queries the matcher agrees with a slow, obvious evaluator on hits and every span."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.indicators.helpers import indicator, item
from tests.indicators.oracle import Oracle
from tracker.indicators import normalise, query, tree
from tracker.indicators.codebook import Codebook, Definition
from tracker.indicators.matcher import Matcher, compile_codebook
from tracker.model import Indicator

WORDS = [
    "china",
    "China",
    "arms",
    "sell",
    "to",
    "s",
    "400",
    "ёж",
    "Еж",
    "Ракета",
    "中",
    "国",
    "中国",
    "Quad",
    "ﬁn",
    "½",
]
SEPARATORS = [
    " ",
    " ",
    " ",
    " ",
    "",
    "-",
    ", ",
    "! ",
    "\n",
    "。",
    " — ",
    "\u00ad",
    "\u200d",
    "\u0301",
    "  ",
    "’s ",
    "🇷🇺 ",
]
STRANGE = ["\ud800", "\u202e", "👩‍👧", "İ", "ß", "ё", "Ｃhina", "e\u0301", "ة", "가", "\0", "\ufffd", "ゞ"]

texts = (
    st.lists(st.sampled_from(WORDS + STRANGE) | st.sampled_from(WORDS), min_size=2, max_size=14)
    .flatmap(lambda words: st.tuples(*(st.tuples(st.just(w), st.sampled_from(SEPARATORS)) for w in words)))
    .map(lambda pairs: "".join(word + separator for word, separator in pairs))
)
TERMS = [
    "china",
    "arms",
    "sell",
    "to",
    "s",
    '"s 400"',
    '"sell arms"',
    '"to china"',
    "чужой",
    "еж",
    "ракета",
    "中",
    "国",
]
TERMS += ["中国", '="China"', '="Quad"', '="ёж"', "chi*", "рак*", '"中 china"', '"arms sell"', "s-400", "fin", '"1 2"']
terms = st.sampled_from([*TERMS, '"国 china to"'])
links = st.builds(
    lambda negated, ordered, distance, sentence: f"{negated}{ordered}NEAR/{distance}{sentence}",
    st.sampled_from(["", "", "", "NOT "]),
    st.sampled_from(["", "O"]),
    st.integers(0, 6),
    st.sampled_from(["", "", "s"]),
)
groups = st.lists(terms, min_size=1, max_size=3).map(lambda found: f"({' OR '.join(found)})")
places = st.builds(lambda field, group: f"{field}:{group}", st.sampled_from(["title", "summary", "text"]), groups)
operands = terms | groups | places
pairs = st.builds(lambda a, link, b: f"({a} {link} {b})", operands, links, operands)
chains = st.builds(
    lambda a, rest: a + "".join(f" {link} {operand}" for link, operand in rest),
    operands | pairs,
    st.lists(st.tuples(links, operands | pairs), min_size=1, max_size=3),
)
clauses = operands | chains | chains.map(lambda chain: f"({chain})") | chains.map(lambda chain: f"title:({chain})")
joins = st.sampled_from([" AND ", " OR ", " NOT ", " AND NOT "])
expressions = st.builds(
    lambda first, rest: first + "".join(join + clause for join, clause in rest),
    clauses,
    st.lists(
        st.tuples(joins, clauses | st.builds(lambda a, j, b: f"({a}{j}{b})", clauses, joins, clauses)), max_size=3
    ),
)


def matcher_for(text: str, parsed: tree.Node) -> Matcher:
    """A matcher of one query, without a file between."""
    facts = indicator(text)
    defined = Definition(Indicator(**facts), parsed)  # type: ignore[arg-type]
    return compile_codebook(Codebook(*[None] * 3, "", "", "", False, (defined,), {}, {}, (), (), (), ()))  # type: ignore[arg-type]


def compare(title: str, summary: str, expression: str) -> None:
    """Fails where matcher and oracle differ on an item."""
    try:
        parsed = query.parse(expression)
    except query.QueryError:
        assume(False)
    title, summary = (text.replace("\0", " ").replace("\ud800", "\ufffd") for text in (title, summary))
    expected = Oracle(expression, {"title": title, "summary": summary}).evidence()
    matches = matcher_for(expression, parsed).match(item(title, summary))
    found = {(e.field, e.start, e.end) for match in matches for e in match.evidence} if matches else None
    assert found == expected


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@settings(UNHURRIED, max_examples=300)
@given(texts, texts, expressions)
def test_hits_and_evidence_are_those_of_the_oracle(title: str, summary: str, expression: str) -> None:
    compare(title, summary, expression)


@pytest.mark.soak
@settings(UNHURRIED, max_examples=5000)
@given(texts, texts, expressions)
def test_hits_and_evidence_are_those_of_the_oracle_at_length(title: str, summary: str, expression: str) -> None:
    compare(title, summary, expression)


@settings(max_examples=200, deadline=None)
@given(texts, texts, texts)
def test_every_span_normalises_to_a_form_of_its_term(title: str, summary: str, body: str) -> None:
    everything = 'china OR "s 400" OR chi* OR 中国 OR ="Quad" OR ракета OR "sell arms" OR fin OR еж'
    matcher = matcher_for(everything, query.parse(everything))
    forms = {
        ("=" * (t.kind == "exact") + t.text + "*" * (t.kind == "prefix")): f for t, f in matcher.compiled.forms.items()
    }
    given_item = item(title, summary, body)
    for match in matcher.match(given_item):
        for span in match.evidence:
            stored = normalise.without_surrogates(getattr(given_item, span.field))
            assert stored[span.start : span.end].replace("\0", " ") == span.text.replace("\0", " ")
            key = normalise.key(span.text)
            assert key in forms[span.term] or (span.term.endswith("*") and key.startswith(forms[span.term]))


@settings(max_examples=300, deadline=None)
@given(expressions)
def test_a_rendered_query_means_the_same(expression: str) -> None:
    try:
        parsed = query.parse(expression)
    except query.QueryError:
        assume(False)
    again = query.parse(tree.render(parsed))
    assert tree.render(again) == tree.render(parsed)
