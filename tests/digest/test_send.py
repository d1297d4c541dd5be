"""Delivery to a real mail server that accepts, refuses, stalls and drops."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.digest.conftest import NOW, Desk
from tests.digest.mailserver import PASSWORD, Inbox, certificate, running
from tracker.digest import DeliverySummary, deliver
from tracker.digest.outbox import queue_due
from tracker.model import ConfigError
from tracker.settings import Settings
from tracker.store import outbox, subscribers

MORNING = NOW + timedelta(hours=25)

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    with running(inbox) as number:
        yield number


def at(settings: Settings, port: int, options: str = "", user: str = "") -> Settings:
    who = f"{user}@" if user else ""
    return replace(settings, smtp_url=f"smtp://{who}127.0.0.1:{port}?rate=1000&timeout=5{options}")


def queue(desk: Desk, settings: Settings, *addresses: str) -> None:
    for address in addresses or ("reader@example.org",):
        desk.subscribe(address)
    desk.arrive("Weapons for the island", at=NOW + timedelta(hours=1))
    assert queue_due(desk.connection, settings, MORNING).queued == len(addresses or "1")


def state(desk: Desk, address: str = "reader@example.org") -> tuple[object, ...]:
    return desk.rows("select state, attempts from deliveries where recipient = ?", address)[0]


def error(desk: Desk) -> str:
    return str(desk.rows("select error from deliveries order by id limit 1")[0][0])


def test_plain_to_loopback(desk: Desk, settings: Settings, inbox: Inbox, port: int) -> None:
    queue(desk, settings, "reader@example.org", "desk@bücher.example".replace("bücher", "xn--bcher-kva"))
    summary = deliver(desk.connection, at(settings, port), MORNING)
    assert (summary.sent, summary.waiting, summary.problem) == (2, 0, "")
    assert [to for to, _ in inbox.received] == ["reader@example.org", "desk@xn--bcher-kva.example"]
    assert inbox.connections == 1
    mail = inbox.messages()[0]
    assert mail["Subject"] == "Arms transfers: Weapons for the island — 4 Feb"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all(line.isascii() and len(line) <= 998 for _, raw in inbox.received for line in raw.split(b"\r\n"))


def test_nothing_is_sent_twice(desk: Desk, settings: Settings, inbox: Inbox, port: int) -> None:
    queue(desk, settings)
    for _ in range(3):
        deliver(desk.connection, at(settings, port), MORNING)
    assert len(inbox.received) == 1
    assert state(desk) == ("sent", 1)


@pytest.mark.parametrize("implicit", [False, True])
def test_encrypted_with_a_certificate_that_is_trusted(
    desk: Desk, settings: Settings, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, implicit: bool
) -> None:
    queue(desk, settings)
    context, authority = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with running(inbox, tls=context, implicit=implicit, sign_in=True) as port:
        chosen = at(settings, port, "&tls=implicit" if implicit else "&tls=starttls", user="tracker")
        summary = deliver(desk.connection, replace(chosen, smtp_password=PASSWORD), MORNING)
    assert (summary.sent, summary.problem) == (1, "")
    assert inbox.encrypted == [True]


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("trusted", [False, True], ids=["unknown authority", "other name"])
def test_encrypted_with_a_wrong_certificate_is_refused(
    desk: Desk,
    settings: Settings,
    inbox: Inbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    implicit: bool,
    trusted: bool,
) -> None:
    queue(desk, settings)
    context, authority = certificate(tmp_path, "other.example" if trusted else "127.0.0.1")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with running(inbox, tls=context, implicit=implicit, sign_in=True) as port:
        chosen = at(settings, port, "&tls=implicit" if implicit else "&tls=starttls", user="tracker")
        summary = deliver(desk.connection, replace(chosen, smtp_password=PASSWORD), MORNING)
    assert inbox.received == []
    assert "certificate" in summary.problem
    assert state(desk) == ("queued", 1)


def test_no_starttls_no_mail(desk: Desk, settings: Settings, inbox: Inbox, port: int) -> None:
    queue(desk, settings)
    summary = deliver(desk.connection, at(settings, port, "&tls=starttls"), MORNING)
    assert inbox.received == []
    assert "offers no STARTTLS" in summary.problem


def test_wrong_password_keeps_the_mail_and_waits(desk: Desk, settings: Settings, inbox: Inbox) -> None:
    queue(desk, settings, "a@example.org", "b@example.org")
    with running(inbox, sign_in=True) as port:
        chosen = replace(at(settings, port, user="tracker"), smtp_password="wrong")
        summary = deliver(desk.connection, chosen, MORNING)
        assert "TRACKER_SMTP_PASSWORD" in summary.problem
        assert "wrong" not in error(desk)
        before = inbox.connections
        deliver(desk.connection, chosen, MORNING + timedelta(seconds=30))
        assert inbox.connections == before, "a server that refuses us is left alone for a while"
        mended = deliver(desk.connection, replace(chosen, smtp_password=PASSWORD), MORNING + timedelta(minutes=1))
    assert (mended.sent, mended.waiting) == (2, 0)


def test_421_ends_the_round(desk: Desk, settings: Settings, inbox: Inbox, port: int) -> None:
    queue(desk, settings, "a@example.org", "b@example.org")
    inbox.answer("rcpt", "421 4.3.2 closing down")
    summary = deliver(desk.connection, at(settings, port), MORNING)
    assert (summary.sent, summary.put_off, summary.waiting) == (0, 1, 2)
    assert "421 4.3.2 closing down" in summary.problem
    later = deliver(desk.connection, at(settings, port), MORNING + timedelta(minutes=1))
    assert later.sent == 2


def test_451_puts_one_message_off_with_growing_patience(
    desk: Desk, settings: Settings, inbox: Inbox, port: int
) -> None:
    queue(desk, settings, "a@example.org", "b@example.org")
    inbox.answer("rcpt", "451 4.7.1 greylisted")
    first = deliver(desk.connection, at(settings, port), MORNING)
    assert (first.put_off, first.sent, first.waiting) == (1, 1, 1)
    assert deliver(desk.connection, at(settings, port), MORNING + timedelta(seconds=50)).sent == 0
    inbox.answer("rcpt", "451 4.7.1 greylisted")
    assert deliver(desk.connection, at(settings, port), MORNING + timedelta(minutes=1)).put_off == 1
    assert deliver(desk.connection, at(settings, port), MORNING + timedelta(minutes=2)).sent == 0
    assert deliver(desk.connection, at(settings, port), MORNING + timedelta(minutes=3)).sent == 1
    assert state(desk, "a@example.org") == ("sent", 3)


def test_550_fails_and_repeated_bounces_stop_the_address(
    desk: Desk, settings: Settings, inbox: Inbox, port: int
) -> None:
    inbox.refused["gone@example.org"] = "550 5.1.1 no such user"
    desk.subscribe("gone@example.org")
    for day in range(1, 5):
        desk.arrive(f"Weapons, part {day}", at=NOW + timedelta(days=day))
        queue_due(desk.connection, settings, NOW + timedelta(days=day, hours=2))
        deliver(desk.connection, at(settings, port), NOW + timedelta(days=day, hours=2))
    assert "550 5.1.1 no such user" in error(desk)
    assert desk.rows("select state, attempts from deliveries") == [("failed", 1)] * 3
    assert desk.subscription("gone@example.org").status == "bouncing"


def test_a_refused_message_does_not_count_against_the_address(
    desk: Desk, settings: Settings, inbox: Inbox, port: int
) -> None:
    queue(desk, settings, "a@example.org", "b@example.org")
    inbox.answer("data", "554 5.7.1 looks like spam")
    summary = deliver(desk.connection, at(settings, port), MORNING)
    assert (summary.failed, summary.sent) == (1, 1)
    assert desk.rows("select bounces from subscribers") == [(0,), (0,)]


@pytest.mark.parametrize(("drop", "copies"), [("drop-in-data", 1), ("drop-after-data", 2)])
def test_a_dropped_line_is_tried_again_under_the_same_id(
    desk: Desk, settings: Settings, inbox: Inbox, port: int, drop: str, copies: int
) -> None:
    queue(desk, settings)
    inbox.answer("data", drop)
    first = deliver(desk.connection, at(settings, port), MORNING)
    assert (first.sent, first.put_off) == (0, 1)
    assert "dropped" in first.problem
    assert deliver(desk.connection, at(settings, port), MORNING + timedelta(minutes=1)).sent == 1
    assert len(inbox.received) == copies
    assert len({mail["Message-ID"] for mail in inbox.messages()}) == 1


def test_a_message_that_makes_the_server_hang_up_does_not_block_the_others(
    desk: Desk, settings: Settings, inbox: Inbox, port: int
) -> None:
    queue(desk, settings, "poison@example.org", "b@example.org", "c@example.org")
    inbox.answer("data", "drop-in-data", "drop-in-data")
    rounds = [deliver(desk.connection, at(settings, port), MORNING + timedelta(minutes=m)).sent for m in (0, 1, 2, 3)]
    assert rounds == [0, 0, 2, 1]
    assert [to for to, _ in inbox.received] == ["b@example.org", "c@example.org", "poison@example.org"]


def test_a_silent_server_does_not_hold_us_for_ever(desk: Desk, settings: Settings) -> None:
    queue(desk, settings)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        chosen = replace(settings, smtp_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}?timeout=1")
        summary = deliver(desk.connection, chosen, MORNING)
    assert "said nothing for 1 s" in summary.problem
    assert state(desk) == ("queued", 1)


def test_a_server_that_is_not_there(desk: Desk, settings: Settings) -> None:
    queue(desk, settings)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    summary = deliver(desk.connection, at(settings, port), MORNING)
    assert summary.problem == f"127.0.0.1 port {port} cannot be reached"


def test_the_cap_of_an_hour_holds_across_rounds(desk: Desk, settings: Settings, inbox: Inbox, port: int) -> None:
    queue(desk, settings, *(f"r{n}@example.org" for n in range(5)))
    chosen = at(settings, port, "&hourly=2")
    rounds = [deliver(desk.connection, chosen, MORNING + timedelta(minutes=m)).sent for m in (0, 30, 61, 122)]
    assert rounds == [2, 0, 2, 1]


def test_rejected_before_sending_drops_out_of_the_queued_mail(
    desk: Desk, settings: Settings, inbox: Inbox, port: int
) -> None:
    desk.subscribe()
    wrong = desk.arrive("Weapons of mass distraction", at=NOW + timedelta(hours=1))
    desk.arrive("Weapons for the island", at=NOW + timedelta(hours=1))
    queue_due(desk.connection, settings, MORNING)
    planned = desk.rows("select message_id from deliveries")[0][0]
    desk.judge(wrong, "rejected", MORNING)
    assert deliver(desk.connection, at(settings, port), MORNING).sent == 1
    mail = inbox.messages()[0]
    assert "distraction" not in mail.as_string()
    assert "distraction" not in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mail["Subject"] == "Arms transfers: Weapons for the island — 4 Feb"
    assert mail["Message-ID"] == planned
    assert desk.rows("select count(*) from digest_items") == [(1,)]


def test_rejected_on_one_indicator_a_story_stays_for_another(
    desk: Desk, settings: Settings, inbox: Inbox, port: int
) -> None:
    desk.subscribe()
    both = desk.arrive("Weapons and curbs", indicators=("arms", "curbs"), at=NOW + timedelta(hours=1), score=0.9)
    queue_due(desk.connection, settings, MORNING)
    assert desk.rows("select hit_id from digest_items") == [(both,)]
    desk.judge(both, "rejected", MORNING)
    assert deliver(desk.connection, at(settings, port), MORNING).sent == 1
    (mail,) = inbox.messages()
    assert mail["Subject"] == "Curbs on machine tools: Weapons and curbs — 4 Feb"
    assert desk.rows("select hit_id from digest_items") == [(both + 1,)]


def test_nothing_is_sent_where_all_was_rejected_or_the_reader_left(
    desk: Desk, settings: Settings, inbox: Inbox, port: int
) -> None:
    desk.subscribe("stays@example.org")
    desk.subscribe("leaves@example.org")
    hit = desk.arrive(at=NOW + timedelta(hours=1))
    queue_due(desk.connection, settings, MORNING)
    subscribers.set_status(desk.connection, "leaves@example.org", "paused")
    desk.judge(hit, "rejected", MORNING)
    summary = deliver(desk.connection, at(settings, port), MORNING)
    assert (summary.sent, summary.dropped, inbox.received) == (0, 2, [])
    assert [row["error"] for row in outbox.log(desk.connection, 10)] == [
        "not sent: the reader paused or ended the subscription",
        "not sent: all of it was rejected or closed before it left",
    ]


def test_what_a_dead_process_was_sending_is_sent_again(desk: Desk, settings: Settings, inbox: Inbox, port: int) -> None:
    queue(desk, settings)
    assert outbox.claim(desk.connection, "2026-02-04T07:00:00Z") is not None
    assert state(desk) == ("sending", 1)
    assert deliver(desk.connection, at(settings, port), MORNING).sent == 1


def test_one_sender_at_a_time(desk: Desk, settings: Settings, port: int) -> None:
    queue(desk, settings)
    with outbox.sole_sender(desk.connection), pytest.raises(BlockingIOError):
        deliver(desk.connection, at(settings, port), MORNING)


def test_a_round_ends_when_it_is_told_to(desk: Desk, settings: Settings, inbox: Inbox, port: int) -> None:
    queue(desk, settings, *(f"r{n}@example.org" for n in range(3)))
    stop = iter([False, True])
    assert deliver(desk.connection, at(settings, port), MORNING, stop=lambda: next(stop)).sent == 1
    assert deliver(desk.connection, at(settings, port), MORNING, seconds=0).sent == 0
    assert deliver(desk.connection, at(settings, port), MORNING) == DeliverySummary(sent=2)


def test_a_sender_that_is_no_address_is_named(desk: Desk, settings: Settings, port: int) -> None:
    with pytest.raises(ConfigError, match="mail_from"):
        deliver(desk.connection, replace(at(settings, port), mail_from="x\r\nBcc: y@example.org"), MORNING)
