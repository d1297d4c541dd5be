"""The shipped codebook: every sentence accounted for, examples of each kind in each language, all of them obeyed."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from tracker.indicators import checks, codebook, examples
from tracker.indicators.matcher import compile_codebook


@pytest.fixture(scope="module")
def book() -> codebook.Codebook:
    return codebook.load(Path(__file__).resolve().parents[2] / "indicators.yaml")


def test_every_sentence_of_the_article_is_cited_or_declared_not_observable(book: codebook.Codebook) -> None:
    rows = checks.coverage(book)
    assert [row.sentence for row in rows] == [f"S{number:02}" for number in range(63)]
    assert [row.sentence for row in rows if row.open] == []


def test_every_indicator_has_two_hits_and_two_misses_in_each_language(book: codebook.Codebook) -> None:
    counted = Counter((one.indicator, one.language, one.hits) for one in examples.load(book))
    wanted = product([indicator.id for indicator in book.indicators], ("en", "ru", "zh"), (True, False))
    assert [key for key in wanted if counted[key] < 2] == []


def test_every_example_comes_out_as_it_says(book: codebook.Codebook) -> None:
    failed = checks.failures(compile_codebook(book), examples.load(book))
    assert [(one.example.indicator, one.example.text) for one in failed] == []
