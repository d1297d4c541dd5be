"""Codebooks: what loads, and every mistake of a faulty one at once with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.indicators.helpers import book_of, indicator
from tracker.indicators import codebook, examples
from tracker.model import ConfigError

SOUND = """\
version: 2.0
title: A desk
source: An article
hypotheses: {alliance: closer, drift: looser}
sentences:
  S00:
  S01: {not_observable: a heading}
sources: {MFA China: [china], xinhua*: [china]}
x-anchors: &words [supply, deliver]
lexicon:
  china:
    en: [China, "=PRC", {term: rise, forms: [rise, rises]}]
    zh only: [外交部]
    masks: [Chinese food]
  asia: ["@china", NO, 2027]
  supply: *words
  arms-supply: {query: (supply OR deliver) NEAR/5 weapon*}
masks:
  everywhere: [White Russian]
  food: [Chinese food]
indicators:
  - id: arms
    title: Arms
    group: cooperation
    direction: toward
    query: |
      @giver ONEAR/9 @arms-supply   # who does what
      OR @asia AND sold
    where: {giver: "@china OR peking"}
    masks: ["@food", Oval Office]
    ground: [{sentence: S00, says: it was so}]
    counts: sales
    confusable: [other, another]
    ratings: {alliance: very likely, drift: unlikely}
    diagnosticity: high
    examples: [{language: en, text: China sold, hits: true}]
"""


def load(tmp_path: Path, text: str) -> codebook.Codebook:
    path = tmp_path / "indicators.yaml"
    path.write_text(text, encoding="utf-8")
    return codebook.load(path)


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    return [f"{p.line}:{p.column} {p.message}" for p in caught.value.problems]


def test_a_sound_codebook_is_read_whole(tmp_path: Path) -> None:
    book = load(tmp_path, SOUND)
    (arms,) = book.indicators
    assert (book.version, book.title, book.inflect) == ("2.0", "A desk", True)
    assert (arms.id, arms.group, arms.direction, arms.line) == ("arms", "cooperation", "toward", 22)
    assert arms.ratings == (("alliance", "very likely"), ("drift", "unlikely"))
    assert arms.confusable == "other, another"
    assert book.sentences == (("S00", ""), ("S01", "a heading"))
    assert [entry.node.text for entry in book.lexicon["asia"].entries[1:]] == ["NO", "2027"]  # type: ignore[union-attr]
    assert book.lexicon["china"].entries[-1].only == "zh"
    assert len(book.digest) == 64
    assert book.examples[0].hits


def test_only_the_required_keys_are_needed() -> None:
    assert book_of({"version": "1", "indicators": [indicator("china")]}).indicators[0].query == "china"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("version: 2.0\n", "", "1:1 the key version is missing"),
        ("title: A desk", "titel: A desk", "2:1 unknown key 'titel' in the codebook; did you mean title?"),
        ("title: A desk", "title: [A desk]", "2:8 title must be text"),
        ("version: 2.0", "version: 2.0\ninflect: maybe", "2:10 inflect must be true or false"),
        ("group: cooperation", "group: gossip", "24:12 group is one of driver, cooperation"),
        ("direction: toward", "direction: +", "25:16 direction is one of toward, away"),
        ("id: arms", "id: Arms!", "22:9 the id 'Arms!' may hold only"),
        ("    title: Arms\n", "", "22:5 the indicator arms needs a title"),
        ("@giver ONEAR", "@gievr ONEAR", "27:7 there is no concept @gievr; did you mean @giver?"),
        ("@asia AND sold", '@asia AND "sold', "28:20 query of arms: a quotation mark is not closed"),
        ("@asia AND sold", "@asia AND s*", "28:20 query of arms: the wildcard in 's*' needs at least two letters"),
        ('"@china OR peking"', '"@china AND peking"', "27:7 @giver holds AND, NOT or a filter"),
        ('giver: "@china OR peking"', 'giver: "@other", other: "@giver"', "29:20 sub-queries use each other"),
        ('["@china", NO', '["@chinaa", NO', "15:10 there is no concept @chinaa; did you mean @china?"),
        ("zh only: [外交部]", 'zh only: ["@asia"]', "11:3 concepts include each other: china > asia > china"),
        ("zh only: [外交部]", "chinese: [外交部]", "13:5 unknown key 'chinese' in concept china"),
        ("zh only: [外交部]", "zh only: [a*]", "13:15 the wildcard in 'a*'"),
        ("zh only: [外交部]", "zh only: 外交部", "13:14 china.zh only must be a list"),
        ("forms: [rise, rises]", "forms: []", "12:25 a term as a mapping wants both"),
        ("xinhua*: [china]", "xinhua*: [chna]", "8:41 there is no concept @chna"),
        ("xinhua*", "xin*hua", "8:31 in the name of a source *"),
        ('"@food", Oval', '"@foood", Oval', "30:13 there is no mask 'foood'"),
        ("sentence: S00", "sentence: S99", "31:14 there is no sentence S99"),
        ("alliance: very likely", "alliance: quite likely", "34:25 a rating is one of almost no chance"),
        ("drift: unlikely", "dirft: unlikely", "34:38 there is no hypothesis 'dirft'"),
        ("diagnosticity: high", "diagnosticity: huge", "35:20 diagnosticity is low, medium or high"),
        ("hits: true", "hits: maybe", "36:16 an example needs hits: true or hits: false"),
        (
            "S01: {not_observable: a heading}",
            "S01: {unobservable: x}",
            "7:9 unknown key 'unobservable' in sentence S01",
        ),
        ("query: (supply OR deliver)", "query: (supply AND deliver)", "17:25 query of concept arms-supply: AND cannot"),
    ],
)
def test_mistakes_name_their_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in SOUND
    found = problems(tmp_path, SOUND.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in found), found


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    broken = (
        SOUND.replace("group: cooperation", "group: x")
        .replace("@asia AND sold", "sold AND (")
        .replace("xinhua*: [china]", "q: [z]")
    )
    found = problems(tmp_path, broken)
    assert [problem.split()[0] for problem in found] == ["8:35", "24:12", "28:20"]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("version: 1\nindicators:\n\t- id: a", 3, "tab"),
        ("version: 1\ntitle: a: b", 2, "colon"),
        ('version: 1\ntitle: "open', 2, "quotation"),
        ("version: 1\nlexicon: {a: [@b]}", 2, "quotes"),
        ("version: 1\nversion: 2", 2, "twice"),
        ("- a list", 1, "mapping"),
        ("", 1, "missing"),
        ("indicators: *nothing", 1, "refers to no"),
        ("[" * 100_000, 0, "deep"),
        ("version: 1\nindicators: []", 2, "at least one"),
    ],
)
def test_what_is_no_yaml_is_said_plainly(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert any(says in problem.message and line in (0, problem.line) for problem in caught.value.problems), str(
        caught.value
    )


def test_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "indicators.yaml"
    path.write_bytes(b"version: 1\ntitle: \xff\xfe")
    with pytest.raises(ConfigError, match=r"indicators\.yaml:2:1: is not UTF-8"):
        codebook.load(path)


def test_an_absent_file_is_said_to_be_absent(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        codebook.load(tmp_path / "none.yaml")


def test_two_indicators_may_not_share_an_id(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a second indicator has the id 'a'"):
        book_of({"version": "1", "indicators": [indicator("china"), indicator("russia")]})


def test_examples_lie_beside_in_either_layout(tmp_path: Path) -> None:
    book = load(tmp_path, SOUND)
    (tmp_path / "indicators.examples.yaml").write_text(
        "examples:\n  arms:\n    en: {hits: [one], misses: [two, {title: three, summary: s, source: MFA China}]}\n",
        encoding="utf-8",
    )
    assert [(e.text, e.summary, e.hits, e.source) for e in examples.load(book)] == [
        ("China sold", "", True, ""),
        ("one", "", True, ""),
        ("two", "", False, ""),
        ("three", "s", False, "MFA China"),
    ]


def test_examples_of_no_indicator_are_refused(tmp_path: Path) -> None:
    book = load(tmp_path, SOUND)
    beside = tmp_path / "indicators.examples.yaml"
    beside.write_text("examples:\n- {indicator: navy, language: en, text: x, hits: true}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"examples\.yaml:2:1: there is no indicator 'navy'"):
        examples.load(book)


def test_a_codebook_of_25_000_queries_loads_and_every_error_in_it_comes_at_once(tmp_path: Path) -> None:
    lines = [
        f"- {{id: q{n}, title: t, group: driver, direction: away, query: w{n} NEAR/5 x{n}}}" for n in range(25_000)
    ]
    head = "version: 1\nindicators:\n"
    assert len(load(tmp_path, head + "\n".join(lines)).definitions) == 25_000
    for n, query in ((3, "(w3"), (12_000, "w OR @none"), (24_999, "NOT w")):
        lines[n] = lines[n].replace(f"w{n} NEAR/5 x{n}", f"'{query}'")
    found = problems(tmp_path, head + "\n".join(lines))
    assert [problem.split(":")[0] for problem in found] == ["6", "12003", "25002"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("group: cooperation", "group: [cooperation]", ["group must be text"]),
        ("    title: Arms\n    group: cooperation\n", "", ["needs a title", "needs a group"]),
        ("    title: Arms\n", "    masks: ['@none']\n", ["needs a title", "no mask 'none'", "'masks' stands twice"]),
        ('"@china OR peking"', '"@china OR ("', ["sub-query giver: the query ends"]),
        ('"@china OR peking"', '["@china"]', ["the sub-query giver must be text"]),
    ],
)
def test_one_mistake_has_one_message(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert old in SOUND
    found = problems(tmp_path, SOUND.replace(old, new, 1))
    assert len(found) == len(expected), found
    assert all(any(part in problem for problem in found) for part in expected), found


@pytest.mark.parametrize("query", ["''", "", "[china]", "{a: b}", "(", "NOT china", "'@none'"])
def test_a_query_that_cannot_be_read_is_told_of_once_and_hides_no_other_mistake(tmp_path: Path, query: str) -> None:
    text = (
        'version: "1"\nindicators:\n  - {id: a, title: A, group: driver, direction: toward, query: %s, masks: ["@m"]}\n'
    )
    found = problems(tmp_path, text % query)
    assert len(found) == 2, found
    assert any("there is no mask 'm'" in problem for problem in found)
