"""`tracker match` and `tracker indicators` as programs: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracker.cli import tracker
from tracker.model import ConfigError

BOOK = """\
version: 1
title: A desk
sentences: {S00: , S01: {not_observable: heading}}
sources: {MFA China: [china]}
lexicon: {china: [China, 中国], arms: [weapon*, 武器]}
indicators:
  - {id: sale, title: A sale, group: cooperation, direction: toward, query: "@china NEAR/6 sell AND @arms NOT toy",
     ground: [{sentence: S00, says: they sell}]}
"""
EXAMPLES = """\
examples:
  sale:
    en: {hits: [China sold weapons], misses: [China sold rice, China sold toy weapons]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "indicators.yaml").write_text(BOOK, encoding="utf-8")
    (tmp_path / "indicators.examples.yaml").write_text(EXAMPLES, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, given: str | bytes | None = None) -> Result:
    options = ["--indicators", str(folder / "indicators.yaml")]
    return CliRunner().invoke(tracker, [*options, *arguments], input=given)


def test_match_prints_hits_with_evidence(folder: Path) -> None:
    items = [
        {"id": 7, "title": "China", "summary": "sold «weapons»", "unknown": [1]},
        {"id": "b", "title": "sold weapons", "source": "MFA China", "lang": "en", "summary": None},
        {"id": "c", "title": "rice"},
    ]
    result = run(folder, "match", given="\n".join(map(json.dumps, items)) + "\n\n")
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert first["id"] == "7"
    assert [h["indicator"] for h in first["hits"]] == ["sale"]
    assert first["hits"][0]["evidence"][2] == {
        "field": "summary",
        "start": 6,
        "end": 13,
        "text": "weapons",
        "term": "weapon*",
        "concept": "arms",
    }
    assert 0 < first["hits"][0]["score"] <= 1
    assert [e["text"] for e in second["hits"][0]["evidence"]] == ["sold", "weapons"]
    assert third == {"id": "c", "hits": []}


def test_match_reads_a_file(folder: Path) -> None:
    (folder / "items.jsonl").write_text('{"id": "a", "title": "中国 sells 武器"}\n', encoding="utf-8")
    assert '"term": "武器"' in run(folder, "match", str(folder / "items.jsonl")).stdout


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"not json", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[1]", "no object"),
        (b'{"title": "x"}', 'has no "id"'),
        (b'{"id": "x", "title": 5}', "'title' is no text"),
    ],
)
def test_match_names_lines_it_cannot_read_and_goes_on(folder: Path, line: bytes, says: str) -> None:
    result = run(folder, "match", given=line + b'\n{"id": "ok\\ud800", "title": "China sold \\u0000 weapons\\ud800"}\n')
    assert result.exit_code == 1
    assert "line 1: " in result.stderr
    assert says in result.stderr
    assert "1 line could not be read" in result.stderr
    (answer,) = map(json.loads, result.stdout.splitlines())
    assert answer["id"] == "ok\ufffd"
    assert answer["hits"][0]["indicator"] == "sale"


def test_check_runs_the_examples(folder: Path) -> None:
    result = run(folder, "indicators", "check")
    assert result.exit_code == 0
    assert "1 indicators, 3 examples (1 hits, 2 misses; en 3): all hold" in " ".join(result.stdout.split())


def test_check_says_which_example_fails_and_why(folder: Path) -> None:
    broken = EXAMPLES.replace("misses: [China sold rice", "misses: [China sells weapons").replace(
        "hits: [", "hits: [China sold cars, "
    )
    (folder / "indicators.examples.yaml").write_text(broken, encoding="utf-8")
    result = run(folder, "indicators", "check")
    said = " ".join(result.stdout.split())
    assert result.exit_code == 1
    assert "must hit but misses: China sold cars" in said
    assert "near miss, but for @arms" in said
    assert "must miss but hits: China sells weapons" in said
    assert "“sells”" in said
    failed = json.loads(run(folder, "indicators", "check", "--json").stdout)["failed"]
    assert [f["example"]["text"] for f in failed] == ["China sold cars", "China sells weapons"]


def test_a_faulty_codebook_is_refused_with_its_places(folder: Path) -> None:
    (folder / "indicators.yaml").write_text(BOOK.replace("@arms NOT", "@arsm NOT"), encoding="utf-8")
    result = run(folder, "indicators", "check")
    assert isinstance(result.exception, ConfigError)
    assert "indicators.yaml:7:101: there is no concept @arsm; did you mean @arms?" in str(result.exception)


def test_explain_shows_clauses_and_forms(folder: Path) -> None:
    result = run(folder, "indicators", "explain", "China sold weapons")
    said = " ".join(result.stdout.split())
    assert "sale hit" in said
    assert "sell stands for: sell, selling, sells, sold" in said
    near = json.loads(
        run(folder, "indicators", "explain", "--title", "China sold", "--summary", "rice", "--json").stdout
    )
    assert (near[0]["outcome"], near[0]["missing"]) == ("near miss", "@arms")
    assert "no indicator hits" in run(folder, "indicators", "explain", "weather").stdout


def test_explain_asks_for_a_text_and_a_known_indicator(folder: Path) -> None:
    assert run(folder, "indicators", "explain").exit_code == 2
    assert run(folder, "indicators", "explain", "x", "--indicator", "none").exit_code == 2
    assert "sale miss" in run(folder, "indicators", "explain", "x", "--indicator", "sale").stdout


def test_coverage_and_list(folder: Path) -> None:
    result = run(folder, "indicators", "coverage")
    assert result.exit_code == 0
    assert "2 of 2 sentences" in result.stdout
    (folder / "indicators.yaml").write_text(BOOK.replace("{S00: ,", "{S00: , S02: ,"), encoding="utf-8")
    assert run(folder, "indicators", "coverage").exit_code == 1
    assert json.loads(run(folder, "indicators", "coverage", "--json").stdout)[1]["indicators"] == []
    assert "cooperation" in run(folder, "indicators", "list").stdout
    assert json.loads(run(folder, "indicators", "list", "--json").stdout)[0]["id"] == "sale"
