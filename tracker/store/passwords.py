"""Passwords of users who want one: PBKDF2 hashes in the form that `datasette hash-password` of datasette-auth-passwords
prints, made and checked with the standard library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import sqlite3
from datetime import datetime

from tracker.clock import iso
from tracker.store import users
from tracker.store.connect import writing
from tracker.store.users import User

ITERATIONS = 480_000
SHORTEST = 12
LONGEST = 200
_ALGORITHM = "pbkdf2_sha256"


def hashed(password: str, salt: str = "", iterations: int = ITERATIONS) -> str:
    """A slow salted hash of a password: some tenths of a second, without the interpreter's lock."""
    salt = salt or secrets.token_hex(16)
    raw = hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "replace"), salt.encode(), iterations)
    return f"{_ALGORITHM}${iterations}${salt}${base64.b64encode(raw).decode('ascii')}"


NOBODYS = hashed(secrets.token_hex(16), iterations=1).replace("$1$", f"${ITERATIONS}$")
"""What an unknown name is checked against, so that it takes as long as a known one."""


def fits(password: str, stored: str) -> bool:
    """Whether a password is the one that was hashed."""
    try:
        algorithm, iterations, salt, _ = stored.split("$")
        return algorithm == _ALGORITHM and hmac.compare_digest(hashed(password, salt, int(iterations)), stored)
    except (ValueError, binascii.Error):
        return False


def keep(connection: sqlite3.Connection, name: str, hash_: str, now: datetime) -> None:
    """Let ``name`` sign in with the password of this hash. Raises LookupError for an unknown user."""
    with writing(connection):
        if users.find(connection, name) is None:
            raise LookupError(name)
        connection.execute(
            """insert into passwords (user_name, hash, set_at) values (?, ?, ?)
               on conflict (user_name) do update set hash = excluded.hash, set_at = excluded.set_at""",
            (name, hash_, iso(now)),
        )


def forget(connection: sqlite3.Connection, name: str) -> bool:
    """Links alone sign ``name`` in from now on; False where there was no password."""
    with writing(connection):
        return connection.execute("delete from passwords where user_name = ?", (name,)).rowcount == 1


def anybody(connection: sqlite3.Connection) -> bool:
    """Whether anybody has a password, so that a form for it makes sense."""
    return connection.execute("select 1 from passwords limit 1").fetchone() is not None


def of(connection: sqlite3.Connection, name: str) -> tuple[User | None, str]:
    """(user, hash to check against); for a name without a password a hash that nothing fits."""
    user = users.find(connection, name)
    row = connection.execute("select hash from passwords where user_name = ?", (name,)).fetchone() if user else None
    return (user, str(row[0])) if row else (None, NOBODYS)
