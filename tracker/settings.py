"""tracker.toml and the TRACKER_* environment (which wins) -> one frozen Settings. Mistakes name file, key and line."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.model import ConfigError, Problem
from tracker.yaml_file import read_text

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ENVIRONMENT = "the environment"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be configured: ``x`` is key ``x`` of tracker.toml and TRACKER_X of the environment."""

    db: Path = Path("db/tracker.db")
    """The SQLite file."""
    indicators: Path = Path("indicators.yaml")
    """The codebook."""
    feeds: Path = Path("feeds.yaml")
    """The feed list."""
    allow_networks: tuple[Network, ...] = ()
    """CIDRs beyond public addresses that fetching may reach, such as 127.0.0.0/8."""
    contact: str = ""
    """Address or URL that goes into the User-Agent, so that publishers can write to you."""
    smtp_url: str = ""
    """smtp://user@host:587?tls=starttls or smtps://user@host; tls=none only for loopback."""
    smtp_password: str = field(default="", repr=False)
    """From TRACKER_SMTP_PASSWORD alone; refused in tracker.toml."""
    mail_from: str = "tracker@localhost"
    """Sender of digests."""
    base_url: str = "http://127.0.0.1:8001"
    """Where readers of a mail reach the review pages."""
    timezone: str = "UTC"
    """Zone of digest times and of days shown to people, such as Europe/Berlin."""
    digest_time: str = "07:00"
    """Local time of day at which daily digests are sent."""
    host_interval: float = 1.0
    """Seconds between requests to one host."""
    check_deadline: float = 60.0
    """Seconds that one check may take in all."""
    concurrency: int = 200
    """Checks that may be under way at once."""
    proxy: str = field(default="", repr=False)
    """http://proxy.example:3128 for every feed that names none of its own; secrets as ${NAME} from the environment."""
    allow_proxy: bool = False
    """Whether proxies are trusted: behind one the guard against private addresses cannot hold."""
    tick: float = 30.0
    """Seconds between two looks for due feeds, five at most."""
    ping_url: str = field(default="", repr=False)
    """Address that is asked after each good sweep, so that a dead-man's switch hears of silence."""
    clock: str = ""
    """URL or file that tells the time (for tests and the demo); empty for the real clock."""
    channels: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(name, Apprise address) of chat services; the addresses hold secrets."""
    open_reading: bool = False
    """Whether people who are not signed in may read."""
    keep: tuple[tuple[str, int], ...] = ()
    """(what, days) that it is kept: items without hits, bodies, versions, mails, checks; 0 for ever."""


def _networks(value: Any) -> tuple[Network, ...]:
    parts = re.split(r"[,\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(p, str) for p in parts):
        raise ValueError('must be a list of networks such as ["127.0.0.0/8"]')
    try:
        return tuple(ipaddress.ip_network(part) for part in parts if part)
    except ValueError:
        raise ValueError("has an entry that is no network; write 127.0.0.0/8 or ::1/128") from None


def _seconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 86_400:
        raise ValueError("must be a number of seconds between 0 and 86400")
    return number


def _count(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,4}", str(value)) or not 1 <= int(value) <= 2000:
        raise ValueError("must be a whole number between 1 and 2000")
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\n" in value or "\r" in value:
        raise ValueError("must be one line of text in quotes")
    return value.strip()


def _zone(value: Any) -> str:
    try:
        ZoneInfo(_text(value))
    except (OSError, ValueError, ZoneInfoNotFoundError):
        raise ValueError("is no time zone; write one such as UTC, Europe/Berlin or Asia/Shanghai") from None
    return str(value).strip()


def _time_of_day(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value.strip()):
        raise ValueError('must be a time of day such as "07:00"')
    return value.strip()


def _flag(value: Any) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
    word = str(value).strip().lower()
    if word not in known:
        raise ValueError("must be true or false")
    return known[word]


def _base_url(value: Any) -> str:
    text = _text(value).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http or https address such as https://tracker.example.org")
    return text


def _proxy(value: Any) -> str:
    text = _text(value)
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be the address of a proxy such as http://proxy.example:3128")
    if parts.password and not re.fullmatch(r"\$\{\w+\}", parts.password):
        raise ValueError("must not hold the password; write ${TRACKER_PROXY_PASSWORD} and set that variable")
    return text


def _smtp_url(value: Any) -> str:
    text = _text(value)
    if not text:
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("must look like smtp://user@host:587?tls=starttls or smtps://user@host")
    if parts.password:
        raise ValueError("must not hold the password; put that into TRACKER_SMTP_PASSWORD")
    return text


def _ping_url(value: Any) -> str:
    text = _text(value)
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be an http or https address")
    return text


def _channels(value: Any) -> tuple[tuple[str, str], ...]:
    """``name=address`` pairs between spaces, or a table. A complaint never repeats an address."""
    pairs = value.items() if isinstance(value, dict) else [part.partition("=")[::2] for part in str(value).split()]
    found: dict[str, str] = {}
    for name, url in pairs:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", str(name)) or "://" not in str(url):
            raise ValueError("must hold names and Apprise addresses, such as desk=slack://TOKEN/A/B")
        found[str(name)] = str(url)
    return tuple(found.items())


LEAST_KEPT = {"items": 60, "bodies": 30, "versions": 30, "mails": 30, "checks": 60}
"""What may go for its age, and the days for which pages, stories and series need it."""
LONGEST_KEPT = 36_500


def _keep(value: Any) -> tuple[tuple[str, int], ...]:
    """``what=days`` pairs between spaces, or a table."""
    pairs = value.items() if isinstance(value, dict) else [part.partition("=")[::2] for part in str(value).split()]
    found: dict[str, int] = {}
    for what, days in pairs:
        if what not in LEAST_KEPT:
            raise ValueError(f"knows no {str(what)[:40]!r}; name days for {', '.join(LEAST_KEPT)}")
        if isinstance(days, bool) or not re.fullmatch(r"\d{1,5}", str(days)) or int(days) > LONGEST_KEPT:
            raise ValueError(f"must tell whole days for {what}, such as {what} = 730, or 0 for ever")
        if 0 < int(days) < LEAST_KEPT[what]:
            raise ValueError(f"must leave {what} {LEAST_KEPT[what]} days at least, or 0 for ever")
        found[what] = int(days)
    return tuple(found.items())


_READERS: dict[str, Callable[[Any], Any]] = {
    "db": lambda v: Path(_text(v)),
    "indicators": lambda v: Path(_text(v)),
    "feeds": lambda v: Path(_text(v)),
    "allow_networks": _networks,
    "contact": _text,
    "smtp_url": _smtp_url,
    "mail_from": _text,
    "base_url": _base_url,
    "timezone": _zone,
    "digest_time": _time_of_day,
    "host_interval": _seconds,
    "check_deadline": _seconds,
    "concurrency": _count,
    "proxy": _proxy,
    "allow_proxy": _flag,
    "tick": _seconds,
    "ping_url": _ping_url,
    "clock": _text,
    "channels": _channels,
    "open_reading": _flag,
    "keep": _keep,
}


def load(
    environment: Mapping[str, str] = os.environ,
    *,
    db: str | Path | None = None,
    indicators: str | Path | None = None,
    feeds: str | Path | None = None,
) -> Settings:
    """Settings from tracker.toml beside the codebook, then TRACKER_* variables, then the arguments (options).

    Paths in tracker.toml are relative to that file. Raises ConfigError with every mistake found, each with its place.
    """
    settings = Settings()
    problems: list[Problem] = []
    codebook = Path(indicators or environment.get("TRACKER_INDICATORS") or settings.indicators)
    toml = codebook.parent / "tracker.toml"
    if toml.exists():
        settings, problems = _from_toml(toml, settings)
    for name, reader in _READERS.items():
        value = environment.get(f"TRACKER_{name.upper()}")
        if value is not None:
            settings = _set(
                settings, name, reader, value, Problem(ENVIRONMENT, 0, 0, f"TRACKER_{name.upper()}"), problems
            )
    if settings.proxy and not settings.allow_proxy:
        message = "proxy needs allow_proxy = true: behind a proxy the guard against private addresses cannot hold"
        problems.append(Problem(str(toml) if toml.is_file() else ENVIRONMENT, 0, 0, message))
    settings = replace(settings, smtp_password=environment.get("TRACKER_SMTP_PASSWORD", ""))
    settings = replace(
        settings,
        db=Path(db or settings.db),
        indicators=Path(indicators or settings.indicators),
        feeds=Path(feeds or settings.feeds),
    )
    if problems:
        raise ConfigError(*problems)
    return settings


def _from_toml(path: Path, settings: Settings) -> tuple[Settings, list[Problem]]:
    try:
        text = read_text(path)
        table = tomllib.loads(text)
    except ConfigError as error:
        return settings, list(error.problems)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        return settings, [
            Problem(str(path), line, column, 'is no valid TOML here; a line looks like contact = "desk@example.org"')
        ]
    problems: list[Problem] = []
    for key, value in table.items():
        found = re.search(rf"(?m)^\s*[\"']?{re.escape(key)}[\"']?\s*=|^\s*\[+\s*{re.escape(key)}\b", text)
        place_of_key = Problem(str(path), text.count("\n", 0, found.start()) + 1 if found else 0, 1, key)
        if key == "smtp_password":
            problems.append(
                replace(place_of_key, message="smtp_password must not stand in a file; set TRACKER_SMTP_PASSWORD")
            )
        elif key not in _READERS:
            known = ", ".join(sorted(_READERS))
            problems.append(replace(place_of_key, message=f"unknown setting {key!r}; known are {known}"))
        else:
            settings = _set(settings, key, _READERS[key], value, place_of_key, problems, base=path.parent)
    return settings, problems


def _set(
    settings: Settings,
    name: str,
    reader: Callable[[Any], Any],
    value: Any,
    place: Problem,
    problems: list[Problem],
    base: Path | None = None,
) -> Settings:
    try:
        read = reader(value)
    except ValueError as error:
        problems.append(replace(place, message=f"{place.message} {error}"))
        return settings
    if base is not None and isinstance(read, Path):
        read = base / read
    return replace(settings, **{name: read})


NAMES = tuple(f.name for f in fields(Settings))
