"""Looks the whole installation over; each finding says what to do about it. Nothing is changed, nobody is mailed."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from tracker import vitals
from tracker.clock import iso, parse_iso
from tracker.digest import server as mail_servers
from tracker.digest.session import ServerError, Session
from tracker.feeds import catalogue
from tracker.feeds.checkup import stale_since
from tracker.indicators import codebook
from tracker.model import ConfigError
from tracker.settings import Settings
from tracker.store import health, migrations
from tracker.store.connect import connect
from tracker.store.trouble import in_words

Grade = Literal["fine", "look", "bad"]
BACKUP_OLD = timedelta(days=8)
FUTURE = timedelta(hours=1)
NAMED = 5
"""Feeds that a finding names."""
MAIL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one thing, and the remedy ("" where it is fine)."""

    about: str
    grade: Grade
    seen: str
    remedy: str = ""


def examine(settings: Settings, now: datetime, *, thorough: bool = False) -> list[Finding]:
    """Everything that can be told now. ``thorough`` reads the whole database for damage, which may take minutes."""
    findings = [*_files(settings), *_mail(settings)]
    try:
        with closing(connect(settings.db)) as connection:
            if migrations.migrations.pending(connection) or migrations.newer_than_this_version(connection):
                return [*findings, *_schema(connection)]
            parts: tuple[Callable[[], Iterator[Finding]], ...] = (
                lambda: _schema(connection),
                lambda: _damage(connection, thorough=thorough),
                lambda: _life(settings, connection, now),
                lambda: _clock(connection, now),
                lambda: _feeds(connection, now),
            )
            for part in parts:
                try:
                    findings += part()
                except sqlite3.Error as error:
                    findings.append(Finding("database", "bad", "a part of it cannot be read", in_words(error)))
    except ConfigError as error:
        findings += [Finding("database", "bad", p.message, "see above") for p in error.problems]
        return findings
    return [*findings, *_permissions(settings), *_backups(settings, now)]


def _files(settings: Settings) -> Iterator[Finding]:
    concepts: set[str] | None = None
    try:
        book = codebook.load(settings.indicators)
        concepts = set(book.lexicon)
        yield Finding("codebook", "fine", f"{len(book.indicators)} indicators")
    except ConfigError as error:
        yield Finding("codebook", "bad", f"{error.problems[0]}", "run `tracker indicators check`")
    try:
        listed = catalogue.load(settings.feeds)
    except ConfigError as error:
        yield Finding("feed list", "bad", f"{error.problems[0]}", "mend that line")
        return
    unknown = listed.unknown_concepts(concepts) if concepts is not None else ()
    if unknown:
        yield Finding("feed list", "look", unknown[0].message, "name a concept of the codebook's lexicon")
    else:
        yield Finding("feed list", "fine", f"{len(listed.feeds)} feeds")


def _mail(settings: Settings) -> Iterator[Finding]:
    try:
        server = mail_servers.from_settings(settings)
    except ConfigError as error:
        yield Finding("mail", "bad", f"{error.problems[0]}", "see docs/digests.md")
        return
    if server is None:
        yield Finding("mail", "look", "no mail server is configured", "set smtp_url if digests are wanted")
        return
    server = replace(server, timeout=min(server.timeout, MAIL_SECONDS))
    try:
        with Session(server, settings.smtp_password, "localhost"):
            yield Finding("mail", "fine", f"{server.host}:{server.port} answers and lets us in")
    except ServerError as error:
        yield Finding("mail", "bad", f"{server.host}:{server.port}: {error}", "mails stay queued until this works")


def _schema(connection: sqlite3.Connection) -> Iterator[Finding]:
    newer = migrations.newer_than_this_version(connection)
    if newer:
        yield Finding("schema", "bad", f"the database is of a newer version ({newer})", "upgrade tracker")
        return
    if migrations.migrations.pending(connection):
        yield Finding("schema", "look", "the database is of an older version", "any command that writes upgrades it")
        return
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrations.migrations.run(fresh)
        wanted, have = _objects(fresh), _objects(connection)
    missing = sorted(wanted.keys() - have.keys())
    changed = sorted(name for name in wanted.keys() & have.keys() if wanted[name] != have[name])
    if missing or changed:
        names = ", ".join([*missing, *changed][:NAMED])
        yield Finding("schema", "bad", f"tables or indexes differ from this version's: {names}", "restore a backup")
    else:
        yield Finding("schema", "fine", f"{len(wanted)} tables and indexes as they should be")


def _objects(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("select name, sql from sqlite_master where sql is not null and name not like 'sqlite%'")
    return {name: " ".join(sql.split()).casefold() for name, sql in rows if not name.startswith("_sqlite")}


def _damage(connection: sqlite3.Connection, *, thorough: bool) -> Iterator[Finding]:
    pragma = "integrity_check" if thorough else "quick_check"
    answer = connection.execute(f"pragma {pragma}(1)").fetchone()[0]
    if answer == "ok":
        yield Finding("database", "fine", "no damage" + ("" if thorough else " at a quick look (--thorough reads all)"))
    else:
        yield Finding("database", "bad", "the file is damaged", "stop everything and restore a backup")


def _life(settings: Settings, connection: sqlite3.Connection, now: datetime) -> Iterator[Finding]:
    seen = vitals.look(connection, settings.db, now)
    reasons = seen.stale(settings.tick)
    for reason in reasons:
        yield Finding("daemon", "bad", reason, "see the daemon's log; docs/operations.md says what helps")
    if not reasons:
        yield Finding("daemon", "fine", "looks for due feeds, mails and stores as it should")
    yield Finding("disk", "fine", f"{seen.free_bytes / 1e9:,.1f} GB free; database {seen.db_bytes / 1e6:,.0f} MB, "
                  f"write-ahead log {seen.log_bytes / 1e6:,.0f} MB")  # fmt: skip


def _clock(connection: sqlite3.Connection, now: datetime) -> Iterator[Finding]:
    newest = connection.execute("select max(at) from checks").fetchone()[0]
    if newest and parse_iso(newest) > now + FUTURE:
        yield Finding("clock", "bad", f"the last check was noted at {newest}, which is still to come",
                      "this machine's clock was set back; synchronise it")  # fmt: skip
    else:
        yield Finding("clock", "fine", f"{iso(now)}")


def _feeds(connection: sqlite3.Connection, now: datetime) -> Iterator[Finding]:
    listed = health.health(connection, now)
    for status, remedy in (
        ("failing", "`tracker feeds check` says why; mend the address or pause the feed"),
        ("gone", "the publisher took them away; remove them from the feed list"),
    ):
        names = [feed.row["id"] for feed in listed if feed.row["status"] == status]
        if names:
            yield Finding("feeds", "look", f"{len(names)} {status}: {_named(names)}", remedy)
    stale = [f.row["id"] for f in listed if f.row["status"] == "active" and stale_since(f.published, now)]
    if stale:
        remedy = "they answer, but nothing new comes; look whether the publisher has a newer feed"
        yield Finding("feeds", "look", f"{len(stale)} stale: {_named(stale)}", remedy)
    fine = sum(feed.row["status"] == "active" for feed in listed) - len(stale)
    yield Finding("feeds", "fine", f"{fine} of {len(listed)} bring what they should")


def _permissions(settings: Settings) -> Iterator[Finding]:
    for path, holds in ((settings.db, "addresses and keys"), (settings.indicators.parent / "tracker.toml", "settings")):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue
        if mode & 0o007:
            yield Finding("permissions", "look", f"{path} holds {holds}, and everybody on this machine may open it",
                          f"chmod o= {path}")  # fmt: skip
    if not os.access(settings.db.parent, os.W_OK):
        yield Finding("permissions", "bad", f"{settings.db.parent} cannot be written", "give it to tracker's user")


def _backups(settings: Settings, now: datetime) -> Iterator[Finding]:
    folder = settings.db.parent / "backups"
    copies = sorted(folder.glob(f"{settings.db.stem}-*.db"), key=_changed_at)
    if not copies:
        yield Finding(
            "backup", "look", f"none in {folder}", "run `tracker backup` from a timer, or know where they are"
        )
        return
    age = now.timestamp() - _changed_at(copies[-1])
    old = age > BACKUP_OLD.total_seconds()
    yield Finding("backup", "look" if old else "fine", f"the newest is {copies[-1].name}",
                  "run `tracker backup` from a timer" if old else "")  # fmt: skip


def _changed_at(path: Path) -> float:
    return path.stat().st_mtime


def _named(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
