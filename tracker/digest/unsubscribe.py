"""Unsubscribing by a signed token: no cookie, no sign-in. Reading a page changes nothing; `apply` does (RFC 8058)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import sqlite3
from dataclasses import dataclass
from urllib.parse import urlsplit

from tracker.store import outbox, subscribers

PATH = "/-/tracker/unsubscribe"
ALL_PATH = "/-/tracker/mail"
OWN_PATH = f"{ALL_PATH}/subscription"
UNSUBSCRIBE = "unsubscribe"
CHANGE = "change"
_KEY = "mail"
_NOT_PUBLIC = ("localhost", "local", "internal", "lan", "home", "test", "example", "invalid", "arpa")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a valid token says: whose subscription to which digest ends."""

    subscriber_id: int
    digest: str


def sign(connection: sqlite3.Connection, subscriber_id: int, digest: str, purpose: str = UNSUBSCRIBE) -> str:
    """A token that ends (or, with CHANGE, may change) one subscription.

    It has no end of its own: mail is kept for years.
    """
    payload = f"{subscriber_id}.{digest}"
    return _encode(payload.encode()) + "." + keyed(connection, f"{purpose}.{payload}")


def verify(connection: sqlite3.Connection, token: str, purpose: str = UNSUBSCRIBE) -> Claim | None:
    """What the token says, None where it was not signed here for that purpose."""
    encoded, _, signature = token.partition(".")
    try:
        payload = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        return None
    expected = keyed(connection, f"{purpose}.{payload}")
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return None
    subscriber_id, _, digest = payload.partition(".")
    return Claim(int(subscriber_id), digest)


def apply(connection: sqlite3.Connection, token: str) -> Claim | None:
    """End the subscription that the token names; doing it twice is no mistake. None where the token is not ours."""
    claim = verify(connection, token)
    if claim is not None:
        subscribers.unsubscribe(connection, claim.subscriber_id, claim.digest)
    return claim


def url(connection: sqlite3.Connection, base_url: str, subscriber_id: int, digest: str) -> str:
    """The address that unsubscribes; empty unless ``base_url`` is https on a host that mailbox providers can reach."""
    if not is_public(base_url):
        return ""
    return f"{base_url}{PATH}?token={sign(connection, subscriber_id, digest)}"


def own_page(connection: sqlite3.Connection, base_url: str, subscriber_id: int, digest: str) -> str:
    """The address at which the reader changes this subscription."""
    return f"{base_url}{OWN_PATH}?token={sign(connection, subscriber_id, digest, CHANGE)}"


def is_public(base_url: str) -> bool:
    """Whether the address is https on a public host, judged by its name alone."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and host.rpartition(".")[2] not in _NOT_PUBLIC


def keyed(connection: sqlite3.Connection, text: str) -> str:
    """An unguessable name for ``text``, always the same in this database: 32 URL-safe characters."""
    key = outbox.secret(connection, _KEY, secrets.token_urlsafe(32))
    return _encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)[:24])


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
