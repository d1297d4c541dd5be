"""Users and their tokens: once, not too late, and not after they were removed."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from tracker.store import users

NOW = datetime(2026, 2, 3, 6, 0, tzinfo=UTC)


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_a_link_signs_in_once(db: sqlite3.Connection) -> None:
    users.add(db, "ann", "analyst", NOW)
    link = users.link(db, "ann", "http://127.0.0.1:8001/", NOW)
    assert link.startswith("http://127.0.0.1:8001/-/tracker/sign-in/")
    user = users.redeem(db, token_of(link), NOW)
    assert user is not None
    assert (user.name, user.role) == ("ann", "analyst")
    assert users.redeem(db, token_of(link), NOW) is None


def test_a_link_grows_too_old(db: sqlite3.Connection) -> None:
    users.add(db, "ann", "analyst", NOW)
    link = users.link(db, "ann", "http://h", NOW, timedelta(hours=1))
    assert users.redeem(db, token_of(link), NOW + timedelta(hours=1)) is None
    assert users.redeem(db, "never-issued", NOW) is None


def test_only_a_hash_is_stored(db: sqlite3.Connection) -> None:
    users.add(db, "ann", "analyst", NOW)
    token = token_of(users.link(db, "ann", "http://h", NOW))
    stored = db.execute("select hash from tokens").fetchone()[0]
    assert token not in stored
    assert len(stored) == 64


def test_removing_shuts_out_at_once(db: sqlite3.Connection) -> None:
    users.add(db, "ann", "analyst", NOW)
    link, api = users.link(db, "ann", "http://h", NOW), users.api_token(db, "ann", NOW)
    assert users.remove(db, "ann", NOW)
    assert users.redeem(db, token_of(link), NOW) is None
    assert users.owner_of_api_token(db, api) is None
    assert users.find(db, "ann") is None
    assert not users.remove(db, "ann", NOW)
    with pytest.raises(LookupError):
        users.link(db, "ann", "http://h", NOW)


def test_whoever_comes_back_is_somebody_new(db: sqlite3.Connection) -> None:
    users.add(db, "ann", "analyst", NOW)
    before = users.find(db, "ann")
    users.remove(db, "ann", NOW)
    assert users.add(db, "ann", "reader", NOW + timedelta(seconds=1))
    after = users.find(db, "ann")
    assert before is not None
    assert after is not None
    assert after.role == "reader"
    assert after.added_at != before.added_at


def test_adding_again_changes_the_role(db: sqlite3.Connection) -> None:
    assert users.add(db, "ann", "analyst", NOW)
    assert not users.add(db, "ann", "reader", NOW)
    assert [(user.name, user.role) for user in users.active(db)] == [("ann", "reader")]


def test_api_tokens_name_their_owner_and_are_no_links(db: sqlite3.Connection) -> None:
    users.add(db, "ann", "analyst", NOW)
    token = users.api_token(db, "ann", NOW)
    owner = users.owner_of_api_token(db, token)
    assert owner is not None
    assert owner.name == "ann"
    assert users.redeem(db, token, NOW) is None
    link = token_of(users.link(db, "ann", "http://h", NOW))
    assert users.owner_of_api_token(db, link) is None


def test_the_first_analyst_is_made_when_there_is_none(db: sqlite3.Connection) -> None:
    users.add(db, "rea", "reader", NOW)
    assert users.first_analyst(db, NOW) == "analyst"
    assert users.first_analyst(db, NOW) == "analyst"
    users.remove(db, "analyst", NOW)
    users.add(db, "zoe", "analyst", NOW)
    assert users.first_analyst(db, NOW) == "zoe"


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "a/b", "x" * 65, "a\nb", "<b>"])
def test_names_that_would_confuse_are_refused(db: sqlite3.Connection, name: str) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        users.add(db, name, "analyst", NOW)


@pytest.mark.parametrize("name", ["ann", "Аня", "安娜", "ann@desk.example", "a.b-c+d"])
def test_names_of_all_scripts_are_welcome(db: sqlite3.Connection, name: str) -> None:
    assert users.add(db, name, "reader", NOW)
