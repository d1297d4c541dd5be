"""The service as a process of its own: it polls, takes signals, and loses nothing when stopped."""

from __future__ import annotations

import http.server
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CODEBOOK = """\
version: "1"
indicators:
  - {id: drills, title: Drills at sea, group: cooperation, direction: toward, query: drill}
"""
PATIENCE = 30


class News:
    """A loopback feed whose entries a test adds; each request for it can be awaited, and held back."""

    def __init__(self) -> None:
        self.titles = ["Joint drills begin off the northern cape"]
        self.asked: queue.Queue[str] = queue.Queue()
        self.let_go = threading.Event()
        self.let_go.set()
        news = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = news.feed()
                news.asked.put(self.path)
                if self.path == "/slow":
                    news.let_go.wait(PATIENCE)
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def feed(self) -> bytes:
        entries = "".join(f"<item><title>{t}</title><guid>{t}</guid></item>" for t in self.titles)
        return f"<rss version='2.0'><channel><title>News</title>{entries}</channel></rss>".encode()


@pytest.fixture
def news() -> Iterator[News]:
    wire = News()
    thread = threading.Thread(target=wire.server.serve_forever)
    thread.start()
    yield wire
    wire.let_go.set()
    wire.server.shutdown()
    thread.join()
    wire.server.server_close()


@pytest.fixture
def desk(tmp_path: Path, news: News) -> Path:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    rows = "".join(f"  - {{id: {n}, url: '{news.url}/{n}', interval: 60}}\n" for n in ("quick", "slow"))
    (tmp_path / "feeds.yaml").write_text(f"feeds:\n{rows}")
    (tmp_path / "tracker.toml").write_text(
        'db = "tracker.db"\nfeeds = "feeds.yaml"\nallow_networks = ["127.0.0.0/8"]\nhost_interval = 0\ntick = 0.2\n'
    )
    (tmp_path / "clock").write_text("2026-02-03T06:00:00Z")
    return tmp_path


class Service:
    """A running `tracker daemon` and the lines it logs."""

    def __init__(self, desk: Path) -> None:
        command = [sys.executable, "-m", "tracker", "--indicators", str(desk / "indicators.yaml"), "daemon"]
        environment = os.environ | {"TRACKER_CLOCK": str(desk / "clock")}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.put(line)
        self.lines.put("")

    def until(self, word: str, patience: float = PATIENCE) -> str:
        """The next logged line that holds ``word``."""
        seen = []
        ends = time.monotonic() + patience
        while line := self.lines.get(timeout=max(0.01, ends - time.monotonic())):
            if word in line:
                return line
            seen.append(line)
        pytest.fail(f"the daemon ended without saying {word!r}; it said {seen}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def service(desk: Path) -> Iterator[Service]:
    running = Service(desk)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()
        running.reader.join(PATIENCE)
        assert running.process.stderr is not None
        running.process.stderr.close()


def rows(desk: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(desk / "tracker.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_it_polls_by_the_injected_clock_and_ends_cleanly(desk: Path, news: News) -> None:
    with service(desk) as running:
        running.until("swept")
        news.titles.append("A second drill is announced")
        (desk / "clock").write_text("2026-02-03T12:00:00Z")
        running.until("swept")
        assert running.stop() == 0
    assert rows(desk, "select count(*), count(distinct item_id) from hits") == [(4, 4)]
    assert {at for (at,) in rows(desk, "select distinct fetched_at from items")} == {
        "2026-02-03T06:00:00Z", "2026-02-03T12:00:00Z",
    }  # fmt: skip
    assert not (desk / "tracker.db-wal").exists() or (desk / "tracker.db-wal").stat().st_size == 0


def test_sigterm_in_the_middle_of_a_sweep_keeps_what_came_in_and_vouches_for_nothing_else(
    desk: Path, news: News
) -> None:
    news.let_go.clear()
    with service(desk) as running:
        paths = {news.asked.get(timeout=PATIENCE), news.asked.get(timeout=PATIENCE)}
        assert paths == {"/quick", "/slow"}
        running.process.send_signal(signal.SIGTERM)
        running.until("finishing the sweep")
        news.let_go.set()
        assert running.process.wait(PATIENCE) == 0
    assert rows(desk, "select count(*) from items") == [(2,)]
    assert rows(desk, "select count(*) from feeds where body_hash != '' and last_ok_at = ''") == [(0,)]
    with service(desk) as running:
        (desk / "clock").write_text("2026-02-04T06:00:00Z")
        running.until("swept")
        assert running.stop() == 0
    assert rows(desk, "select count(*) from items") == [(2,)]


def test_a_hung_server_holds_back_no_other(desk: Path, news: News) -> None:
    with socket.create_server(("127.0.0.2", 0)) as mute, service(desk) as running:
        mute.settimeout(PATIENCE)
        running.until("swept")
        with (desk / "feeds.yaml").open("a") as feeds:
            feeds.write(f"  - {{id: hung, url: 'http://127.0.0.2:{mute.getsockname()[1]}/'}}\n")
        running.process.send_signal(signal.SIGHUP)
        running.until("reloaded")
        connection, _ = mute.accept()
        with connection:
            news.titles.append("A second drill is announced")
            (desk / "clock").write_text("2026-02-03T12:00:00Z")
            running.until("swept")
    assert rows(desk, "select count(*) from items") == [(4,)]


def test_sighup_takes_a_new_codebook_for_new_items_and_refuses_a_broken_one(desk: Path, news: News) -> None:
    with service(desk) as running:
        running.until("swept")
        (desk / "indicators.yaml").write_text(CODEBOOK.replace("query: drill", "query: '\"drill'"))
        running.process.send_signal(signal.SIGHUP)
        refused = running.until("reload refused")
        assert "indicators.yaml:3" in refused
        (desk / "indicators.yaml").write_text(CODEBOOK.replace("query: drill", "query: drill OR parade"))
        running.process.send_signal(signal.SIGHUP)
        running.until("reloaded")
        news.titles.append("Fleet parade closes the week")
        (desk / "clock").write_text("2026-02-04T06:00:00Z")
        running.until("swept")
        assert running.stop() == 0
    assert rows(desk, "select count(*) from hits where codebook_id = 2") == [(2,)]
    assert rows(desk, "select indicator_id, change from codebook_breaks") == [("drills", "changed")]


def test_a_second_daemon_on_one_database_is_refused(desk: Path) -> None:
    with service(desk) as first:
        first.until("started")
        with service(desk) as second:
            assert "is polling into this database" in second.until("tracker.db")
            assert second.process.wait(PATIENCE) == 2
        assert first.stop() == 0


def test_a_broken_file_at_the_start_is_named_and_nothing_is_made(desk: Path) -> None:
    (desk / "feeds.yaml").write_text("feeds:\n  - {id: quick}\n")
    with service(desk) as running:
        assert "feeds.yaml:2" in running.until("error:")
        assert running.process.wait(PATIENCE) == 2
    assert not (desk / "tracker.db").exists()


def test_a_database_removed_under_the_service_ends_it_and_is_named(desk: Path) -> None:
    with service(desk) as running:
        running.until("swept")
        (desk / "tracker.db").unlink()
        running.until("removed or replaced under the service")
        assert "was removed or replaced while the service ran" in running.until("error:")
        assert running.process.wait(PATIENCE) == 2


def test_a_hangup_before_the_service_listens_does_not_end_it(desk: Path) -> None:
    with service(desk) as running:
        running.until("started")
        for _ in range(5):
            running.process.send_signal(signal.SIGHUP)
        running.until("reloaded")
        assert running.stop() == 0


def test_systemd_hears_of_the_start_of_life_and_of_the_end(
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with service(desk) as running:
            heard = [systemd.recv(100) for _ in range(2)]
            assert set(heard) == {b"READY=1", b"WATCHDOG=1"}
            running.until("swept")
            assert running.stop() == 0
        while systemd.recv(100) != b"STOPPING=1":
            pass


def test_jobs_are_noted_and_good_sweeps_told_to_an_address_of_choice(
    desk: Path,
    news: News,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRACKER_PING_URL", f"{news.url}/ping?key=s3cret")
    with service(desk) as running:
        running.until("swept")
        while not news.asked.get(timeout=PATIENCE).startswith("/ping?key="):
            pass
        assert running.stop() == 0
        said = "".join(running.lines.queue)
    assert "s3cret" not in said
    noted = {
        name: (ok, failures) for name, ok, failures in rows(desk, "select name, last_ok_at, failures from job_runs")
    }
    assert noted["poll"] == noted["sweep"] == ("2026-02-03T06:00:00Z", 0)


def test_old_items_without_hits_are_let_go_and_do_not_come_back(desk: Path, news: News) -> None:
    news.titles = ["Joint drills begin off the northern cape", "A fair opens at the harbour"]
    with service(desk) as running:
        running.until("swept")
        assert running.stop() == 0
    (desk / "clock").write_text("2028-02-03T06:00:00Z")
    with (desk / "tracker.toml").open("a") as settings:
        settings.write("[keep]\nitems = 365\n")
    with service(desk) as running:
        assert '"items": 2' in running.until("let go")
        news.titles.append("A bridge is closed for repairs")
        (desk / "clock").write_text("2028-02-03T09:00:00Z")
        running.until('"items": 2')
        assert running.stop() == 0
    left = "select title, count(*) from items group by title order by title"
    assert rows(desk, left) == [("A bridge is closed for repairs", 2), ("Joint drills begin off the northern cape", 2)]
    assert rows(desk, "select last_ok_at > '2028' from job_runs where name = 'prune'") == [(1,)]
