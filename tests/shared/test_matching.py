"""The hits of 2,500 queries on real items equal those of an independent implementation."""

from __future__ import annotations

from pathlib import Path

from benchmarks import matching
from tracker.indicators import codebook
from tracker.indicators.matcher import compile_codebook


def test_hits_equal_the_expected_ones(tmp_path: Path) -> None:
    matching.write_codebook(matching.read_queries(2500), tmp_path / "bench.yaml")
    matcher = compile_codebook(codebook.load(tmp_path / "bench.yaml"))
    assert matching.disagreements(matcher, matching.read_items(10_000)) == []
