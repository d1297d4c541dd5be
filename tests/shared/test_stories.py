"""Stories among real news: as many as brute force finds, few wrong ones, no chains."""

from __future__ import annotations

import itertools
import json

from benchmarks import stories as bench


def test_what_brute_force_finds_is_found_and_members_share_names() -> None:
    items = [bench.telling(row) for row in bench.archive(5_000, 176_000)]
    texts = bench.read_all(items)
    pairs = bench.brute_force(items, texts)
    story, index, _ = bench.grouped(items)
    assert len(pairs) >= 5
    assert sum(story[a] == story[b] for a, b in pairs) >= 0.95 * len(pairs)
    for group in bench.members(story):
        assert all(bench.shares_names(texts[a], texts[b]) for a, b in itertools.combinations(group, 2))
    assert index.nbytes / index.texts < 1_300


def test_verdicts_on_pairs_are_ids_alone_and_no_pair_has_two() -> None:
    told = json.loads(bench.VERDICTS.read_text())
    pairs = [frozenset(pair) for pair in told["same"] + told["other"]]
    assert len(set(pairs)) == len(pairs) >= 300
    assert all(len(part) == 16 for pair in pairs for part in pair)
