"""How fast archives go through: stored, to Parquet, by one and two workers, and over Dask; and what memory it takes.

    python -m benchmarks.replay [--items 218867] [--jobs 2] [--skip-dask]

The archive of the material beside the repository, repeated up to ``--items`` with fresh ids and shuffled sentences, so
that grouping into stories has real work. Every figure is wall time of the whole command; beside each stands its floor:
the same rows read and parsed, nothing else. Memory is PSS summed over the process tree, at a quarter of the way and at
the end: flat where both are alike.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import psutil

from tracker.indicators import codebook
from tracker.replay import columns, engine, readers, rows, work, workers

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = ROOT.parent / "shared" / "news" / "archive.jsonl.gz"
MATCHED = 60_000
"""Rows for the comparison of workers."""


def repeated(count: int) -> Iterator[str]:
    """Rows of the archive, again and again; after the first time with fresh ids and their words cut and joined anew."""
    chance = random.Random(20260203)
    for turn in itertools.count():
        with gzip.open(ARCHIVE, "rt", encoding="utf-8") as lines:
            for line in lines:
                if count <= 0:
                    return
                count -= 1
                if turn == 0:
                    yield line
                    continue
                row = json.loads(line)
                row["id"] += f"-{turn}"
                words = row["summary"].split(" ")
                cut = chance.randrange(len(words) + 1)
                row["summary"] = " ".join(words[cut:] + words[:cut])
                yield json.dumps(row, ensure_ascii=False) + "\n"


def write_archive(path: Path, count: int) -> None:
    """The rows as a gzip file."""
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        file.writelines(repeated(count))


def floor(path: Path, chosen: columns.Columns) -> float:
    """Rows a second that are read and parsed, by one process."""
    started, count = time.perf_counter(), 0
    for block in readers.blocks(path, engine.BLOCK_ROWS):
        for row in block.rows:
            rows.read(row, chosen)
        count += len(block.rows)
    return count / (time.perf_counter() - started)


class Memory:
    """PSS of a process tree, sampled while it runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.samples: list[float] = []
        self._root = psutil.Process(process.pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
                self.samples.append(sum(process.memory_full_info().pss for process in tree) / 1e6)
            except psutil.Error:
                continue

    def stop(self) -> str:
        self._ended.set()
        self._thread.join()
        if len(self.samples) < 8:
            return "too short to tell"
        quarter = max(self.samples[: len(self.samples) // 4])
        return f"{quarter:.0f} MB after a quarter, {max(self.samples):.0f} MB at most"


def children_seconds() -> float:
    """Processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def command(folder: Path, archive: Path, jobs: int, *extra: str) -> tuple[float, str]:
    """Rows a second of `tracker replay`; its memory and processor time, in words."""
    arguments = [sys.executable, "-m", "tracker", "--db", str(folder / "t.db"), "replay", str(archive), "--json"]
    started, before = time.perf_counter(), children_seconds()
    process = subprocess.Popen([*arguments, "--jobs", str(jobs), *extra], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    memory = Memory(process)
    out, _ = process.communicate()
    seconds = time.perf_counter() - started
    told = memory.stop()
    if process.returncode:
        sys.exit("the replay failed")
    lines = json.loads(out)["lines"]
    each = (children_seconds() - before) / lines * 1e6
    return lines / seconds, f"{told}; {each:.0f} µs of processor time a row, starting included"


def matching(executor: Executor, tasks: list[work.Task]) -> float:
    """Rows a second that workers match, once they are warm."""
    for future in [executor.submit(work.recognise, task) for task in tasks[:2]]:
        future.result()
    started = time.perf_counter()
    for future in [executor.submit(work.recognise, task) for task in tasks]:
        future.result()
    return sum(len(task.rows) for task in tasks) / (time.perf_counter() - started)


def compare_workers(archive: Path, chosen: columns.Columns, *, dask: bool) -> None:
    book = codebook.load(ROOT / "indicators.yaml")
    blocks = itertools.islice(readers.blocks(archive, engine.BLOCK_ROWS), MATCHED // engine.BLOCK_ROWS)
    tasks = [work.Task(book.digest, block.rows, chosen, "") for block in blocks]
    rates = {}
    for count in (1, 2):
        team = workers.Processes(book.text, count)
        rates[count] = matching(team.executor, tasks)
        team.close()
    print(
        f"matching alone: one worker {rates[1]:,.0f} rows/s, two {rates[2]:,.0f}: {rates[2] / rates[1]:.2f} x (aim 1.7)"
    )
    if dask:
        from distributed import LocalCluster

        with LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster:
            team = workers.DaskCluster(book.text, cluster.scheduler_address)
            rate = matching(team.executor, tasks)
            team.close()
        print(f"over Dask, two workers: {rate:,.0f} rows/s: {rates[2] / rate - 1:+.0%} time over the pool (aim +15 %)")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--items", type=int, default=218_867)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--skip-dask", action="store_true")
    options = parser.parse_args()
    if not ARCHIVE.is_file():
        sys.exit("this benchmark needs the news archive beside the repository")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "archive.jsonl.gz"
        write_archive(archive, options.items)
        chosen = engine.describe(archive, {}).columns
        print(
            f"{options.items:,} rows, {options.jobs} workers; floor (read and parse, one process): ", end="", flush=True
        )
        print(f"{floor(archive, chosen):,.0f} rows/s")
        for title, aim, extra in (
            ("stored", 6_000, ()),
            ("to Parquet", 12_000, ("--to", str(folder / "hits.parquet"))),
        ):
            rate, told = command(folder, archive, options.jobs, *extra)
            print(f"{title:11} {rate:8,.0f} rows/s (aim {aim:,}); memory {told}", flush=True)
        compare_workers(archive, chosen, dask=not options.skip_dask)


if __name__ == "__main__":
    main()
