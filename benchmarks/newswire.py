"""Starts the loopback news wire of ../shared as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True, slots=True)
class Wire:
    """A running wire."""

    base_url: str

    @property
    def clock(self) -> str:
        """What TRACKER_CLOCK must say so that the tracker follows the wire's time."""
        return f"{self.base_url}/clock"

    def move(self, to: datetime) -> None:
        """Set the wire's clock."""
        query = urllib.parse.urlencode({"to": to.strftime("%Y-%m-%dT%H:%M")})
        with urllib.request.urlopen(f"{self.clock}?{query}", timeout=10) as answer:
            answer.read()

    def read(self, path: str) -> bytes:
        """The body that the wire serves at a path."""
        with urllib.request.urlopen(self.base_url + path, timeout=30) as answer:
            return bytes(answer.read())


@contextmanager
def running(port: int, at: str, *options: str) -> Iterator[Wire]:
    """A wire whose clock stands (nearly) still at ``at``; ended at the end. ``options`` are those of newswire.py."""
    command = [sys.executable, str(SHARED / "tools/newswire.py"), "--port", str(port), "--at", at, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first.startswith("wire on"):
            raise RuntimeError(f"the wire did not start on port {port}")
        yield Wire(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
