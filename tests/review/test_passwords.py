"""Signing in with a password: for those who have one, only so often, and never through Datasette's own tables."""

from __future__ import annotations

import sqlite3

import pytest

from tests.review.conftest import Desk, Visitor
from tracker.clock import real
from tracker.review.attempts import TRIES_BY_ADDRESS, TRIES_BY_NAME, Attempts
from tracker.store import passwords, users

SECRET = "harbour lantern steppe"


@pytest.fixture
def known(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ann has a password, hashed quickly."""
    passwords.keep(db, "ann", passwords.hashed(SECRET, iterations=1000), real())
    return "ann"


async def attempt(visitor: Visitor, name: str, password: str) -> tuple[int, str]:
    answer = await visitor.post("/-/tracker/sign-in", {"name": name, "password": password})
    return answer.status_code, answer.text


async def test_the_form_is_there_where_somebody_has_a_password(desk: Desk) -> None:
    page = (await desk.visitor().get("/")).text
    assert 'type="password"' not in page
    passwords.keep(desk.db, "ann", passwords.hashed(SECRET, iterations=1000), real())
    page = (await desk.visitor().get("/")).text
    assert 'type="password"' in page
    assert "tracker users link" in page


async def test_the_right_password_signs_in_with_the_same_cookie_as_a_link(desk: Desk, known: str) -> None:
    visitor = desk.visitor()
    assert (await visitor.get("/")).status_code == 401
    assert (await attempt(visitor, known, SECRET))[0] == 303
    assert (await visitor.get("/")).status_code == 200
    assert "Sign out" in (await visitor.get("/")).text
    users.remove(desk.db, known, real())
    assert (await visitor.get("/")).status_code == 401
    users.add(desk.db, known, "analyst", real())
    assert (await visitor.get("/")).status_code == 401, "an old cookie is not the new user's"
    assert (await attempt(desk.visitor(), known, SECRET))[0] == 401, "nor is the old password"


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "harbour lantern"), ("ann", ""), ("bob", SECRET), ("nobody", SECRET), ("", "")]
)
async def test_anything_else_is_refused_in_the_same_words(desk: Desk, known: str, name: str, password: str) -> None:
    visitor = desk.visitor()
    status, text = await attempt(visitor, name, password)
    assert status == 401
    assert "do not belong together" in text
    assert (await visitor.get("/")).status_code == 401


async def test_guessing_ends_soon(desk: Desk, known: str) -> None:
    for _ in range(TRIES_BY_NAME):
        assert (await attempt(desk.visitor(), known, "a wrong guess"))[0] == 401
    status, text = await attempt(desk.visitor(), known, SECRET)
    assert status == 429
    assert "Too many attempts" in text


def test_attempts_are_forgotten_after_a_while() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for number in range(TRIES_BY_ADDRESS):
        assert attempts.allowed(f"n{number}", "10.0.0.1")
        attempts.failed(f"n{number}", "10.0.0.1")
    assert not attempts.allowed("another", "10.0.0.1")
    assert attempts.allowed("another", "10.0.0.2")
    attempts.forgive("n0", "10.0.0.1")
    assert attempts.allowed("another", "10.0.0.1")
    now[0] = 901.0
    assert attempts.allowed("n1", "10.0.0.1")


async def test_nobody_reads_hashes(desk: Desk, ann: Visitor, known: str) -> None:
    assert (await ann.get("/tracker/passwords.json")).status_code == 403
    answer = await ann.get("/tracker.json", params={"sql": "select hash from passwords"})
    assert answer.status_code == 400
    assert "pbkdf2" not in answer.text


async def test_a_form_from_elsewhere_signs_nobody_in(desk: Desk, known: str) -> None:
    form = {"name": known, "password": SECRET}
    answer = await desk.visitor().client.post(
        "/-/tracker/sign-in", data=form, headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_hashes_are_those_of_datasette_auth_passwords() -> None:
    stored = "pbkdf2_sha256$1000$salt$" + passwords.hashed("x", "salt", 1000).rpartition("$")[2]
    assert passwords.fits("x", stored)
    assert not passwords.fits("y", stored)
    for broken in ("", "$$$", "md5$1$a$b", "pbkdf2_sha256$many$a$b", "pbkdf2_sha256$0$a$b"):
        assert not passwords.fits("x", broken)
    assert f"${passwords.ITERATIONS}$" in passwords.NOBODYS
