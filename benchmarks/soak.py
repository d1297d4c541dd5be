"""The daemon over real sockets for some minutes: memory of the whole process tree, and the size of the log.

    python -m benchmarks.soak [--feeds 10000] [--minutes 10] [--every 60]

nginx serves small feeds with validators on loopback; every minute one in a hundred brings a new item. The daemon asks
each feed once every ``--every`` seconds. Memory is PSS summed over the daemon and all its children, so that what they
share counts once.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path

from benchmarks.fetching import STORIES
from benchmarks.fetching_feeds import NEWEST, Story, read_stories
from benchmarks.fetching_servers import nginx

ROOT = Path(__file__).resolve().parents[1]
ITEMS = 3
WARM_UP = 0.3
"""Share of the time that is no steady state yet: the first round stores everything."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the daemon. Sizes in MB, time in seconds since the start."""

    at: float
    pss: float
    processes: int
    wal: float
    checks: int


def write_feed(folder: Path, number: int, stories: list[Story], newest: int) -> None:
    """A feed of a few items, the newest of which has this number."""
    chance = random.Random(number)
    items = ""
    for n in range(newest, newest - ITEMS, -1):
        story = stories[(number * 7 + n * 9_973) % len(stories)] if stories else Story(f"Item {number}-{n}", "Words")
        title = story.title.replace("&", "and").replace("<", "")
        summary = story.summary.replace("&", "and").replace("<", "")
        date = format_datetime(NEWEST.replace(minute=chance.randrange(60)))
        items += (
            f"<item><title>{title}</title><guid isPermaLink='false'>{number}-{n}</guid>"
            f"<link>http://soak.example/{number}/{n}</link><pubDate>{date}</pubDate>"
            f"<description>{summary}</description></item>\n"
        )
    text = f"<rss version='2.0'><channel><title>Feed {number}</title>\n{items}</channel></rss>\n"
    (folder / f"{number}.xml").write_text(text, encoding="utf-8")


def tree(root: int) -> Iterator[int]:
    """A process and its descendants."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    waiting = [root]
    while waiting:
        process = waiting.pop()
        yield process
        waiting += parents.get(process, [])


def pss(process: int) -> float:
    """Proportional set size of a process in MB; 0 where it ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def look(daemon: int, database: Path, started: float) -> Reading:
    """One reading of a running daemon."""
    processes = list(tree(daemon))
    wal = Path(f"{database}-wal")
    checks = 0
    if database.exists():
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)
        try:
            checks = connection.execute("select coalesce(max(id), 0) from checks").fetchone()[0]
        except sqlite3.OperationalError:
            checks = 0
        connection.close()
    size = wal.stat().st_size / 1e6 if wal.exists() else 0.0
    return Reading(time.monotonic() - started, sum(map(pss, processes)), len(processes), size, checks)


def soak(folder: Path, feeds: int, minutes: float, every: int) -> list[Reading]:
    """Run the daemon and look at it every ten seconds."""
    www = folder / "www"
    www.mkdir()
    stories = read_stories(STORIES) if STORIES.exists() else []
    newest = dict.fromkeys(range(feeds), ITEMS)
    for number in newest:
        write_feed(www, number, stories, ITEMS)
    readings: list[Reading] = []
    with nginx(folder / "nginx", www) as ports:
        address = f"http://127.0.0.1:{ports.with_validators}"
        rows = "".join(f"  - {{id: f{n}, url: '{address}/{n}.xml', interval: {every}}}\n" for n in range(feeds))
        (folder / "feeds.yaml").write_text(f"feeds:\n{rows}")
        settings = {"ALLOW_NETWORKS": "127.0.0.0/8", "HOST_INTERVAL": "0", "TICK": "5", "DB": str(folder / "soak.db")}
        environment = {f"TRACKER_{name}": value for name, value in settings.items()}
        command = [
            sys.executable, "-m", "tracker", "--feeds", str(folder / "feeds.yaml"),
            "--indicators", str(ROOT / "indicators.yaml"), "daemon",
        ]  # fmt: skip
        with open(folder / "log.txt", "w", encoding="utf-8") as log:
            daemon = subprocess.Popen(command, stderr=log, env={**os.environ, **environment}, cwd=folder)
        started = time.monotonic()
        try:
            while time.monotonic() - started < minutes * 60:
                time.sleep(10)
                readings.append(look(daemon.pid, folder / "soak.db", started))
                if daemon.poll() is not None:
                    sys.exit(f"the daemon ended: {(folder / 'log.txt').read_text()[-2000:]}")
                if len(readings) % 6 == 0:
                    r = readings[-1]
                    figures = f"{r.pss:6.0f} MB in {r.processes} processes, log {r.wal:5.1f} MB, {r.checks} checks"
                    print(f"{r.at:5.0f} s: {figures}", flush=True)
                    for number in random.sample(range(feeds), feeds // 100):
                        newest[number] += 1
                        write_feed(www, number, stories, newest[number])
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
    return readings


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--feeds", type=int, default=10_000)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--every", type=int, default=60, help="seconds between two checks of a feed")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        readings = soak(Path(scratch), chosen.feeds, chosen.minutes, chosen.every)
    steady = [r for r in readings if r.at > WARM_UP * chosen.minutes * 60]
    half = len(steady) // 2
    early, late = (statistics.median(r.pss for r in part) for part in (steady[:half], steady[half:]))
    print(
        f"{chosen.feeds} feeds, {chosen.minutes:g} minutes, {readings[-1].checks} checks: steady state at most "
        f"{max(r.pss for r in steady):.0f} MB (goal 200), median {early:.0f} then {late:.0f} MB; "
        f"log at most {max(r.wal for r in steady):.1f} MB"
    )


if __name__ == "__main__":
    main()
