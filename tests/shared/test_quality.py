"""Recognition does not get worse: F1 on the labelled items, and cases found in the archive."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import quality
from tracker.indicators import codebook, matcher
from tracker.model import Item

CASES = sorted((Path(__file__).parent / "archive_cases").glob("*.yaml"))
TOLERANCE = 0.01


@pytest.fixture(scope="module")
def table() -> quality.Table:
    return quality.measure()


def test_f1_stays_within_a_hundredth_of_the_recorded_value(table: quality.Table) -> None:
    recorded = json.loads(quality.RECORDED.read_text())
    now = table.recorded()
    fallen = {key: (value, now.get(key)) for key, value in recorded.items() if now.get(key, 0.0) < value - TOLERANCE}
    assert fallen == {}


def test_the_goals_of_the_labelled_items_are_reached(table: quality.Table) -> None:
    every = table.rows["all"]
    assert every.precision is not None
    assert every.precision >= 0.80
    assert every.recall is not None
    assert every.recall >= 0.70
    assert min(table.rows[f"lang:{language}"].f1 for language in ("en", "ru", "zh")) >= 0.68
    assert table.bare_hit <= 0.08
    assert table.macro_f1 >= 0.50


def test_the_score_orders_right_before_wrong(table: quality.Table) -> None:
    (_, top, _), (_, bottom, _) = table.fifths()
    assert top > bottom


@cache
def archive() -> dict[str, dict[str, Any]]:
    wanted = {case["id"] for path in CASES for case in yaml.safe_load(path.read_text())}
    with gzip.open(quality.SHARED / "news/archive.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines if line[8:24] in wanted or not line.startswith('{"id": "'))
        return {row["id"]: row for row in rows if row["id"] in wanted}


@cache
def compiled() -> matcher.Matcher:
    return matcher.compile_codebook(codebook.load(quality.ROOT / "indicators.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_cases_judged_in_the_archive_come_out_as_judged(path: Path) -> None:
    otherwise = []
    for case in yaml.safe_load(path.read_text()):
        row = archive()[case["id"]]
        item = Item(row["id"], "", row["title"], row["summary"], language=row["lang"], source=row["source"])
        hit = case["indicator"] in {match.indicator for match in compiled().match(item)}
        if hit != case["right"]:
            otherwise.append((case["id"], case["indicator"], "hit" if hit else "missed"))
    assert otherwise == []


def test_indicators_with_fewer_than_five_labels_have_cases_from_the_archive(table: quality.Table) -> None:
    cases = {case["indicator"] for path in CASES for case in yaml.safe_load(path.read_text())}
    rows = {name: table.rows.get(f"indicator:{name}", quality.Row()) for name in compiled().names}
    assert {name for name, row in rows.items() if row.primary < 5} - cases == set()
