"""What befalls a service that runs for years: a full disk, a clock that leaps, a reader that never lets go."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apscheduler.schedulers.base as scheduling
import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from tests.test_daemon import PATIENCE, News, desk, news, rows, service  # noqa: F401
from tracker import standstill
from tracker.model import Feed
from tracker.store import clock_steps, feeds, pages, reviews, upkeep
from tracker.store.connect import connect, writing
from tracker.store.migrations import open_store

NOW = "2026-02-03T06:00:00Z"
DAY_BEFORE, DAY_AFTER = "2026-02-02T06:00:00Z", "2026-02-04T06:00:00Z"


def grow(news: News, count: int) -> None:  # noqa: F811
    first = len(news.titles)
    news.titles += [f"{first + n} {'drill ' * 100}" for n in range(count)]


def test_a_full_disk_stops_polling_and_nothing_else(desk: Path, news: News) -> None:  # noqa: F811
    with service(desk) as running:
        running.until("swept")
        had = rows(desk, "select count(*) from items")
        limits = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
        log = (desk / "tracker.db-wal").stat().st_size
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (log + 8_000, limits[1]))
        grow(news, 400)
        (desk / "clock").write_text(DAY_AFTER)
        said = running.until("nothing can be stored")
        assert "disk" in said
        assert "Error" not in said
        assert "Traceback" not in said
        assert rows(desk, "select count(*) from items") == had
        assert rows(desk, "select count(*) from feeds where last_check_at > '2026-02-03T07'") == [(0,)]
        time.sleep(0.5)  # requests that were on their way already
        asked = news.asked.qsize()
        with pytest.raises(AssertionError, match="patience"):
            wait_for_more(news, asked, 1.5)
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, limits)
        running.until("storing works again")
        running.until("swept")
        running.until("swept")
        assert running.stop() == 0
    assert rows(desk, "select count(*) from items") == [(2 * len(news.titles),)]
    assert rows(desk, "pragma integrity_check") == [("ok",)]


def wait_for_more(news: News, asked: int, seconds: float) -> None:  # noqa: F811
    """Fails unless another request comes in; a daemon that cannot store must ask nobody in the meantime."""
    ends = time.monotonic() + seconds
    while news.asked.qsize() <= asked:
        assert time.monotonic() < ends, "patience"
        time.sleep(0.05)


def test_a_full_disk_ends_a_poll_with_what_helps_and_the_next_one_brings_everything(desk: Path, news: News) -> None:  # noqa: F811
    command = [sys.executable, "-m", "tracker", "--indicators", str(desk / "indicators.yaml"), "poll", "--all"]
    clock = {"TRACKER_CLOCK": str(desk / "clock")}

    def poll(limit: int | None = None) -> subprocess.CompletedProcess[str]:
        def little_room() -> None:
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.run(
            command, env=os.environ | clock, preexec_fn=little_room, capture_output=True, text=True, check=False
        )

    assert poll().returncode == 0
    grow(news, 400)
    failed = poll(300_000)
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert "disk" in failed.stderr
    assert rows(desk, "select count(*) from items") == [(2,)]
    assert rows(desk, "select distinct body_hash = '' from feeds") == [(0,)]
    assert poll().returncode == 0
    assert rows(desk, "select count(*) from items") == [(2 * len(news.titles),)]
    assert rows(desk, "pragma integrity_check") == [("ok",)]


@pytest.mark.parametrize("step", [DAY_BEFORE, DAY_AFTER])
def test_a_clock_that_is_put_back_or_forward_by_a_day_stalls_nothing(desk: Path, news: News, step: str) -> None:  # noqa: F811
    with service(desk) as running:
        running.until("swept")
        news.titles.append("A second drill is announced")
        (desk / "clock").write_text(step)
        running.until("swept")
        assert rows(desk, "select count(*) from items") == [(4,)]
        news.titles.append("A third drill is announced")
        (desk / "clock").write_text(step.replace("06:00", "06:30"))
        running.until("swept")
        assert rows(desk, "select count(*) from items") == [(6,)]
        assert rows(desk, "select max(next_due_at) from feeds") < [(step.replace("06:00", "06:33"),)]
        assert running.stop() == 0


def test_a_clock_that_was_put_back_while_nobody_ran_stalls_nothing(desk: Path, news: News) -> None:  # noqa: F811
    for moment in (NOW, DAY_BEFORE):
        (desk / "clock").write_text(moment)
        with service(desk) as running:
            running.until("swept")
            assert running.stop() == 0
    assert rows(desk, "select distinct last_check_at from feeds") == [(DAY_BEFORE,)]


def test_pauses_and_pages_that_were_planned_by_a_wrong_time_are_planned_anew(tmp_path: Path) -> None:
    connection = open_store(tmp_path / "t.db")
    feeds.sync_catalogue(connection, [Feed("a", "http://a.example/")], NOW)
    with writing(connection):
        connection.executescript(
            f"""insert into hosts (host, paused_until, paused_at) values
                    ('wrong', '2026-02-04T07:00:00Z', '{DAY_AFTER}'), ('right', '2026-02-09T07:00:00Z', '{DAY_BEFORE}');
                insert into items (feed_id, fetched_at, day, content_hash) values ('a', '{NOW}', '2026-02-03', 'x');"""
        )
    with writing(connection):
        pages.want(connection, [(1, "http://a.example/1")], DAY_AFTER)
    assert pages.waiting(connection, {"a": Feed("a", "http://a.example/", fulltext=True)}, NOW) == []
    assert clock_steps.forget_future(connection, NOW) == 2
    assert clock_steps.forget_future(connection, NOW) == 0
    assert [row[0] for row in connection.execute("select host from hosts")] == ["right"]
    assert len(pages.waiting(connection, {"a": Feed("a", "http://a.example/", fulltext=True)}, NOW)) == 1
    connection.close()


async def test_the_systems_clock_put_back_by_a_day_does_not_stop_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    shift = timedelta()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + shift

    ran = asyncio.Event()
    unshifted = time.time
    monkeypatch.setattr(scheduling, "datetime", Shifted)
    monkeypatch.setattr(time, "time", lambda: unshifted() + shift.total_seconds())
    monkeypatch.setattr(standstill.clocks, "real", lambda: Shifted.now(UTC))
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True})
    scheduler.add_job(ran.set, "interval", seconds=0.1)
    scheduler.start()
    watching = asyncio.create_task(standstill.watch_clock(scheduler, 0.05))
    try:
        for step in (timedelta(days=-1), timedelta(days=1)):
            await asyncio.wait_for(ran.wait(), PATIENCE)
            shift = step
            await asyncio.sleep(0.3)  # the run that was under way, and the last one planned by the old time
            ran.clear()
            await asyncio.wait_for(ran.wait(), 5)
    finally:
        watching.cancel()
        scheduler.shutdown(wait=False)


def test_a_reader_that_holds_the_database_open_stops_neither_sweeps_nor_verdicts(desk: Path, news: News) -> None:  # noqa: F811
    with service(desk) as running:
        running.until("swept")
        reader = sqlite3.connect(desk / "tracker.db", isolation_level=None)
        reader.execute("begin")
        assert reader.execute("select count(*) from items").fetchone() == (2,)
        for hour in range(8, 14):
            news.titles.append(f"Drill number {hour}")
            (desk / "clock").write_text(f"2026-02-03T{hour:02}:00:00Z")
            running.until("swept")
            verdict = connect(desk / "tracker.db")
            hit = verdict.execute("select id from hits where status = 'new' limit 1").fetchone()[0]
            started = time.monotonic()
            reviews.judge(verdict, hit, "confirmed", reviewer="ann", at=NOW, seen_review_id=0)
            assert time.monotonic() - started < 2
            verdict.close()
        assert reader.execute("select count(*) from items").fetchone() == (2,)
        reader.execute("commit")
        reader.close()
        assert running.stop() == 0
    assert rows(desk, "select count(*) from items") == [(2 * len(news.titles),)]
    assert rows(desk, "select count(*) from reviews") == [(6,)]
    assert not (desk / "tracker.db-wal").exists() or (desk / "tracker.db-wal").stat().st_size == 0


def test_a_log_that_a_reader_keeps_from_shrinking_is_measured_and_shrinks_afterwards(tmp_path: Path) -> None:
    connection = open_store(tmp_path / "t.db")
    upkeep.checkpoint(connection)
    reader = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from feeds").fetchone()
    for n in range(40):
        with writing(connection):
            connection.execute("insert into secrets values (?, ?)", (str(n), "x" * 40_000))
    started = time.monotonic()
    assert upkeep.checkpoint(connection) > 300
    assert time.monotonic() - started < 2
    reader.close()
    assert upkeep.checkpoint(connection) == 0
    assert (tmp_path / "t.db-wal").stat().st_size == 0
    connection.close()


def test_waiting_doubles_up_to_ten_minutes_and_ends_with_the_trouble() -> None:
    moment = 0.0
    hold = standstill.Standstill(lambda: moment)
    assert (hold.is_on(), hold.trying) == (False, False)
    waits = []
    for _ in range(8):
        for _ in range(3):  # sweeps side by side
            hold.begin(sqlite3.OperationalError("database or disk is full"))
        began = moment
        while hold.is_on():
            moment += 1
        waits.append(moment - began)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600]
    assert hold.trying
    hold.end()
    assert (hold.is_on(), hold.trying) == (False, False)
