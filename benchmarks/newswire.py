"""Starts the loopback news wire of ../shared as a process of its own."""

from __future__ import annotations

import random
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
def running(at: str, *options: str) -> Iterator[Wire]:
    """A wire on a free port whose clock starts at ``at``; ended at the end. ``options`` are those of newswire.py."""
    for _ in range(8):
        port = random.randint(20_000, 32_000)
        command = [sys.executable, str(SHARED / "tools/newswire.py"), "--port", str(port), "--at", at, *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        if process.stdout.readline().startswith("wire on"):
            break
        process.communicate()
    else:
        raise RuntimeError("the wire found no free port")
    try:
        yield Wire(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.communicate()
