"""Speed of a backtest: items per second of processor time, over an archive of JSON lines and over a store.

    python -m benchmarks.backtest ARCHIVE.jsonl[.gz] [--db DATABASE] [--touched N …]

Edits the queries of N indicators of indicators.yaml (1, 5 and all by default). One process; `tracker backtest` uses one
per processor, so that two processors do nearly twice as much.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.newswire import ROOT
from tracker.backtest import compare
from tracker.indicators import codebook, trial
from tracker.indicators.codebook import Codebook
from tracker.store import adoptions
from tracker.store.connect import connect


def edited(book: Codebook, count: int) -> Codebook:
    """The codebook with another query for its first ``count`` indicators."""
    text = book.text
    for one in book.indicators[:count]:
        text = trial.replaced(text, one.id, f"(\n{one.query}\n) NOT (zebra OR giraffe)") or text
    return trial.read_text(text)


def measure(name: str, run: Callable[[], compare.Outcome]) -> None:
    """Time one backtest by this process's processor time."""
    started = time.process_time()
    outcome = run()
    seconds = time.process_time() - started
    print(f"{name}: {len(outcome.rows)} touched, {outcome.items:,} items, {outcome.items / seconds:,.0f} items/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--db", type=Path)
    parser.add_argument("--touched", type=int, nargs="*", default=[1, 5, 1000])
    options = parser.parse_args()
    book = codebook.load(ROOT / "indicators.yaml")
    for count in options.touched:
        after = edited(book, count)
        measure("archive", lambda after=after: compare.archived(options.archive, book, after))
        if options.db:
            connection = connect(options.db)
            before = trial.read_text(adoptions.text_in_force(connection) or book.text)
            later = edited(before, count)
            measure("store", lambda c=connection, b=before, a=later: compare.stored(c, options.db, b, a))
            connection.close()


if __name__ == "__main__":
    main()
