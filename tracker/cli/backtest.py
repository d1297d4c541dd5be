"""`tracker backtest`: what an edit of the codebook would change, and adopting it for the past."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker import clock as clocks
from tracker import logs
from tracker.model import ConfigError, Problem
from tracker.settings import Settings

if TYPE_CHECKING:
    from tracker.indicators.codebook import Codebook
    from tracker.store.adoptions import Adoption

LARGE = 20_000
"""Items from which on starting other processes takes less time than it saves."""
SMALL_FILE = 2_000_000
"""Likewise bytes of an archive."""


@click.command()
@click.argument("new", type=click.Path(path_type=Path), metavar="NEW.yaml")
@click.argument("archive", type=click.Path(path_type=Path), required=False)
@click.option("--since", metavar="DAY", default="", help="Only items from this UTC day on, such as 2026-01-31.")
@click.option("--indicator", "indicators", multiple=True, metavar="ID", help="Only this indicator; repeatable.")
@click.option("--jobs", type=click.IntRange(0, 64), help="Worker processes; 0 for none. [default: one per processor]")
@click.option("--seed", type=int, default=0, show_default=True, help="Other examples for another number.")
@click.option("--adopt", is_flag=True, help="Put NEW.yaml in force and match the past with it.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with everything too.")
@click.pass_obj
def backtest(
    settings: Settings,
    new: Path,
    archive: Path | None,
    since: str,
    indicators: tuple[str, ...],
    jobs: int | None,
    seed: int,
    adopt: bool,
    as_json: bool,
    html: Path | None,
) -> None:
    """Compare NEW.yaml with the codebook in force.

    Over all stored items, or the items of ARCHIVE: hits gained and lost per indicator, what becomes of confirmed and
    rejected ones, examples with evidence, and the effect on series and alerts. Only indicators whose meaning the edit
    touches are matched. With --adopt it becomes the codebook in force and the past is matched with it; run again after
    a crash, it goes on where it stood.
    """
    from tracker.indicators import codebook

    logs.configure(quiet=True)
    since = _day(since)
    if adopt and (archive or indicators or since):
        raise click.UsageError("--adopt goes with all stored items: leave ARCHIVE, --since and --indicator away")
    after = codebook.load(new)
    jobs = jobs if jobs is not None else len(os.sched_getaffinity(0))
    clock = clocks.open_clock(settings.clock)
    options = {"since": since, "indicators": indicators, "seed": seed}
    with _stored(settings, needed=archive is None) as connection:
        before = _in_force(connection, settings)
        _must_exist(indicators, before, after)
        if archive is not None:
            found = _over_archive(archive, before, after, jobs, quiet=as_json, **options)
        else:
            assert connection is not None
            found = _over_store(connection, settings, before, after, jobs, clocks.iso(clock()), as_json, **options)
        if not as_json:
            from tracker.cli import backtest_shown

            backtest_shown.show(found, str(archive) if archive else "the store")
        if html is not None:
            from tracker.backtest import page

            html.write_text(page.page(found, str(new)), encoding="utf-8")
        if adopt:
            assert connection is not None
            found["adopted"] = _adopt(connection, settings, after, clock, quiet=as_json)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))


@contextmanager
def _stored(settings: Settings, *, needed: bool) -> Iterator[sqlite3.Connection | None]:
    from tracker.store.connect import connect
    from tracker.store.migrations import open_store

    if not settings.db.is_file():
        if needed:
            connect(settings.db)  # says what to do
        yield None
        return
    connection = open_store(settings.db)
    try:
        yield connection
    finally:
        connection.close()


def _in_force(connection: sqlite3.Connection | None, settings: Settings) -> Codebook:
    """The codebook that new items are matched with; where the database knows none, that of the file."""
    from tracker.indicators import codebook, trial
    from tracker.store import adoptions

    text = adoptions.text_in_force(connection) if connection is not None else None
    if text is not None:
        try:
            return trial.read_text(text)
        except ConfigError:
            click.echo("the codebook in force does not pass today's checks; comparing with its file", err=True)
    return codebook.load(settings.indicators)


def _must_exist(indicators: tuple[str, ...], before: Codebook, after: Codebook) -> None:
    known = {one.id for book in (before, after) for one in book.indicators}
    for name in indicators:
        if name not in known:
            raise ConfigError(Problem("--indicator", 0, 0, f"neither codebook has an indicator {name!r}"))


def _over_store(
    connection: sqlite3.Connection,
    settings: Settings,
    before: Codebook,
    after: Codebook,
    jobs: int,
    now: str,
    quiet: bool,
    **options: Any,
) -> dict[str, Any]:
    from tracker.backtest import compare, effect, examples
    from tracker.backtest.facts import facts
    from tracker.report import beside
    from tracker.store import past

    started, total = time.monotonic(), past.last_item(connection)
    jobs = jobs if total > LARGE else 0
    with _progress(total, quiet=quiet) as advance:
        outcome = compare.stored(connection, settings.db, before, after, processes=jobs, on_block=advance, **options)
    seconds = time.monotonic() - started
    drawn = examples.of_store(connection, outcome, after)
    changed = effect.effect(connection, outcome, after, now, beside(settings.indicators)) if outcome.rows else None
    return facts(outcome, drawn, changed, seconds, max(jobs, 1))


def _over_archive(
    archive: Path, before: Codebook, after: Codebook, jobs: int, *, quiet: bool, **options: Any
) -> dict[str, Any]:
    from tracker.backtest import compare, examples
    from tracker.backtest.facts import facts

    started = time.monotonic()
    jobs = 0 if archive.is_file() and archive.stat().st_size < SMALL_FILE else jobs
    with _progress(None, quiet=quiet) as advance:
        outcome = compare.archived(archive, before, after, processes=jobs, on_block=advance, **options)
    seconds = time.monotonic() - started
    return facts(outcome, examples.of_archive(archive, outcome, before, after), None, seconds, max(jobs, 1))


def _adopt(
    connection: sqlite3.Connection, settings: Settings, book: Codebook, clock: clocks.Clock, *, quiet: bool
) -> dict[str, int]:
    from tracker.backtest.adopt import adopt
    from tracker.store.adoptions import SupersededError
    from tracker.store.past import last_item

    with _progress(last_item(connection), quiet=quiet) as advance:
        at = 0

        def done(adoption: Adoption) -> None:
            nonlocal at
            advance(adoption.done_until - at)
            at = adoption.done_until

        try:
            finished = adopt(connection, settings, book, clock, done)
        except SupersededError:
            message = "another codebook came into force meanwhile, so this one was not adopted to the end"
            raise click.ClickException(message) from None
    if not quiet:
        click.echo(
            f"Adopted. {finished.gained:,} hits gained, {finished.withdrawn:,} unjudged ones withdrawn, "
            f"{finished.kept:,} judged ones kept though no longer found. A running daemon follows by itself."
        )
    return {"gained": finished.gained, "withdrawn": finished.withdrawn, "kept": finished.kept}


@contextmanager
def _progress(total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    if quiet:
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (BarColumn(20), TextColumn("{task.completed:,.0f} items"), TimeRemainingColumn())
    with Progress(*parts, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)


def _day(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise click.BadParameter("write a day such as 2026-01-31", param_hint="--since") from None
