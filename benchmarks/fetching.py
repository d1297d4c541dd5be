"""CPU seconds of one sweep over 1,000 feeds of 30 items (40 kB each) behind nginx, against peers in the same run.

    python -m benchmarks.fetching [--feeds 1000] [--peers PYTHON] [--words] [--phases new,304,tenth,edited,hang]

``--peers`` is the python of an environment of its own that has the peers (``python -m venv v && v/bin/pip install
'reader[cli]' rss2email``); a peer that is not there is named as absent. CPU seconds are those of the whole process
tree, user and system. Items carry real titles and summaries where ../shared lies beside the repository, else, and
with ``--words``, words drawn at random. Each program is what its users run: `tracker poll --all --json`,
`python -m reader update`, `r2e run --no-send`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fetching_feeds import Feeds, read_stories
from benchmarks.fetching_programs import Program, ReaderPeer, Rss2EmailPeer, TrackerProgram
from benchmarks.fetching_servers import Ports, nginx, silent

ROOT = Path(__file__).resolve().parents[1]
STORIES = ROOT.parent / "shared" / "bench" / "items.jsonl.gz"
PHASES = {
    "new": "everything new",
    "304": "all 304",
    "tenth": "no validators, one feed in ten with one new item",
    "edited": "every body changed, nothing new",
}
GOALS = {"new": 14.0, "304": 1.0, "tenth": 1.4, "edited": 2.5}
HANGING_SHARE = 0.02
HANG_DEADLINE = 8


@dataclass(slots=True)
class Usage:
    """What one run of a program cost."""

    cpu: float
    wall: float
    peak_mb: float
    output: str = ""


@dataclass(slots=True)
class Board:
    """Results of all programs."""

    cpu: dict[tuple[str, str], Usage] = field(default_factory=dict)

    def add(self, program: str, phase: str, usage: Usage) -> None:
        """Keep and print one result."""
        self.cpu[program, phase] = usage
        goal = f"(goal {GOALS[phase]:g})" if program == "tracker" and phase in GOALS else ""
        figures = f"{usage.cpu:8.2f} CPU s {usage.wall:7.2f} s wall {usage.peak_mb:6.0f} MB"
        print(f"{PHASES[phase]:50}{program:10}{figures} {goal}", flush=True)

    def compare(self) -> None:
        """Print how many times less ours takes than each peer."""
        for (program, phase), usage in self.cpu.items():
            ours = self.cpu.get(("tracker", phase))
            if program != "tracker" and ours:
                print(f"{PHASES[phase]:50}{program} / tracker {usage.cpu / ours.cpu:8.1f}")


def run(command: list[str], environment: Mapping[str, str], folder: Path) -> Usage:
    """Run a command to its end; CPU seconds of it and of all its descendants. Raises RuntimeError where it fails."""
    started = time.monotonic()
    with (
        open(folder / "out.txt", "w+", encoding="utf-8") as out,
        open(folder / "err.txt", "w+", encoding="utf-8") as err,
    ):
        process = subprocess.Popen(command, stdout=out, stderr=err, env=_environment(environment), cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command[:4]} ended with {process.returncode}: {err.read()[-2000:]}")
        return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, out.read())


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """Ours and theirs, but every program may keep its compiled modules, as an installed one does."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | dict(own)


def measure(program: Program, feeds: Feeds, ports: Ports, phases: list[str], board: Board) -> None:
    """One program through the phases: with validators (everything new, all 304), then without."""

    def sweep(phase: str, port: int) -> None:
        usage = run(program.command(port), program.environment, program.folder)
        program.check(usage.output, phase)
        if phase in phases:
            board.add(program.name, phase, usage)

    urls = {
        port: [f"http://127.0.0.1:{port}/{n}.xml" for n in range(feeds.count)]
        for port in (ports.with_validators, ports.without)
    }
    feeds.write()
    if {"new", "304"} & set(phases):
        program.subscribe(ports.with_validators, urls[ports.with_validators])
        sweep("new", ports.with_validators)
        if "304" in phases:
            time.sleep(1.1)
            sweep("304", ports.with_validators)
    if {"tenth", "edited"} & set(phases):
        program.subscribe(ports.without, urls[ports.without])
        run(program.command(ports.without), program.environment, program.folder)
        if "tenth" in phases:
            feeds.write(fresh_in_tenth=True)
            sweep("tenth", ports.without)
        if "edited" in phases:
            feeds.write(fresh_in_tenth="tenth" in phases, edition="Tue, 24 Nov 2026 08:00:00 GMT")
            sweep("edited", ports.without)


def measure_hanging(folder: Path, feeds: Feeds, port: int) -> None:
    """Seconds until every feed that answers is stored, without and with feeds that hang."""
    feeds.write()
    done = {}
    hanging = round(feeds.count * HANGING_SHARE)
    with silent() as hole:
        for name in ("none", "some"):
            own = folder / f"hang-{name}"
            tracker = TrackerProgram(own)
            urls = [f"http://127.0.0.1:{port}/{n}.xml" for n in range(feeds.count)]
            if name == "some":
                urls[:: feeds.count // hanging] = [
                    f"http://127.0.0.1:{hole}/{n}" for n in range(len(urls[:: feeds.count // hanging]))
                ]
            tracker.subscribe(port, urls)
            command = [sys.executable, "-m", "benchmarks.fetching_programs", str(own), str(port)]
            environment = {**tracker.environment, "TRACKER_CHECK_DEADLINE": str(HANG_DEADLINE), "PYTHONPATH": str(ROOT)}
            usage = run(command, environment, own)
            done[name] = float(usage.output.split()[-1])
    print(
        f"{HANGING_SHARE:.0%} of feeds hang ({HANG_DEADLINE} s): the others are stored after {done['some']:.2f} s, "
        f"without hanging ones after {done['none']:.2f} s  (goal < 1 s later)"
    )


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--feeds", type=int, default=1000)
    options.add_argument("--peers", type=Path, help="python that has reader and rss2email")
    options.add_argument("--words", action="store_true", help="items of random words")
    options.add_argument("--phases", default="new,304,tenth,edited,hang")
    options.add_argument("--keep", type=Path, help="keep the files here")
    chosen = options.parse_args()
    if shutil.which("nginx") is None:
        sys.exit("nginx is not installed; this benchmark serves its feeds with it")
    phases = chosen.phases.split(",")
    stories = [] if chosen.words or not STORIES.exists() else read_stories(STORIES)
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch)
        feeds = Feeds(folder / "www", chosen.feeds, stories)
        feeds.write()
        size = (feeds.folder / "0.xml").stat().st_size / 1000
        print(f"{feeds.count} feeds of {size:.0f} kB, {os.cpu_count()} processors")
        board = Board()
        with nginx(folder / "nginx", feeds.folder) as ports:
            programs: list[Program] = [TrackerProgram(folder / "tracker")]
            if chosen.peers:
                programs += [
                    ReaderPeer(folder / "reader", chosen.peers),
                    Rss2EmailPeer(folder / "rss2email", chosen.peers),
                ]
            for program in programs:
                if absent := program.absent():
                    print(absent)
                else:
                    measure(program, feeds, ports, phases, board)
            board.compare()
            if "hang" in phases:
                measure_hanging(folder, feeds, ports.with_validators)


if __name__ == "__main__":
    main()
