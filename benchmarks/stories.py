"""Stories on the archive: items per second and bytes per item, recall against brute force, precision of pairs read.

    python -m benchmarks.stories [--items 218867] [--brute 20000] [--unread 20]

Recall: of all pairs of a stretch of the archive that the rules of `tracker.stories.likeness` accept (every pair of
the window is looked at, no sketch), the share whose items are found to be one story. Precision: of the pairs of items
that are put into one story, up to 300 drawn with a fixed seed, the share that a person found to tell the same
(`stories.json` holds the verdicts, as ids of the archive). Farthest: of the stories, the share whose least alike
members share half of the sure names and most numbers of the one that has fewest. Demonstration: of the pairs of copies
that its author wrote, how many are found. CPU time of one core.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import time
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse, stats

from tracker.demo import stories as demo
from tracker.stories import likeness, reading
from tracker.stories.group import StoryIndex, Telling
from tracker.stories.likeness import Core, Reading

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = ROOT.parent / "shared" / "news" / "archive.jsonl.gz"
VERDICTS = Path(__file__).with_suffix(".json")
UNDATED = "2026-11-24"
PAIRS, SEED = 300, 2026

Row = dict[str, Any]


def archive(count: int, start: int = 0) -> list[Row]:
    with gzip.open(ARCHIVE, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in itertools.islice(lines, start, start + count)]


def telling(row: Row) -> Telling:
    return f"{row['title']}\n{row['summary'] or ''}", (row["date"] or UNDATED)[:10], row["source"]


def grouped(items: list[Telling]) -> tuple[list[int], StoryIndex, float]:
    """The story of each item, the index, and the seconds of CPU it took."""
    index, story = StoryIndex(lambda first, last: ()), [0] * len(items)

    def settle(position: int, known: int | None) -> int:
        story[position] = position + 1 if known is None else known
        return story[position]

    started = time.process_time()
    index.place(items, settle)
    return story, index, time.process_time() - started


def read_all(items: list[Telling]) -> list[Reading]:
    batches = (reading.read([text for text, _, _ in items[at : at + 512]]) for at in range(0, len(items), 512))
    return [likeness.row(batch, row) for batch in batches for row in range(len(batch))]


def brute_force(items: list[Telling], texts: list[Reading]) -> list[tuple[int, int]]:
    """All pairs of the window that the rules accept."""
    sizes = np.array([len(text.shingles) for text in texts], np.int64)
    flat = np.concatenate([text.shingles | 1 for text in texts])
    known, columns = np.unique(flat, return_inverse=True)
    rows = np.repeat(np.arange(len(texts)), sizes)
    matrix = sparse.csr_matrix((np.ones(len(flat), np.int32), (rows, columns)), shape=(len(texts), len(known)))
    days = np.array([date.fromisoformat(day).toordinal() for _, day, _ in items])
    found = []
    for day in np.unique(days):
        mine = np.flatnonzero(days == day)
        near = np.flatnonzero((days >= day) & (days <= day + likeness.WINDOW_DAYS))
        common = (matrix[mine] @ matrix[near].T).tocoo()
        left, right = mine[common.row], near[common.col]
        smaller = np.minimum(sizes[left], sizes[right])
        kept = (common.data >= 0.4 * smaller) & ((days[right] > day) | (right > left))
        found += [
            (int(a), int(b))
            for a, b in zip(left[kept], right[kept], strict=True)
            if likeness.same(texts[a], texts[b], items[a][2] != items[b][2])
        ]
    return found


def members(story: list[int]) -> list[list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for item, number in enumerate(story):
        groups[number].append(item)
    return [group for group in groups.values() if len(group) > 1]


def shares_names(a: Reading, b: Reading) -> bool:
    """Whether two texts share half of the sure names and most numbers of the one with fewest, where both have any."""
    return Core.of(a).joined_by(b) is not None


def farthest(group: list[int], texts: dict[int, Reading]) -> tuple[int, int]:
    pairs = itertools.combinations(group, 2)
    return min(pairs, key=lambda pair: likeness.containment(texts[pair[0]].shingles, texts[pair[1]].shingles))


def precision(rows: list[Row], groups: list[list[int]], unread: int) -> None:
    verdicts = {
        frozenset(pair): verdict for verdict, pairs in json.loads(VERDICTS.read_text()).items() for pair in pairs
    }
    pairs = sorted(
        tuple(sorted((rows[a]["id"], rows[b]["id"]))) for group in groups for a, b in itertools.combinations(group, 2)
    )
    drawn = random.Random(SEED).sample(pairs, min(PAIRS, len(pairs)))
    told = [verdicts.get(frozenset(pair)) for pair in drawn]
    right, judged = told.count("same"), len(told) - told.count(None)
    interval = stats.binomtest(right, judged).proportion_ci(method="wilson")
    print(
        f"precision {right / judged:.3f} (95 %: {interval.low:.3f} to {interval.high:.3f}; {judged} pairs read of"
        f" {len(drawn)} drawn from {len(pairs)})"
    )
    by_id = {row["id"]: row for row in rows}
    for a, b in itertools.islice((p for p, verdict in zip(drawn, told, strict=True) if verdict is None), unread):
        print(f"  not read: {a} {b}\n    {by_id[a]['title'][:100]}\n    {by_id[b]['title'][:100]}")


def demonstration() -> tuple[int, int, int]:
    """Of the demonstration's items: pairs that its author wrote as copies, those found, and pairs found wrongly."""
    told = sorted(demo.items(datetime(2026, 11, 24, 6, tzinfo=UTC)), key=lambda item: item.published_at)
    tellings = [(f"{i.title}\n{i.summary}", i.published_at.date().isoformat(), i.outlet) for i in told]
    story, _, _ = grouped(tellings)
    pairs = list(itertools.combinations(range(len(told)), 2))
    copies = {(a, b) for a, b in pairs if told[a].story == told[b].story}
    joined = {(a, b) for a, b in pairs if story[a] == story[b]}
    return len(copies), len(copies & joined), len(joined - copies)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--items", type=int, default=1_000_000)
    options.add_argument("--brute", type=int, default=20_000, help="Items of the stretch for brute force.")
    options.add_argument("--start", type=int, default=158_000, help="Where that stretch begins.")
    options.add_argument("--unread", type=int, default=0, help="Pairs without a verdict that are shown.")
    chosen = options.parse_args()

    rows = archive(chosen.items)
    items = [telling(row) for row in rows]
    story, index, seconds = grouped(items)
    groups = members(story)
    print(f"{len(items) / seconds:,.0f} items/s; {index.nbytes / index.texts:,.0f} bytes an item in memory")
    print(f"{len(items):,} items, {len(groups):,} stories of several items")
    precision(rows, groups, chosen.unread)
    in_groups = sorted(itertools.chain.from_iterable(groups))
    texts = dict(zip(in_groups, read_all([items[item] for item in in_groups]), strict=True))
    ends = [farthest(group, texts) for group in groups]
    agreeing = sum(shares_names(texts[a], texts[b]) for a, b in ends)
    print(f"farthest members share names and numbers in {agreeing} of {len(ends)} stories")

    stretch = items[chosen.start : chosen.start + chosen.brute]
    pairs = brute_force(stretch, read_all(stretch))
    story, _, _ = grouped(stretch)
    together = sum(story[a] == story[b] for a, b in pairs)
    print(f"recall {together / len(pairs):.3f} of {len(pairs)} pairs by brute force among {len(stretch):,} items")
    copies, found, wrong = demonstration()
    print(f"of {copies} pairs of copies in the demonstration {found} are found, and {wrong} pairs that are none")


if __name__ == "__main__":
    main()
