"""Every fault of the shared news wire through the whole pipeline: named, bounded, no harm to the feeds beside it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import queue
import resource
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.feeds.conftest import NOW
from tracker import settings as settings_file
from tracker.pipeline import poll_once

CODEBOOK = """\
version: "1"
indicators:
  - {id: statement, title: Statement, group: driver, direction: toward, query: statement}
"""
FAULTS = {
    "hang": "timeout", "drip": "timeout", "slowheaders": "timeout", "reset": "connect", "truncated": "connect",
    "badlength": "connect", "loop": "redirect", "ssrf": "guard", "gzipbomb?mb=512": "size", "huge?mb=64": "size",
    "html": "parse", "lying304": "lying304", "empty": "parse", "403": "http4xx", "404": "http4xx", "410": "http4xx",
    "429": "throttled", "500": "http5xx", "503": "throttled", "flaky?fail=9": "http5xx",
}  # fmt: skip
SURVIVED = ("nested", "redos?n=10000", "entities", "hop301", "hop302", "hop308", "good")
"""What brings a feed all the same, or a refusal in bounded time."""


@pytest.fixture(scope="module")
def wire() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, str(SHARED / "tools/newswire.py"), "--no-archive", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: [lines.put(line) for line in process.stdout or ()])
    reader.start()
    try:
        assert "wire on" in lines.get(timeout=30)
        yield f"http://127.0.0.{{}}:{port}/fault/{{}}"
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def test_every_fault_is_named_and_harms_no_other(wire: str, tmp_path: Path) -> None:
    kinds = [*FAULTS, *SURVIVED]
    names = {f"f{n}": kind for n, kind in enumerate(kinds)}
    listed = "".join(
        f"  - {{id: {name}, url: '{wire.format(1 + n % 30, kind)}'}}\n" for n, (name, kind) in enumerate(names.items())
    )
    beside = "".join(f"  - {{id: good{n}, url: '{wire.format(31, 'good')}?{n}'}}\n" for n in range(5))
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "feeds.yaml").write_text(f"feeds:\n{listed}{beside}")
    settings = replace(
        settings_file.load({}, indicators=tmp_path / "indicators.yaml"),
        db=tmp_path / "t.db", feeds=tmp_path / "feeds.yaml", allow_networks=(ipaddress.ip_network("127.0.0.0/8"),),
        host_interval=0.0, check_deadline=12.0,
    )  # fmt: skip
    memory, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    summary = asyncio.run(poll_once(settings, lambda: NOW, everything=True))
    assert summary.feeds == len(names) + 5
    assert time.monotonic() - started < 90
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 150_000
    with contextlib.closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        found = dict(connection.execute("select feed_id, error_class from checks").fetchall())
        outcomes = dict(connection.execute("select feed_id, outcome from checks").fetchall())
        errors = [row[0] for row in connection.execute("select error from checks where outcome = 'failed'")]
        status = dict(connection.execute("select id, status from feeds").fetchall())
        hosts = connection.execute("select count(*) from hosts where paused_until > ''").fetchone()[0]
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert {kind: found[name] for name, kind in names.items() if kind in FAULTS} == FAULTS
    for name, kind in names.items():
        if kind.startswith(("hop", "good")):
            assert outcomes[name] == "new", kind
        if kind in SURVIVED:
            assert found[name] in ("", "parse"), kind
    assert [outcomes[f"good{n}"] for n in range(5)] == ["new"] * 5
    assert all(errors)
    assert not [error for error in errors if "Error" in error or "Exception" in error or "Traceback" in error]
    assert "bot protection" in " ".join(errors)
    assert {kind for name, kind in names.items() if status[name] == "gone"} == {"410"}
    assert hosts == 2
