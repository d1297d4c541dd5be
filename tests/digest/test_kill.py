"""kill -9 at random moments of choosing, queueing and sending: no hit lost, none told twice, no mail with two ids."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from tests.digest.conftest import NOW, Desk
from tests.digest.mailserver import Inbox, running
from tracker.clock import iso
from tracker.digest import run_due
from tracker.settings import Settings

READERS = 12
STORIES = 9
AT = NOW + timedelta(hours=25)
PROGRAM = """
import sys
from datetime import datetime
from pathlib import Path
from tracker.digest import run_due
from tracker.settings import Settings
settings = Settings(db=Path(sys.argv[1]), smtp_url=sys.argv[2], mail_from="tracker@news.example.org")
now = datetime.fromisoformat(sys.argv[3])
print("ready", flush=True)
run_due(settings, now)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments(desk: Desk, settings: Settings, seed: int) -> None:
    kill_and_check(desk, settings, random.Random(seed), kills=5)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 23))
def test_killed_a_hundred_times(desk: Desk, settings: Settings, seed: int) -> None:
    kill_and_check(desk, settings, random.Random(seed), kills=5)


def kill_and_check(desk: Desk, settings: Settings, luck: random.Random, kills: int) -> None:
    for number in range(READERS):
        desk.subscribe(f"r{number}@example.org")
    desk.connection.execute("update indicators set diagnosticity = 'high' where id = 'arms'")
    desk.subscribe("alarmed@example.org", digest="alerts")
    titles = [f"Weapons, part {number:02}" for number in range(STORIES)]
    for title in titles:
        desk.arrive(title, at=NOW + timedelta(hours=1))
    inbox = Inbox()
    died = 0
    with running(inbox) as port:
        url = f"smtp://127.0.0.1:{port}?rate=15"
        for kill in range(kills):
            died += run_and_kill(desk, url, AT + timedelta(minutes=2 * kill), luck.uniform(0.0, 0.25))
        summary = run_due(replace(settings, smtp_url=url), AT + timedelta(days=2), desk.connection)
    assert died, "the kills came too late to prove anything"
    assert summary.problem == ""
    assert desk.rows("select distinct state from deliveries") == [("sent",)]
    by_reader: defaultdict[str, list[EmailMessage]] = defaultdict(list)
    for mail in inbox.messages():
        by_reader[mail["To"]].append(mail)
    assert len(by_reader) == READERS + 1, "and the one who gets alerts"
    for mails in by_reader.values():
        once = {mail["Message-ID"]: mail for mail in mails}
        told = Counter(
            title
            for mail in once.values()
            for title in titles
            if title in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        )
        assert told == Counter(titles), "every story once, in one mail or another"
        assert len(once) == len({mail["Date"] for mail in once.values()})


def run_and_kill(desk: Desk, url: str, at: object, patience: float) -> bool:
    """Start a run in a process of its own and kill it after so many seconds of work; whether it was still working."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(desk.path), url, iso(at)],  # type: ignore[arg-type]
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(patience)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    return alive
