"""The commands as people type them: subscribers and digests, on a real file, to a real mail server."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.digest.conftest import NOW, Desk, desk
from tests.digest.mailserver import Inbox, running
from tracker.cli import tracker
from tracker.model import ConfigError

__all__ = ["desk"]


@pytest.fixture
def run(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Call `tracker` on the desk's database, at the clock's time."""
    clock = tmp_path / "clock"
    clock.write_text(NOW.isoformat(), encoding="ascii")
    monkeypatch.setenv("TRACKER_CLOCK", str(clock))
    monkeypatch.setenv("TRACKER_DB", str(desk.path))
    monkeypatch.setenv("TRACKER_INDICATORS", str(tmp_path / "indicators.yaml"))

    def call(*arguments: str, at: datetime = NOW) -> Result:
        clock.write_text(at.astimezone(UTC).isoformat(), encoding="ascii")
        return CliRunner().invoke(tracker, arguments)

    return call


def test_add_list_pause_resume_remove(run) -> None:  # type: ignore[no-untyped-def]
    added = run(
        "subscribers", "add", "desk@bücher.example", "--timezone", "Europe/Berlin", "--time", "8:05", "--groups",
        "driver,barrier", "--direction", "toward", "--language", "RU,zh", "--min-score", "0.4", "--confirmed-only",
        "--days", "sat,mon-wed",
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    assert "desk@bücher.example gets the daily digest." in added.output
    assert "smtp_url" in added.output, "says that no mail server is configured"
    (line,) = run("subscribers", "list", "--json").output.splitlines()
    listed = json.loads(line)
    assert (listed["address"], listed["timezone"], listed["digest"]) == (
        "desk@xn--bcher-kva.example", "Europe/Berlin", "daily",
    )  # fmt: skip
    assert listed["since"] == "2026-02-02T06:00:00Z"
    assert listed["wishes"]["languages"] == ["ru", "zh"]
    assert listed["wishes"]["time"] == "08:05"
    assert listed["wishes"]["days"] == ["mon", "tue", "wed", "sat"]
    assert "desk@bücher.example" in run("subscribers", "list").output
    for command, state in (("pause", "paused"), ("resume", "active")):
        assert run("subscribers", command, "desk@bücher.example").exit_code == 0
        assert json.loads(run("subscribers", "list", "--json").output)["status"] == state
    assert run("subscribers", "remove", "desk@bücher.example").exit_code == 0
    assert "Nobody subscribes yet" in run("subscribers", "list").output
    assert run("subscribers", "remove", "desk@bücher.example").exit_code == 1


@pytest.mark.parametrize(
    "options",
    [
        ("desk@example.org", "--timezone", "Mars/Olympus"),
        ("desk@example.org", "--time", "25:00"),
        ("desk@example.org", "--groups", "driver,nonsense"),
        ("desk@example.org", "--direction", "sideways"),
        ("desk@example.org", "--min-score", "7"),
        ("desk@example.org", "--digest", "hourly"),
    ],
)
def test_wrong_options_are_wrong_use(run, desk: Desk, options: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    assert run("subscribers", "add", *options).exit_code == 2
    assert desk.rows("select count(*) from subscribers") == [(0,)]


@pytest.mark.parametrize(
    "arguments", [("desk@example.org\nBcc: x@example.org",), ("desk",), ("d@example.org", "--indicators", "nothing")]
)
def test_wrong_addresses_and_indicators_change_nothing(  # type: ignore[no-untyped-def]
    run, desk: Desk, arguments: tuple[str, ...]
) -> None:
    failed = run("subscribers", "add", *arguments)
    assert isinstance(failed.exception, ConfigError)
    assert desk.rows("select count(*) from subscribers") == [(0,)]


def test_import_is_all_or_nothing(run, desk: Desk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    people = tmp_path / "people.txt"
    people.write_text("# the desk\nann@example.org\n\nBob B. <bob@example.org>  # nights\nbroken@@x\nalso broken\n")
    failed = run("subscribers", "import", str(people))
    assert isinstance(failed.exception, ConfigError)
    assert [problem.line for problem in failed.exception.problems] == [5, 6]
    assert desk.rows("select count(*) from subscribers") == [(0,)]
    people.write_text("ann@example.org\nBob B. <bob@example.org>\nann@example.org\n", encoding="utf-8-sig")
    assert "2 new subscribers" in run("subscribers", "import", str(people), "--digest", "weekly").output
    assert desk.rows("select address, name from subscribers") == [
        ("ann@example.org", ""),
        ("bob@example.org", "Bob B."),
    ]
    assert "0 new subscribers" in run("subscribers", "import", str(people), "--digest", "weekly").output


def test_preview_writes_each_form(run, desk: Desk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    desk.arrive("Weapons for the island")
    at = NOW + timedelta(minutes=5)
    astray = run("digest", "preview", "daily", "--out", str(tmp_path / "out" / "d.html"), at=at)
    assert astray.exit_code == 2
    assert "there is no folder" in astray.output
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    for form in ("html", "eml", "txt"):
        made = run("digest", "preview", "daily", "--out", str(tmp_path / "out" / f"d.{form}"), at=at)
        assert made.exit_code == 0, made.output
        assert "Weapons for the island — 3 Feb" in made.output
    assert "<!DOCTYPE html>" in (tmp_path / "out" / "d.html").read_text("utf-8")
    mail = message_from_bytes((tmp_path / "out" / "d.eml").read_bytes(), policy=policy.default)
    assert mail["Subject"] == "Arms transfers: Weapons for the island — 3 Feb"
    assert run("digest", "preview", "daily", "--out", str(tmp_path / "d.pdf")).exit_code == 2
    assert run("digest", "preview", "hourly", "--out", str(tmp_path / "d.html")).exit_code == 2


@pytest.mark.parametrize(
    "wrong",
    [("--min-score", "nan"), ("--min-score", "2"), ("--language", "<x>"), ("--language", "e"), ("--days", "mon-xyz")],
)
def test_wishes_that_make_no_sense_are_refused(run, wrong: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    said = run("subscribers", "add", "ann@example.org", *wrong)
    assert said.exit_code == 2
    assert wrong[1] in said.output
    assert run("subscribers", "list", "--json").output == ""


def test_a_weekly_digest_leaves_on_one_day(run) -> None:  # type: ignore[no-untyped-def]
    assert run("subscribers", "add", "ann@example.org", "--digest", "weekly", "--days", "fri-sat").exit_code == 2
    assert run("subscribers", "add", "ann@example.org", "--digest", "weekly", "--days", "fri").exit_code == 0
    assert json.loads(run("subscribers", "list", "--json").output)["wishes"]["days"] == ["fri"]


def test_preview_for_a_subscriber(run, desk: Desk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    desk.arrive("Weapons for the island")
    out = str(tmp_path / "d.txt")
    assert run("digest", "preview", "daily", "--out", out, "--subscriber", "ann@example.org").exit_code == 1
    run("subscribers", "add", "ann@example.org", "--direction", "away")
    assert run("digest", "preview", "daily", "--out", out, "--subscriber", "ann@example.org").exit_code == 0
    assert "Nothing new." in Path(out).read_text("utf-8")


def test_send_dry_run_send_and_log(run, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    assert run("digest", "send", "daily").exit_code == 1, "nobody subscribes"
    run("subscribers", "add", "ann@example.org")
    run("subscribers", "add", "away@example.org", "--direction", "away")
    desk.arrive("Weapons for the island")
    at = NOW + timedelta(minutes=5)
    refused = run("digest", "send", "daily", at=at)
    assert refused.exit_code == 1
    assert "no mail server is configured" in refused.output
    inbox = Inbox()
    with running(inbox) as port:
        monkeypatch.setenv("TRACKER_SMTP_URL", f"smtp://127.0.0.1:{port}")
        dry = run("digest", "send", "daily", "--dry-run", at=at).output
        assert "ann@example.org: Arms transfers: Weapons for the island" in dry
        assert "away@example.org: nothing new since 2026-02-02T06:00:00Z, no mail" in dry
        assert inbox.received == []
        sent = run("digest", "send", "daily", at=at)
    assert sent.exit_code == 0, sent.output
    assert "Queued 1, nothing new for 1. Sent 1, failed 0, waiting 0." in sent.output
    assert [to for to, _ in inbox.received] == ["ann@example.org"]
    (row,) = map(json.loads, run("digest", "log", "--json").output.splitlines())
    assert (row["state"], row["recipient"], row["stories"]) == ("sent", "ann@example.org", 1)
    assert "ann@example.org" in run("digest", "log").output


def test_send_says_what_is_wrong_with_the_server(run, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    run("subscribers", "add", "ann@example.org")
    desk.arrive()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("TRACKER_SMTP_URL", f"smtp://127.0.0.1:{port}?timeout=1")
    failed = run("digest", "send", "daily", at=NOW + timedelta(minutes=5))
    assert failed.exit_code == 1
    assert f"127.0.0.1 port {port} cannot be reached; what waits is tried again later" in failed.output


def test_without_a_database(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("TRACKER_DB", str(tmp_path / "missing.db"))
    failed = run("digest", "preview", "daily", "--out", str(tmp_path / "d.html"))
    assert isinstance(failed.exception, ConfigError)
    assert not (tmp_path / "missing.db").exists()
    assert not (tmp_path / "d.html").exists()


def test_alerts_feeds_and_channels_are_subscribed_and_previewed(run, desk: Desk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    added = run("subscribers", "add", "channel:ops", "--digest", "alerts")
    assert "channel:ops gets alerts." in added.output
    assert "TRACKER_CHANNELS" in added.output, "says that the channel is not configured"
    assert run("subscribers", "add", "channel:Not A Name").exit_code != 0
    assert [row[0] for row in desk.rows("select address from subscribers")] == ["channel:ops"]
    desk.connection.execute("update feeds set failures = 3, last_error = 'no answer' where id = 'harbour'")
    for name, words in (("alerts", "Alert: nothing to tell"), ("feeds", "Harbour Post cannot be read")):
        made = run("digest", "preview", name, "--out", str(tmp_path / f"{name}.html"))
        assert words in made.output
        assert "<table" in (tmp_path / f"{name}.html").read_text()
