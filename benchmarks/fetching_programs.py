"""The programs of the fetching benchmark: how each takes a list of feeds, and what one sweep is called.

Run as a program (``python -m benchmarks.fetching_programs FOLDER PORT``) it sweeps with the pipeline itself and prints
after how many seconds the last feed that answered was stored.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[1]


class Program(Protocol):
    """One program under measurement; its files lie in ``folder``."""

    name: str
    folder: Path
    environment: Mapping[str, str]

    def absent(self) -> str:
        """Why it cannot run; empty where it can."""

    def subscribe(self, port: int, urls: Sequence[str]) -> None:
        """Make a fresh list of feeds, kept apart by the port that serves them."""

    def command(self, port: int) -> list[str]:
        """The command of one sweep over them."""

    def check(self, output: str, phase: str) -> None:
        """Raises RuntimeError where a sweep did not do its work."""


class TrackerProgram:
    """Ours, with the codebook of this repository."""

    name = "tracker"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {"TRACKER_ALLOW_NETWORKS": "127.0.0.0/8", "TRACKER_HOST_INTERVAL": "0"}

    def absent(self) -> str:
        return ""

    def subscribe(self, port: int, urls: Sequence[str]) -> None:
        rows = "".join(f"  - {{id: f{n}, url: '{url}'}}\n" for n, url in enumerate(urls))
        self.feeds(port).write_text(f"feeds:\n{rows}")
        for file in self.folder.glob(f"{port}.db*"):
            file.unlink()

    def feeds(self, port: int) -> Path:
        """The feed list of a server."""
        return self.folder / f"{port}.yaml"

    def command(self, port: int) -> list[str]:
        return [
            sys.executable, "-m", "tracker", "--db", str(self.folder / f"{port}.db"), "--feeds", str(self.feeds(port)),
            "--indicators", str(ROOT / "indicators.yaml"), "poll", "--all", "--json",
        ]  # fmt: skip

    def check(self, output: str, phase: str) -> None:
        summary = json.loads(output)
        if summary["failed"] or (phase == "304" and summary["not_modified"] != summary["feeds"]):
            raise RuntimeError(f"the sweep went wrong: {output[:2000]}")


class ReaderPeer:
    """https://github.com/lemon24/reader, 8 workers."""

    name = "reader"

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder, self.python = folder, python.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {"HOME": str(folder)}

    def absent(self) -> str:
        found = subprocess.run([str(self.python), "-c", "import reader, click"], check=False, capture_output=True)
        return (
            "" if found.returncode == 0 else "reader is absent: pip install 'reader[cli]' into the peers' environment"
        )

    def subscribe(self, port: int, urls: Sequence[str]) -> None:
        for file in self.folder.glob(f"{port}.db*"):
            file.unlink()
        program = "import sys, reader\nr = reader.make_reader(sys.argv[1])\nfor u in sys.stdin: r.add_feed(u.strip())"
        command = [str(self.python), "-c", program, str(self.folder / f"{port}.db")]
        subprocess.run(command, input="\n".join(urls), text=True, check=True)

    def command(self, port: int) -> list[str]:
        database = str(self.folder / f"{port}.db")
        return [str(self.python), "-m", "reader", "--db", database, "update", "--no-scheduled", "--workers", "8"]

    def check(self, output: str, phase: str) -> None:
        if "error" in output.lower() and "0 error" not in output.lower():
            raise RuntimeError(output[-1000:])


class Rss2EmailPeer:
    """https://github.com/rss2email/rss2email, without sending."""

    name = "rss2email"

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder, self.program = folder, python.absolute().parent / "r2e"
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {"HOME": str(folder)}

    def absent(self) -> str:
        return "" if self.program.exists() else "rss2email is absent: pip install rss2email into the peers' environment"

    def subscribe(self, port: int, urls: Sequence[str]) -> None:
        feeds = "".join(f"[feed.f{n}]\nurl = {url}\n" for n, url in enumerate(urls))
        head = "[DEFAULT]\nfrom = a@example.org\nto = b@example.org\n"
        (self.folder / f"{port}.cfg").write_text(head + feeds)
        (self.folder / f"{port}.json").write_text(json.dumps({"version": 2, "feeds": []}))

    def command(self, port: int) -> list[str]:
        config, data = self.folder / f"{port}.cfg", self.folder / f"{port}.json"
        return [str(self.program), "-c", str(config), "-d", str(data), "run", "--no-send"]

    def check(self, output: str, phase: str) -> None:
        return


async def _sweep_and_time(folder: Path, port: int) -> float:
    from tracker import clock, settings
    from tracker.model import CheckResult
    from tracker.pipeline import poll_once

    last = 0.0

    def stored(result: CheckResult, items_new: int, hits_new: int) -> None:
        nonlocal last
        if result.outcome != "failed":
            last = time.monotonic()

    program = TrackerProgram(folder)
    chosen = settings.load(db=folder / f"{port}.db", indicators=ROOT / "indicators.yaml", feeds=program.feeds(port))
    started = time.monotonic()
    await poll_once(chosen, clock.real, everything=True, on_result=stored)
    return last - started


if __name__ == "__main__":
    print(f"{asyncio.run(_sweep_and_time(Path(sys.argv[1]), int(sys.argv[2]))):.3f}")
