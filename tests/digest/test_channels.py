"""Chat channels: a real HTTP receiver gets each digest once; addresses with secrets show up nowhere."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.digest.conftest import NOW, Desk
from tests.digest.mailserver import Inbox, running
from tracker.digest import channels, run_due
from tracker.settings import Settings, load

pytest.importorskip("apprise", reason="the extra `notify` is not installed")
MORNING = NOW + timedelta(days=1, hours=1)
SECRET = "T0psecret"


@dataclass
class Receiver:
    """What was posted, and the statuses to answer with."""

    port: int = 0
    posted: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.port}/{SECRET}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = told.statuses.pop(0) if told.statuses else 200
            if status == 200:
                told.posted.append(json.loads(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def chosen(settings: Settings, receiver: Receiver) -> Settings:
    return replace(settings, channels=(("desk", receiver.url),))


def test_a_digest_reaches_a_channel_once_without_any_mail_server(
    desk: Desk, chosen: Settings, receiver: Receiver
) -> None:
    desk.subscribe("channel:desk")
    desk.subscribe("reader@example.org")
    for number in range(14):
        desk.arrive(f"Weapons — «партия» {number}", at=NOW + timedelta(hours=1))
    for _ in range(2):
        assert run_due(chosen, MORNING, desk.connection).problem == ""
    (posted,) = receiver.posted
    assert posted["title"] == "Weapons — «партия» 13 and 13 more — 4 Feb"
    assert posted["message"].count("• Weapons — «партия»") == 10
    assert "4 more: http://127.0.0.1:8001/-/tracker/queue" in posted["message"]
    assert desk.rows("select recipient, state from deliveries") == [("channel:desk", "sent")]
    assert desk.subscription("reader@example.org").handled_at < "2026-02-04", "mail waits for a server"


def test_a_channel_that_refuses_is_tried_again_and_does_not_hold_up_mail(
    desk: Desk, chosen: Settings, receiver: Receiver
) -> None:
    desk.subscribe("channel:desk")
    desk.subscribe("reader@example.org")
    desk.arrive(at=NOW + timedelta(hours=1))
    receiver.statuses = [500]
    inbox = Inbox()
    with running(inbox) as port:
        both = replace(chosen, smtp_url=f"smtp://127.0.0.1:{port}?rate=500")
        first = run_due(both, MORNING, desk.connection)
        assert (first.delivery.sent, first.delivery.put_off) == (1, 1)
        assert "did not take" in first.problem
        assert run_due(both, MORNING + timedelta(minutes=1), desk.connection).delivery.sent == 1
    assert (len(receiver.posted), len(inbox.received)) == (1, 1)


def test_a_mail_server_in_trouble_does_not_hold_up_channels(desk: Desk, chosen: Settings, receiver: Receiver) -> None:
    desk.subscribe("reader@example.org")
    desk.subscribe("channel:desk")
    desk.arrive(at=NOW + timedelta(hours=1))
    broken = replace(chosen, smtp_url=f"smtp://127.0.0.1:{receiver.port}?timeout=1&tls=implicit")
    run_due(broken, MORNING, desk.connection)
    run_due(broken, MORNING + timedelta(seconds=30), desk.connection)
    assert len(receiver.posted) == 1


def test_a_channel_that_is_not_configured_waits(desk: Desk, chosen: Settings, receiver: Receiver) -> None:
    desk.subscribe("channel:other")
    desk.arrive(at=NOW + timedelta(hours=1))
    run_due(chosen, MORNING, desk.connection)
    assert desk.rows("select count(*) from digests") == [(0,)]
    with pytest.raises(channels.ChannelError, match="no channel 'other'"):
        channels.send(chosen, "channel:other", b"Subject: x\r\n\r\nx")


def test_addresses_show_up_nowhere(
    desk: Desk,
    chosen: Settings,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    desk.subscribe("channel:desk")
    desk.arrive(at=NOW + timedelta(hours=1))
    receiver.statuses = [500, 404]
    with caplog.at_level(logging.DEBUG):
        for minute in (0, 1, 4):
            run_due(chosen, MORNING + timedelta(minutes=minute), desk.connection)
    assert len(receiver.posted) == 1
    out, err = capfd.readouterr()
    dump = "\n".join(desk.connection.iterdump())
    for place in (out, err, caplog.text, dump, repr(chosen)):
        assert SECRET not in place


def test_channels_from_the_environment() -> None:
    found = load({"TRACKER_CHANNELS": "desk=slack://a/b/c ops=ntfy://topic?x=1"}).channels
    assert found == (("desk", "slack://a/b/c"), ("ops", "ntfy://topic?x=1"))
    with pytest.raises(Exception, match="TRACKER_CHANNELS") as caught:
        load({"TRACKER_CHANNELS": f"desk={SECRET}"})
    assert SECRET not in str(caught.value)
