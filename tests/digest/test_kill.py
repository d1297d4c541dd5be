"""kill -9 at every step and at random moments of choosing, queueing and sending.

No hit lost, none told twice, no mail with two ids.
"""

from __future__ import annotations

import json
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


STEPPER = """
import json, os, shutil, signal, smtplib, sys
from datetime import datetime, timedelta
from pathlib import Path
from tracker.digest import preview, run_due
from tracker.settings import Settings
from tracker.store.connect import connect

WRITING = ("begin", "insert", "update", "delete", "commit")
original, url, now = Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3])

def work(path, now, last, told):
    seen = 0
    def step(name):
        nonlocal seen
        seen += 1
        if seen == last:
            os.write(told, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)
    def look(sql):
        first = sql.split()[0].lower()
        if first in WRITING:
            step(first)
    send, reply = smtplib.SMTP.send, smtplib.SMTP.getreply
    def sending(self, text):
        step("send " + (text if isinstance(text, str) else text.decode("latin-1"))[:4].strip().lower())
        send(self, text)
    def replied(self):
        answer = reply(self)
        step("reply")
        return answer
    smtplib.SMTP.send, smtplib.SMTP.getreply = sending, replied
    connection = connect(path)
    connection.set_trace_callback(look)
    run_due(Settings(db=path, smtp_url=url, mail_from="tracker@news.example.org"), now, connection)
    os._exit(0)

def forked(*arguments):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        work(*arguments, writing)
    os.close(writing)
    status = os.waitpid(child, 0)[1]
    return status, os.read(reading, 100).decode()

# Templates are compiled once, here, and not by every child.
warm = connect(Path(shutil.copy(original, original.with_name("warm.db"))))
for name in ("daily", "alerts"):
    preview(warm, Settings(db=original), now, name)
warm.close()
last = 0
while True:
    last += 1
    path = original.with_name(f"step{last}.db")
    shutil.copy(original, path)
    connection = connect(path)
    connection.execute("update subscribers set address = ? || address", (f"s{last}-",))
    connection.close()
    status, step = forked(path, now, last)
    again, _ = forked(path, now + timedelta(minutes=5), -1)
    connection = connect(path)
    states = [tuple(row) for row in connection.execute("select recipient, state, message_id from deliveries")]
    print(json.dumps({"step": step, "killed": os.WIFSIGNALED(status), "again": again, "states": states}), flush=True)
    connection.close()
    if not os.WIFSIGNALED(status):
        break
"""


def test_killed_at_every_step(desk: Desk, settings: Settings) -> None:
    """One run per statement that writes and per line to and from the server; the next run makes good what was left."""
    desk.connection.execute("update indicators set diagnosticity = 'high' where id = 'arms'")
    for address, digest in (("daily@example.org", "daily"), ("alerts@example.org", "alerts")):
        desk.subscribe(address, digest=digest)
    titles = [f"Weapons, part {number}" for number in range(3)]
    for title in titles:
        desk.arrive(title, at=NOW + timedelta(hours=1))
    desk.connection.execute("pragma wal_checkpoint(truncate)")
    inbox = Inbox()
    with running(inbox) as port:
        url = f"smtp://127.0.0.1:{port}?rate=1000"
        done = subprocess.run(
            [sys.executable, "-c", STEPPER, str(desk.path), url, iso(AT)], capture_output=True, text=True, check=True
        )
    runs = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [run["killed"] for run in runs] == [True] * (len(runs) - 1) + [False]
    steps = {run["step"] for run in runs}
    assert {"begin", "insert", "update", "commit", "send mail", "send rcpt", "send data", "send from", "reply"} <= steps
    by_reader: defaultdict[str, list[EmailMessage]] = defaultdict(list)
    for mail in inbox.messages():
        by_reader[mail["To"]].append(mail)
    for number, run in enumerate(runs, 1):
        assert run["again"] == 0
        assert {state for _, state, _ in run["states"]} == {"sent"}, run
        for address in ("daily@example.org", "alerts@example.org"):
            mails = by_reader[f"s{number}-{address}"]
            (queued,) = (made for recipient, _, made in run["states"] if recipient == f"s{number}-{address}")
            assert {mail["Message-ID"] for mail in mails} == {queued}, run["step"]
            text = mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
            assert all(text.count(title) >= 1 for title in titles), run["step"]


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
