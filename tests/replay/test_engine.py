from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.replay.conftest import CODEBOOK, lines
from tracker.indicators import codebook
from tracker.model import ConfigError
from tracker.pipeline import Pipeline
from tracker.replay import engine, work, workers
from tracker.replay.database import Database
from tracker.replay.hits_file import HitsFile

DIGEST = codebook.digest_of(CODEBOOK)


@pytest.fixture(scope="module")
def team() -> Iterator[workers.Processes]:
    opened = workers.Processes(CODEBOOK, 2)
    yield opened
    opened.close()


def described(path: Path, rows: int = 1000) -> engine.Archive:
    return engine.describe(path, {}, rows)


def stored(pipeline: Pipeline) -> tuple[int, int, int]:
    sql = "select (select count(*) from items), (select count(distinct guid) from items), (select count(*) from hits)"
    found = pipeline.connection.execute(sql).fetchone()
    return found[0], found[1], found[2]


def test_a_replay_stopped_half_way_neither_repeats_nor_skips(desk: Path, pipeline: Pipeline) -> None:
    (desk / "a.jsonl").write_text(lines(5000))
    run = engine.Replay(Database(pipeline), workers.ThisProcess(CODEBOOK), DIGEST, block_rows=1000)

    def stop_after_the_second(progress: engine.Progress) -> None:
        if progress.lines == 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(described(desk / "a.jsonl"), stop_after_the_second)
    done = run.run(described(desk / "a.jsonl"))
    assert (done.items, done.hits, done.blocks_skipped) == (3000, 1500, 2)
    assert stored(pipeline) == (5000, 5000, 2500)
    feeds = pipeline.connection.execute("select kind, status, publisher from feeds order by publisher").fetchall()
    assert [tuple(feed) for feed in feeds] == [("archive", "paused", f"outlet {n}") for n in range(3)]


def test_workers_find_what_this_process_finds(desk: Path, pipeline: Pipeline, team: workers.Processes) -> None:
    (desk / "a.jsonl").write_text(lines(3000) + "nonsense\n")
    run = engine.Replay(Database(pipeline), team, DIGEST, aside=engine.BadLines(desk / "bad.jsonl"), block_rows=500)
    done = run.run(described(desk / "a.jsonl", 500))
    assert (done.lines, done.items, done.hits, done.bad_lines) == (3001, 3000, 1500, 1)
    kept = json.loads((desk / "bad.jsonl").read_text())
    assert kept == {"file": "a.jsonl", "row": 3001, "reason": "no JSON", "text": "nonsense\n"}


def test_a_killed_worker_costs_nothing(desk: Path, pipeline: Pipeline, team: workers.Processes) -> None:
    (desk / "a.jsonl").write_text(lines(6000))
    killed: list[int] = []

    def kill_one(progress: engine.Progress) -> None:
        if not killed:
            pid = team.executor.submit(os.getpid).result()
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    run = engine.Replay(Database(pipeline), team, DIGEST, block_rows=500)
    done = run.run(described(desk / "a.jsonl", 500), kill_one)
    assert killed
    assert (done.items, done.hits) == (6000, 3000)
    assert stored(pipeline) == (6000, 6000, 3000)


class _Mortal(workers.ThisProcess):
    def result(self, future: Future[work.Found]) -> work.Found:
        raise workers.WorkersGone

    def revive(self) -> None:
        pass


def test_a_block_that_kills_its_workers_is_named(desk: Path, pipeline: Pipeline) -> None:
    (desk / "a.jsonl").write_text(lines(20))
    run = engine.Replay(Database(pipeline), _Mortal(CODEBOOK), DIGEST, block_rows=10)
    with pytest.raises(ConfigError, match="workers died 3 times over rows 1 to 10"):
        run.run(described(desk / "a.jsonl", 10))
    assert stored(pipeline) == (0, 0, 0)


def test_a_block_that_cannot_be_stored_leaves_nothing(
    desk: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk / "a.jsonl").write_text(lines(10))
    run = engine.Replay(Database(pipeline), workers.ThisProcess(CODEBOOK), DIGEST)
    with monkeypatch.context() as patch:
        patch.setattr("tracker.store.archives.block_done", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run.run(described(desk / "a.jsonl"))
    assert stored(pipeline) == (0, 0, 0)
    assert run.run(described(desk / "a.jsonl")).items == 10


def test_hits_go_to_a_file_with_their_series(desk: Path, team: workers.Processes) -> None:
    story = {"title": "Navies begin a large joint drill in the northern sea with forty ships", "date": "2026-02-03"}
    copies = "".join(json.dumps(story | {"id": f"c{n}", "source": f"s{n}"}) + "\n" for n in range(3))
    (desk / "a.jsonl").write_text(lines(100) + copies)
    with HitsFile(desk / "hits.parquet", DIGEST, "2026-03-01T00:00:00Z") as sink:
        done = engine.Replay(sink, team, DIGEST, block_rows=50).run(described(desk / "a.jsonl", 50))
    assert done.hits == 53
    hits = parquet.read_table(desk / "hits.parquet").to_pylist()
    assert len(hits) == 53
    copied = [hit for hit in hits if hit["item"].startswith("c")]
    assert len({hit["story"] for hit in copied}) == 1
    assert [hit["primary"] for hit in copied] == [True, False, False]
    assert copied[0]["title"][copied[0]["evidence"][0]["start"] :].startswith("drill")
    series = (desk / "hits.series.csv").read_text().splitlines()
    assert series[0] == "day,indicator,hits,stories"
    ordinary = sum(1 for n in range(1, 100, 2) if 1 + n % 28 == 3)
    assert f"2026-02-03,drills,{3 + ordinary},{1 + ordinary}" in series
    assert not (desk / "hits.parquet.parts").exists()


def test_a_file_of_hits_goes_on_where_it_stood(desk: Path) -> None:
    (desk / "a.jsonl").write_text(lines(100) * 2)
    archive = described(desk / "a.jsonl", 40)

    def write(name: str, stop_at: int = -1) -> None:
        def stop(progress: engine.Progress) -> None:
            if progress.lines == stop_at:
                raise KeyboardInterrupt

        with HitsFile(desk / f"{name}.parquet", DIGEST, "2026-03-01T00:00:00Z") as sink:
            engine.Replay(sink, workers.ThisProcess(CODEBOOK), DIGEST, block_rows=40).run(archive, stop)

    write("whole")
    with pytest.raises(KeyboardInterrupt):
        write("broken", stop_at=120)
    assert not (desk / "broken.parquet").exists()
    write("broken")
    whole, broken = (parquet.read_table(desk / f"{name}.parquet").to_pylist() for name in ("whole", "broken"))
    assert broken == whole
    assert (desk / "broken.series.csv").read_text() == (desk / "whole.series.csv").read_text()


def test_a_file_of_hits_is_never_written_over(desk: Path) -> None:
    (desk / "hits.parquet").write_text("precious")
    with pytest.raises(ConfigError, match="is there already"):
        HitsFile(desk / "hits.parquet", DIGEST, "2026-03-01T00:00:00Z")


def test_a_writer_killed_at_any_moment_neither_repeats_nor_skips(desk: Path) -> None:
    (desk / "a.jsonl").write_text(lines(60_000))
    command = [sys.executable, "-m", "tracker", "replay", "a.jsonl", "--jobs", "1"]
    process = subprocess.Popen(command, cwd=desk, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wal = desk / "db" / "tracker.db-wal"
    while process.poll() is None and not (wal.exists() and wal.stat().st_size > 2_000_000):
        pass
    process.kill()
    process.wait()
    finished = subprocess.run([*command, "--json"], cwd=desk, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    with sqlite3.connect(desk / "db" / "tracker.db") as database:
        items = database.execute("select count(*), count(distinct guid) from items").fetchone()
        others = database.execute("select (select count(*) from hits), (select count(*) from replay_blocks)").fetchone()
    assert (items, others) == ((60_000, 60_000), (30_000, 6))
