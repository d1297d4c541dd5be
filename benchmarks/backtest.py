"""Speed of a backtest: items per second over an archive of JSON lines and over a store.

    python -m benchmarks.backtest ARCHIVE.jsonl[.gz] [--db DATABASE] [--touched N …] [--jobs N]

Edits the queries of N indicators of indicators.yaml (1, 5 and all by default), and one concept that nearly all of them
lean on. Prints items per second of processor time of one process, then of the clock with one process per processor, as
`tracker backtest` runs.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.newswire import ROOT
from tracker.backtest import compare
from tracker.indicators import codebook, trial
from tracker.indicators.codebook import Codebook
from tracker.store import adoptions
from tracker.store.connect import connect

CONCEPT = "    en: [China, "
"""Where the concept of indicators.yaml that most queries lean on lists its English terms."""

Compare = Callable[[int], compare.Outcome]
"""A backtest by so many processes, 0 for this one."""


def edited(book: Codebook, count: int) -> Codebook:
    """The codebook with another query for its first ``count`` indicators."""
    text = book.text
    for one in book.indicators[:count]:
        text = trial.replaced(text, one.id, f"(\n{one.query}\n) NOT (zebra OR giraffe)") or text
    return trial.read_text(text)


def with_a_term(book: Codebook) -> Codebook | None:
    """The codebook with one more term in a concept; None where it has no such concept."""
    found = book.text.replace(CONCEPT, CONCEPT + "Middle Kingdom, ", 1)
    return trial.read_text(found) if found != book.text else None


def measure(name: str, run: Compare, jobs: int) -> None:
    """Time one backtest by this process's processor time, then by the clock with ``jobs`` processes."""
    started = time.process_time()
    outcome = run(0)
    alone = outcome.items / (time.process_time() - started)
    began = time.monotonic()
    again = run(jobs)
    together = again.items / (time.monotonic() - began)
    assert again.rows == outcome.rows
    print(
        f"{name}: {len(outcome.rows)} touched, {outcome.items:,} items, {alone:,.0f} items/s of one core, "
        f"{together:,.0f} items/s with {jobs} processes",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--db", type=Path)
    parser.add_argument("--touched", type=int, nargs="*", default=[1, 5, 1000])
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    book = codebook.load(ROOT / "indicators.yaml")
    connection = connect(options.db) if options.db else None
    stored = trial.read_text(adoptions.text_in_force(connection) or book.text) if connection else book
    edits: list[Callable[[Codebook], Codebook | None]] = [
        *(lambda b, count=count: edited(b, count) for count in options.touched),
        with_a_term,
    ]
    for edit in edits:
        after, later = edit(book), edit(stored)
        if connection and later:
            measure(
                "store", lambda n, a=later: compare.stored(connection, options.db, stored, a, processes=n), options.jobs
            )
        if after:
            measure("archive", lambda n, a=after: compare.archived(options.archive, book, a, processes=n), options.jobs)
    if connection:
        connection.close()


if __name__ == "__main__":
    main()
