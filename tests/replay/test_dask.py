from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replay.conftest import CODEBOOK, lines
from tracker.indicators import codebook
from tracker.model import ConfigError
from tracker.pipeline import Pipeline
from tracker.replay import engine, workers
from tracker.replay.database import Database

DIGEST = codebook.digest_of(CODEBOOK)


class Cluster:
    """A scheduler and two workers, each a process of its own, as an operator would start them."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder = folder
        place = ["--host", "127.0.0.1", "--no-dashboard"]
        self.scheduler = self._start("scheduler", *place, "--port", str(port))
        local = ["--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
        self.workers = [self._start("worker", self.address, *local) for _ in range(2)]

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-m", "distributed.cli.dask_" + command[0], *command[1:]]
        return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                process.terminate()
        for process in (*self.workers, self.scheduler):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    opened = Cluster(tmp_path)
    yield opened
    opened.close()


def test_a_cluster_finds_the_same_and_survives_the_death_of_a_worker(
    desk: Path, pipeline: Pipeline, cluster: Cluster
) -> None:
    (desk / "a.jsonl").write_text(lines(6000))
    killed: list[int] = []
    team = workers.open_workers(CODEBOOK, jobs=0, dask=cluster.address)

    def kill_one(progress: engine.Progress) -> None:
        if not killed:
            killed.append(team.executor.submit(os.getpid).result(30))
            os.kill(killed[0], signal.SIGKILL)

    try:
        run = engine.Replay(Database(pipeline), team, DIGEST, block_rows=500)
        done = run.run(engine.describe(desk / "a.jsonl", {}, 500), kill_one)
    finally:
        team.close()
    assert killed
    assert (done.items, done.hits) == (6000, 3000)


def test_a_lost_scheduler_is_named_and_the_replay_goes_on_without_it(
    desk: Path, pipeline: Pipeline, cluster: Cluster
) -> None:
    (desk / "a.jsonl").write_text(lines(6000))
    team = workers.open_workers(CODEBOOK, jobs=0, dask=cluster.address)
    archive = engine.describe(desk / "a.jsonl", {}, 500)
    try:
        with pytest.raises(ConfigError, match="the cluster is gone"):
            engine.Replay(Database(pipeline), team, DIGEST, block_rows=500).run(
                archive, lambda progress: cluster.scheduler.kill()
            )
    finally:
        team.close()
    here = workers.ThisProcess(CODEBOOK)
    done = engine.Replay(Database(pipeline), here, DIGEST, block_rows=500).run(archive)
    assert 1 <= done.blocks_skipped < 12
    sql = "select count(*), count(distinct guid), (select count(*) from hits) from items"
    assert tuple(pipeline.connection.execute(sql).fetchone()) == (6000, 6000, 3000)


def test_where_no_scheduler_answers_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "DASK_SECONDS", 1)
    with pytest.raises(ConfigError, match="no Dask scheduler answers there"):
        workers.open_workers(CODEBOOK, jobs=0, dask="tcp://127.0.0.1:1")
