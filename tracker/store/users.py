"""Who may sign in: users with a role, and tokens of which only a hash is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from tracker.clock import iso
from tracker.store.connect import writing

Role = Literal["reader", "analyst"]
ROLES: tuple[Role, ...] = get_args(Role)
LINK_LASTS = timedelta(hours=24)
FIRST_ANALYST = "analyst"
SIGN_IN_PATH = "/-/tracker/sign-in/"

_NAME = re.compile(r"[^\W_][\w.@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in. ``added_at`` tells two users of one name apart: old cookies die with the old one."""

    name: str
    role: Role
    added_at: str


def is_name(text: str) -> bool:
    """Whether ``text`` can name a user: 1–64 letters, digits and ``_ . @ + -``, starting with a letter or digit."""
    return _NAME.fullmatch(text) is not None


def add(connection: sqlite3.Connection, name: str, role: Role, now: datetime) -> bool:
    """Let ``name`` sign in with ``role``; False where they already may (their role is then set to ``role``).

    Raises ValueError for a name that ``is_name`` refuses.
    """
    if not is_name(name):
        raise ValueError("a user's name is 1 to 64 letters, digits and _ . @ + -")
    with writing(connection):
        if find(connection, name):
            connection.execute("update users set role = ? where name = ?", (role, name))
            return False
        connection.execute(
            """insert into users (name, role, added_at) values (?, ?, ?)
               on conflict (name) do update
               set role = excluded.role, added_at = excluded.added_at, removed_at = null""",
            (name, role, _precise(now)),
        )
    return True


def remove(connection: sqlite3.Connection, name: str, now: datetime) -> bool:
    """Shut ``name`` out at once: cookies, links, tokens and password end. Reviews stay. False if unknown."""
    with writing(connection):
        connection.execute("delete from tokens where user_name = ?", (name,))
        connection.execute("delete from passwords where user_name = ?", (name,))
        found = connection.execute(
            "update users set removed_at = ? where name = ? and removed_at is null", (iso(now), name)
        )
    return found.rowcount == 1


def find(connection: sqlite3.Connection, name: str) -> User | None:
    """The user of that name who may sign in now, if any."""
    row = connection.execute(
        "select name, role, added_at from users where name = ? and removed_at is null", (name,)
    ).fetchone()
    return User(*row) if row else None


def active(connection: sqlite3.Connection) -> list[User]:
    """Everyone who may sign in, by name."""
    rows = connection.execute("select name, role, added_at from users where removed_at is null order by name")
    return [User(*row) for row in rows]


def first_analyst(connection: sqlite3.Connection, now: datetime) -> str:
    """Name of the analyst whom the link at start signs in; added where there is no analyst yet."""
    analysts = [user.name for user in active(connection) if user.role == "analyst"]
    if not analysts:
        add(connection, FIRST_ANALYST, "analyst", now)
    return analysts[0] if analysts and FIRST_ANALYST not in analysts else FIRST_ANALYST


def link(connection: sqlite3.Connection, name: str, base_url: str, now: datetime, lasts: timedelta = LINK_LASTS) -> str:
    """A fresh address that signs ``name`` in once, until ``now + lasts``. Raises LookupError for an unknown user."""
    return base_url.rstrip("/") + SIGN_IN_PATH + _issue(connection, name, "link", now, now + lasts)


def api_token(connection: sqlite3.Connection, name: str, now: datetime) -> str:
    """A fresh token with which a script reads as ``name`` until it is removed. Raises LookupError when unknown."""
    return _issue(connection, name, "api", now, None)


def redeem(connection: sqlite3.Connection, token: str, now: datetime) -> User | None:
    """Use up a one-time link's token and return whose it was; None where it is unknown, used or too old."""
    with writing(connection):
        used = connection.execute(
            """update tokens set used_at = ?1 where hash = ?2 and purpose = 'link' and used_at is null
               and expires_at > ?1 returning user_name""",
            (iso(now), _hash(token)),
        ).fetchall()
        return find(connection, used[0]["user_name"]) if used else None


def owner_of_api_token(connection: sqlite3.Connection, token: str) -> User | None:
    """Whose script presents this token, if it is one of ours."""
    row = connection.execute(
        "select user_name from tokens where hash = ? and purpose = 'api'", (_hash(token),)
    ).fetchone()
    return find(connection, row[0]) if row else None


def _issue(
    connection: sqlite3.Connection,
    name: str,
    purpose: Literal["link", "api"],
    now: datetime,
    expires: datetime | None,
) -> str:
    token = secrets.token_urlsafe(32)
    with writing(connection):
        if find(connection, name) is None:
            raise LookupError(name)
        connection.execute("delete from tokens where purpose = 'link' and expires_at < ?", (iso(now),))
        connection.execute(
            "insert into tokens (hash, user_name, purpose, created_at, expires_at) values (?, ?, ?, ?, ?)",
            (_hash(token), name, purpose, iso(now), iso(expires) if expires else ""),
        )
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _precise(now: datetime) -> str:
    return now.isoformat(timespec="microseconds").replace("+00:00", "Z")
