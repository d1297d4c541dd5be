"""`tracker users` as somebody at a terminal meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run(tmp_path: Path) -> object:
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tracker", "--db", str(tmp_path / "t.db"), "users", *words],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
        )  # fmt: skip

    return command


def test_a_users_life(run) -> None:  # type: ignore[no-untyped-def]
    assert "Nobody may sign in yet" in run("list").stdout
    added = run("add", "ann")
    assert added.returncode == 0
    assert "ann may sign in as analyst" in added.stdout
    assert "http://127.0.0.1:8001/-/tracker/sign-in/" in added.stdout
    assert "role is now reader" in run("add", "ann", "--role", "reader").stdout
    assert [(user["name"], user["role"]) for user in json.loads(run("list", "--json").stdout)] == [("ann", "reader")]
    assert "/-/tracker/sign-in/" in run("link", "ann").stdout
    assert len(run("token", "ann").stdout.strip()) > 40
    assert "may no longer sign in" in run("remove", "ann").stdout
    assert json.loads(run("list", "--json").stdout) == []


def test_a_link_without_a_name_is_the_first_analysts(run) -> None:  # type: ignore[no-untyped-def]
    assert "/-/tracker/sign-in/" in run("link").stdout
    assert [user["name"] for user in json.loads(run("list", "--json").stdout)] == ["analyst"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("link", "nobody"), 1, "add them: tracker users add nobody"),
        (("token", "nobody"), 1, "add them"),
        (("remove", "nobody"), 1, "tracker users list"),
        (("add", "a b"), 2, "1 to 64 letters"),
        (("add", "ann", "--role", "boss"), 2, "reader"),
    ],
)
def test_mistakes_are_said_in_words(run, words: tuple[str, ...], code: int, message: str) -> None:  # type: ignore[no-untyped-def]
    said = run(*words)
    assert said.returncode == code
    assert message in said.stderr
    assert "Traceback" not in said.stderr


def test_a_password_is_set_and_taken_away(tmp_path: Path) -> None:
    def password(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tracker", "--db", str(tmp_path / "t.db"), "users", *words],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60, input=typed,
        )  # fmt: skip

    password("add", "ann")
    assert "add them" in password("password", "bob", typed="long enough for this\n").stderr
    short = password("password", "ann", typed="short\n")
    assert short.returncode == 1
    assert "12 to 200 characters" in short.stderr
    done = password("password", "ann", typed="long enough for this\n")
    assert (done.returncode, done.stdout) == (0, "ann may sign in with this password.\n")
    assert "long enough" not in done.stdout + done.stderr
    assert "by link alone" in password("password", "ann", "--remove").stdout
    assert "has no password" in password("password", "ann", "--remove").stderr
