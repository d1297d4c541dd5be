"""A month of life: daemon, pages and mail as services while the wire's clock runs through February 2026.

    python -m benchmarks.month [--days 28] [--step-hours 3] [--before CHECKOUT] [--svg docs/images/month.svg]

On the way the daemon is killed (kill -9), both services are upgraded (they begin from ``--before``, a checkout of an
earlier version, where one is given), and the database is restored from a backup that is two steps old. Prints what
there was after each day and whether anything was lost; draws it with ``--svg``.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from benchmarks.newswire import ROOT, Wire, running
from benchmarks.whole_path import imported

START = datetime(2026, 2, 1, tzinfo=UTC)
PATIENCE = 60.0
KILL_AT, UPGRADE_AT, RESTORE_AT = 0.25, 0.45, 0.7
"""Shares of the month at which it happens."""


class Letterbox(Sink):
    """Takes every mail and remembers the ids."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        head = bytes(envelope.content).split(b"\r\n\r\n")[0].decode("utf-8", "replace")  # type: ignore[attr-defined]
        self.ids += [line for line in head.splitlines() if line.lower().startswith("message-id:")]
        return "250 OK"


@dataclass
class Moment:
    """What there was at one time of the month."""

    day: float
    items: int
    hits: int
    alerts: int
    mails: int
    daemon_mb: float
    pages_mb: float
    log_mb: float


@dataclass
class House:
    """A folder, and the services that work in it."""

    folder: Path
    wire: Wire
    smtp_port: int
    version: Path
    daemon: subprocess.Popen[bytes] | None = None
    pages: subprocess.Popen[bytes] | None = None
    address: str = ""
    moments: list[Moment] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)

    @property
    def db(self) -> Path:
        return self.folder / "tracker.db"

    def tracker(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tracker", *arguments]

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": str(self.version),
            "TRACKER_CLOCK": self.wire.clock,
            "TRACKER_DB": str(self.db),
            "TRACKER_FEEDS": str(self.folder / "feeds.yaml"),
            "TRACKER_INDICATORS": str(self.version / "indicators.yaml"),
            "TRACKER_ALLOW_NETWORKS": "127.0.0.0/8",
            "TRACKER_HOST_INTERVAL": "0",
            "TRACKER_TICK": "0.3",
            "TRACKER_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}?tls=none&rate=1000",
        }

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            self.tracker(*arguments),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"tracker {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Both services, and wait until the pages answer."""
        log, port = (self.folder / "services.log").open("ab"), free_port()
        self.daemon = subprocess.Popen(
            self.tracker("daemon"), cwd=self.folder, env=self.environment(), stdout=log, stderr=log
        )
        wait(
            lambda: self.db.exists() and self.rows("select 1 from sqlite_master where name = 'hits'") != [],
            "the daemon",
        )
        self.pages = subprocess.Popen(
            self.tracker("serve", "--port", str(port)), cwd=self.folder, env=self.environment(), stdout=log, stderr=log
        )
        self.address = f"http://127.0.0.1:{port}"
        wait(lambda: listens(port), "the pages")

    def stop(self) -> None:
        for process in (self.pages, self.daemon):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(PATIENCE)

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        try:
            where = self.db.as_uri() + "?mode=ro"
            with closing(sqlite3.connect(where, uri=True, timeout=20)) as connection:
                return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError:
            return []

    def guids(self) -> set[object]:
        return {(feed, guid) for feed, guid in self.rows("select feed_id, guid from items")}

    def step(self, now: datetime, letterbox: Letterbox) -> None:
        """Move the clock, wait until nothing is due, look."""
        self.wire.move(now)
        stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        sql = "select count(*) from feeds where status in ('active', 'failing') and next_due_at <= ?"
        time.sleep(0.4)
        wait(lambda: self.rows(sql, stamp) == [(0,)], f"the sweep of {stamp}")
        with urllib.request.urlopen(self.address + "/-/tracker/static/desk.css", timeout=PATIENCE) as page:
            page.read()
        counts = "select (select count(*) from items), (select count(*) from hits), (select count(*) from alerts)"
        found = self.rows(counts)[0]
        items, hits, alerts = (int(str(number)) for number in found)
        wal = self.db.with_name(self.db.name + "-wal")
        self.moments.append(
            Moment(
                (now - START) / timedelta(days=1), items, hits, alerts, len(letterbox.ids), pss(self.daemon),
                pss(self.pages), wal.stat().st_size / 1e6 if wal.exists() else 0.0,
            )
        )  # fmt: skip


def wait(for_what: Callable[[], bool], name: str) -> None:
    until = time.monotonic() + PATIENCE
    while not for_what():
        if time.monotonic() > until:
            sys.exit(f"waited {PATIENCE:.0f} s in vain for {name}")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def pss(process: subprocess.Popen[bytes] | None) -> float:
    """Megabytes of a process and its children, shared ones by share."""
    if process is None:
        return 0.0
    total = 0
    try:
        root = psutil.Process(process.pid)
        for one in (root, *root.children(recursive=True)):
            total += one.memory_full_info().pss
    except psutil.Error:
        pass
    return total / 1e6


def live(house: House, letterbox: Letterbox, days: float, step: timedelta, later: Path) -> list[str]:
    """Run the month; return what was lost, in words."""
    trouble: list[str] = []
    steps = int(timedelta(days=days) / step)
    before: set[object] = set()
    copy, sent_at_backup, most_again = "", 0, 0
    for number in range(steps + 1):
        now = START + number * step
        day = (now - START) / timedelta(days=1)
        if number == int(steps * KILL_AT):
            before |= house.guids()
            assert house.daemon is not None
            house.wire.move(now)
            time.sleep(0.6)
            house.daemon.send_signal(signal.SIGKILL)
            house.daemon.wait()
            house.stop()
            house.start()
            house.events.append((day, "kill -9"))
        if number == int(steps * UPGRADE_AT):
            before |= house.guids()
            house.stop()
            house.version = later
            house.start()
            house.events.append((day, "upgrade"))
        if number == int(steps * RESTORE_AT) - 2:
            sent_at_backup = len(letterbox.ids)
            copy = house.run("backup", str(house.folder / "copies"), "--json").split('"')[3]
        if number == int(steps * RESTORE_AT):
            before |= house.guids()
            house.stop()
            house.run("restore", copy, "--yes")
            house.start()
            house.events.append((day, "restore"))
            most_again = len(letterbox.ids) - sent_at_backup
        house.step(now, letterbox)
        last = house.moments[-1]
        if number % max(1, int(timedelta(days=1) / step)) == 0:
            print(
                f"day {day:4.1f} {last.items:6,} items {last.hits:5,} hits {last.alerts:3} alerts {last.mails:4} mails "
                f"daemon {last.daemon_mb:4.0f} MB  pages {last.pages_mb:4.0f} MB  log {last.log_mb:5.1f} MB",
                flush=True,
            )
    house.stop()
    missing = before - house.guids()
    if missing:
        trouble.append(f"{len(missing)} items that were there before a break are gone")
    doubles = house.rows("select count(*) from (select 1 from items group by feed_id, guid having count(*) > 1)")
    if doubles != [(0,)]:
        trouble.append(f"{doubles} items twice")
    if house.rows("pragma integrity_check") != [("ok",)]:
        trouble.append("the database is damaged")
    again = len(letterbox.ids) - len(set(letterbox.ids))
    if again:
        print(f"{again} mails came again under their old id: those sent between the backup and the restore")
    if again > most_again:
        trouble.append("mails came twice that the restore does not explain")
    return trouble


def draw(house: House, path: Path) -> None:
    """A small chart of each figure over the month, as SVG."""
    width, height, gap = 760, 110, 46
    lines = {
        "items": [m.items for m in house.moments],
        "hits": [m.hits for m in house.moments],
        "alerts": [m.alerts for m in house.moments],
        "mails": [m.mails for m in house.moments],
        "memory of daemon and pages, MB (PSS)": [m.daemon_mb + m.pages_mb for m in house.moments],
        "write-ahead log, MB": [m.log_mb for m in house.moments],
    }
    last = house.moments[-1].day or 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {len(lines) * (height + gap) + 20}" '
        'font-family="system-ui, sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
    ]
    for row, (name, values) in enumerate(lines.items()):
        top, most = row * (height + gap) + 30, max([*values, 1e-9])
        points = " ".join(
            f"{20 + m.day / last * (width - 40):.1f},{top + height - value / most * height:.1f}"
            for m, value in zip(house.moments, values, strict=True)
        )
        parts.append(f'<text x="20" y="{top - 8}">{name}: at most {most:,.0f}, at the end {values[-1]:,.0f}</text>')
        parts.append(f'<rect x="20" y="{top}" width="{width - 40}" height="{height}" fill="#f3f5f7"/>')
        for day, event in house.events:
            x = 20 + day / last * (width - 40)
            parts.append(f'<path d="M{x:.1f} {top}v{height}" stroke="#b3541e" stroke-dasharray="4 3"/>')
            if row == 0:
                parts.append(f'<text x="{x + 4:.1f}" y="{top + 14}" fill="#8a3c0f">{event}</text>')
        parts.append(f'<polyline points="{points}" fill="none" stroke="#20577f" stroke-width="2"/>')
    parts.append(f'<text x="20" y="{len(lines) * (height + gap) + 8}">days 0 to {last:.0f} of the month</text></svg>')
    path.write_text("".join(parts), encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--days", type=float, default=28)
    options.add_argument("--step-hours", type=float, default=3)
    options.add_argument("--before", type=Path, default=ROOT, help="checkout of the version to begin with")
    options.add_argument("--svg", type=Path)
    chosen = options.parse_args()
    started = time.monotonic()
    letterbox = Letterbox()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wire = stack.enter_context(running("2026-02-01", "--speed", "0"))
        stack.enter_context(imported(folder, wire))
        port = free_port()
        post = Controller(letterbox, hostname="127.0.0.1", port=port)
        post.start()
        stack.callback(post.stop)
        house = House(folder, wire, port, chosen.before.resolve())
        stack.callback(house.stop)
        house.start()
        for digest in ("daily", "weekly"):
            house.run("subscribers", "add", f"{digest}@example.org", "--digest", digest)
        trouble = live(house, letterbox, chosen.days, timedelta(hours=chosen.step_hours), ROOT)
        if chosen.svg:
            draw(house, chosen.svg)
    print(f"{len(house.moments)} steps in {time.monotonic() - started:.0f} s; lost: {'; '.join(trouble) or 'nothing'}")
    sys.exit(1 if trouble else 0)


if __name__ == "__main__":
    main()
