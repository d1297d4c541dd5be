"""`tracker subscribers`: who gets which digest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from tracker import clock
from tracker.clock import iso
from tracker.digest import address as addresses
from tracker.digest.render import NAMES
from tracker.digest.schedule import SPANS
from tracker.digest.wishes import describe
from tracker.model import DIRECTIONS, GROUPS, ConfigError, Problem
from tracker.settings import Settings
from tracker.store import digests
from tracker.store import subscribers as store
from tracker.store.migrations import open_store
from tracker.store.subscribers import MAILS, WEEKDAYS, MailName, Wishes, is_language


class Words(click.ParamType[tuple[str, ...]]):
    """A comma-separated list, perhaps of known words alone."""

    name = "list"

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.known = tuple(known)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The words in small letters, each once."""
        words = tuple(dict.fromkeys(word.strip().lower() for word in str(value).split(",") if word.strip()))
        for word in words:
            if self.known and word not in self.known:
                self.fail(f"{word!r} is not one of {', '.join(self.known)}", param, ctx)
        return words


class Languages(Words):
    """Language codes such as en,ru,zh-hant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The codes in small letters, each once."""
        words = super().convert(value, param, ctx)
        for word in words:
            if not is_language(word):
                self.fail(f"{word!r} is no language code; write some such as en,ru,zh", param, ctx)
        return words


class Days(Words):
    """Weekdays such as mon,thu or mon-fri."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The days in the order of the week, each once."""
        chosen: set[str] = set()
        for word in super().convert(value, param, ctx):
            first, _, last = word.partition("-")
            if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
                self.fail(f"{word!r} is no weekday; write some such as mon,thu or mon-fri", param, ctx)
            span = WEEKDAYS.index(last or first) - WEEKDAYS.index(first)
            chosen.update((WEEKDAYS * 2)[WEEKDAYS.index(first) :][: span % 7 + 1])
        return tuple(day for day in WEEKDAYS if day in chosen)


class Score(click.FloatRange):
    """A number from 0 to 1, which nan is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        return number if number == number else self.fail(f"{value!r} is no number from 0 to 1", param, ctx)  # noqa: PLR0124


class Zone(click.ParamType[str]):
    """An IANA time zone."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The zone's name."""
        try:
            return ZoneInfo(str(value)).key
        except (KeyError, OSError, ValueError):
            self.fail(f"{value!r} is no time zone; write one such as Europe/Berlin or Asia/Shanghai", param, ctx)


class TimeOfDay(click.ParamType[str]):
    """A local time such as 07:00."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Hours and minutes with two digits each."""
        hours, colon, minutes = str(value).partition(":")
        if colon and hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60:
            return f"{int(hours):02}:{int(minutes):02}"
        return self.fail(f"{value!r} is no time of day; write one such as 07:00", param, ctx)


def wishes_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which digest is wanted and of what."""
    options = (
        click.option("--digest", type=click.Choice(MAILS), default="daily", show_default=True, help="Which mail."),
        click.option("--timezone", type=Zone(), help="Zone of the digest's time.  [default: the setting]"),
        click.option("--time", type=TimeOfDay(), help="Local time of day.  [default: the setting]"),
        click.option("--days", type=Days(), help="Weekdays, such as mon-fri; weekly takes one.  [default: all; mon]"),
        click.option("--groups", type=Words(GROUPS), help=f"Only these: {', '.join(GROUPS)}."),
        click.option("--indicators", type=Words(), help="Only these ids, separated by commas."),
        click.option("--direction", type=click.Choice(DIRECTIONS), help="Only this direction."),
        click.option("--language", "languages", type=Languages(), help="Only these, such as en,ru,zh."),
        click.option("--min-score", type=Score(0, 1), default=0.0, help="Only hits of this score or more."),
        click.option("--confirmed-only", is_flag=True, help="Only what an analyst has confirmed."),
        click.option("--nothing-new", is_flag=True, help="Send a mail also when there is nothing new."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def subscribers() -> None:
    """Who gets which digest by mail."""


@subscribers.command()
@click.argument("address")
@click.option("--name", default="", help="Name for the To: line.")
@wishes_options
@click.pass_obj
def add(settings: Settings, /, address: str, name: str, digest: MailName, timezone: str | None, **wishes: Any) -> None:
    """Subscribe ADDRESS (or channel:NAME), or change what it gets.

    Alerts come at once, feeds tells of feeds that fail and come back. The first digest leaves at the next due time and
    tells of the day (week) before the subscription too.
    """
    with _opened(settings) as connection:
        chosen = _wishes(connection, digest, wishes)
        normalised = _normalise(address)
        fresh = _subscribe(connection, settings, normalised, name, digest, timezone, chosen)
    shown = addresses.readable(normalised)
    if fresh:
        click.echo(f"{shown} gets {NAMES[digest]}.")
    else:
        click.echo(f"{shown} had {NAMES[digest]} already; that goes on with these wishes.")
    if addresses.is_channel(normalised):
        if normalised.removeprefix(addresses.CHANNEL) not in dict(settings.channels):
            click.echo("No such channel is configured yet: set channels in tracker.toml or TRACKER_CHANNELS.", err=True)
    elif not settings.smtp_url:
        click.echo("No mail server is configured yet: set smtp_url in tracker.toml or TRACKER_SMTP_URL.", err=True)


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@wishes_options
@click.pass_obj
def import_(settings: Settings, /, file: Path, digest: MailName, timezone: str | None, **wishes: Any) -> None:
    """Subscribe every address of FILE: one a line, with or without a name (Name <address>); # starts a comment.

    All or nothing: a mistake in one line leaves everything as it was.
    """
    people = _read(file)
    with _opened(settings) as connection:
        chosen = _wishes(connection, digest, wishes)
        connection.execute("begin immediate")
        try:
            fresh = sum(
                _subscribe(connection, settings, normalised, name, digest, timezone, chosen)
                for normalised, name in people
            )
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
    click.echo(f"{fresh} new subscribers to {NAMES[digest]}, {len(people) - fresh} had it already.")


@subscribers.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the subscriptions."""
    with _opened(settings) as connection:
        found = store.subscriptions(connection, active_only=False)
    if as_json:
        for subscription in found:
            click.echo(json.dumps(asdict(subscription), ensure_ascii=False))
        return
    if not found:
        click.echo("Nobody subscribes yet. `tracker subscribers add ADDRESS` changes that.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("address", "digest", "time", "wants", "state", "told until"):
        table.add_column(heading, no_wrap=heading == "address", overflow="fold")
    for s in found:
        at = f"{s.wishes.time or settings.digest_time} {s.timezone or settings.timezone}"
        table.add_row(addresses.readable(s.address), s.digest, at, describe(s.wishes), s.status, s.since)
    Console().print(table)


@subscribers.command()
@click.argument("address")
@click.pass_obj
def pause(settings: Settings, address: str) -> None:
    """Send ADDRESS nothing until it is resumed."""
    _set_status(settings, address, "paused", "gets no mail until `tracker subscribers resume`")


@subscribers.command()
@click.argument("address")
@click.pass_obj
def resume(settings: Settings, address: str) -> None:
    """Send ADDRESS mail again, after a pause or after bounces; the next digest tells of the whole time."""
    _set_status(settings, address, "active", "gets mail again")


@subscribers.command()
@click.argument("address")
@click.pass_obj
def remove(settings: Settings, address: str) -> None:
    """End every subscription of ADDRESS; what waits for it is not sent."""
    with _opened(settings) as connection:
        if not store.remove(connection, _normalise(address)):
            raise _unknown(address)
    click.echo(f"{address} gets no more mail.")


@contextmanager
def _opened(settings: Settings) -> Iterator[sqlite3.Connection]:
    connection = open_store(settings.db)
    try:
        yield connection
    finally:
        connection.close()


def _subscribe(
    connection: sqlite3.Connection,
    settings: Settings,
    normalised: str,
    name: str,
    digest: MailName,
    timezone: str | None,
    wishes: Wishes,
) -> bool:
    now = clock.open_clock(settings.clock)()
    return store.add(
        connection, normalised, digest, name=name, timezone=timezone or "", wishes=wishes,
        since=iso(now - SPANS[digest]), now=iso(now),
    )  # fmt: skip


def _wishes(connection: sqlite3.Connection, digest: MailName, values: dict[str, Any]) -> Wishes:
    wishes = Wishes(**{key: value for key, value in values.items() if value is not None})
    if digest == "weekly" and len(wishes.days) > 1:
        raise click.UsageError("a weekly digest leaves on one day; name one, such as --days fri")
    known = {row["id"] for row in digests.indicators(connection) if row["retired_at"] is None}
    for indicator in wishes.indicators:
        if known and indicator not in known:
            raise ConfigError(
                Problem(
                    "--indicators", 0, 0, f"there is no indicator {indicator!r}; `tracker indicators list` has them"
                )
            )
    return wishes


def _normalise(address: str) -> str:
    try:
        return addresses.normalise(address)
    except addresses.AddressError as error:
        raise ConfigError(Problem("ADDRESS", 0, 0, str(error))) from None


def _read(file: Path) -> list[tuple[str, str]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ConfigError(Problem(str(file), 0, 0, "is not UTF-8 text")) from None
    people: dict[str, str] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            parsed = addresses.parse_named(text)
        except addresses.AddressError as error:
            problems.append(Problem(str(file), number, 1, str(error)))
        else:
            people.setdefault(parsed.addr_spec, parsed.display_name)
    if problems:
        raise ConfigError(*problems)
    return list(people.items())


def _set_status(settings: Settings, address: str, status: Any, outcome: str) -> None:
    with _opened(settings) as connection:
        if not store.set_status(connection, _normalise(address), status):
            raise _unknown(address)
    click.echo(f"{address} {outcome}.")


def _unknown(address: str) -> click.ClickException:
    return click.ClickException(f"{address} is no subscriber; `tracker subscribers list` shows them")
