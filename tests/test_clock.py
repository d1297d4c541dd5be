from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker import clock
from tracker.model import ConfigError


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A loopback clock, asked at every look; the list's only entry is what it tells."""
    monkeypatch.setattr(clock, "LOOK_AGAIN_AFTER", 0.0)
    text = ["2026-02-03T04:05:06+00:00"]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text[0].encode())

        def log_message(self, *args: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/clock", text
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_url_tells_the_time_and_its_moves_are_seen(told: tuple[str, list[str]]) -> None:
    where, text = told
    now = clock.open_clock(where)
    assert now() == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    text[0] = "2026-02-10T07:00:00+03:00"
    assert clock.iso(now()) == "2026-02-10T04:00:00Z"


def test_a_clock_that_falls_silent_keeps_its_last_word(told: tuple[str, list[str]]) -> None:
    where, text = told
    now = clock.open_clock(where)
    text[0] = "gone fishing"
    assert clock.iso(now()) == "2026-02-03T04:05:06Z"


def test_a_file_tells_the_time(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-02-03")
    assert clock.iso(clock.open_clock(str(file))()) == "2026-02-03T00:00:00Z"


def test_a_clock_that_cannot_be_read_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TRACKER_CLOCK cannot be read"):
        clock.open_clock(str(tmp_path / "absent"))


def test_the_real_clock_is_utc() -> None:
    assert clock.open_clock("")().utcoffset() is not None
    assert clock.parse_iso(clock.iso(clock.real())).tzinfo == UTC
