"""The mail server that the settings name: smtp://user@host:587?tls=starttls&rate=5&hourly=1000."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from tracker.model import ConfigError, Problem
from tracker.settings import Settings

Tls = Literal["starttls", "implicit", "none"]
_KNOWN = ("tls", "plaintext", "rate", "hourly", "timeout")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in, and how much of it."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    timeout: float = 30.0
    """Seconds that the server may be silent."""
    rate: float = 5.0
    """Messages a second."""
    hourly: int = 2000
    """Messages in any hour."""


def from_settings(settings: Settings) -> Server | None:
    """The server, None where none is configured. Raises ConfigError.

    TLS is starttls unless the host is loopback; tls=none to another host needs plaintext=yes beside it, and then no
    password is ever sent.
    """
    if not settings.smtp_url:
        return None
    parts = urlsplit(settings.smtp_url)
    wishes = dict(parse_qsl(parts.query, keep_blank_values=True))
    for key in wishes:
        if key not in _KNOWN:
            raise _wrong(f"has the unknown part {key!r}; known are {', '.join(_KNOWN)}")
    host = parts.hostname or ""
    tls = _tls(parts.scheme, wishes, host)
    user = unquote(parts.username or "")
    if user and tls == "none" and not is_loopback(host):
        raise _wrong("would send the password unencrypted; use tls=starttls")
    if user and not settings.smtp_password:
        raise _wrong("names a user, but TRACKER_SMTP_PASSWORD is not set")
    return Server(
        host=host,
        port=_port(settings.smtp_url) or {"implicit": 465, "starttls": 587, "none": 25}[tls],
        tls=tls,
        user=user,
        timeout=_number(wishes, "timeout", 30, 1, 600),
        rate=_number(wishes, "rate", 5, 0.01, 1000),
        hourly=int(_number(wishes, "hourly", 2000, 1, 1_000_000)),
    )


def is_loopback(host: str) -> bool:
    """Whether mail for ``host`` stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(scheme: str, wishes: dict[str, str], host: str) -> Tls:
    said = wishes.get("tls", "")
    if scheme == "smtps":
        if said not in ("", "implicit"):
            raise _wrong("says smtps:// and tls= at once; smtps:// is TLS from the first byte")
        return "implicit"
    if said == "":
        return "none" if is_loopback(host) else "starttls"
    if said == "none":
        if not is_loopback(host) and wishes.get("plaintext") != "yes":
            raise _wrong("sends mail unencrypted to another machine; use tls=starttls, or add plaintext=yes if it must")
        return "none"
    if said in ("starttls", "implicit"):
        return "starttls" if said == "starttls" else "implicit"
    raise _wrong(f"has tls={said}; it must be starttls, implicit or none")


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        raise _wrong("has a port that is no number from 1 to 65535") from None


def _number(wishes: dict[str, str], key: str, default: float, least: float, most: float) -> float:
    try:
        number = float(wishes.get(key, default))
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise _wrong(f"has {key}={wishes[key]}; it must be a number from {least:g} to {most:g}")
    return number


def _wrong(message: str) -> ConfigError:
    return ConfigError(Problem("smtp_url", 0, 0, message))
