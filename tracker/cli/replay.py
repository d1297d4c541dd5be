"""`tracker replay`: archives through the same pipeline as live items."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tracker import clock, logs
from tracker.model import ConfigError, Problem
from tracker.replay import archives, columns, engine, workers
from tracker.settings import Settings

SMALL = 4_000_000
"""Bytes of archives below which starting workers takes longer than the work."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option("--column", "told", multiple=True, metavar="FIELD=NAME", help="Which column holds a field; repeatable.")
@click.option("--jobs", type=click.IntRange(0, 256), help="Worker processes; 0 for none. [default: one per processor]")
@click.option("--dask", metavar="ADDRESS", default="", help="Work on a Dask cluster, such as tcp://scheduler:8786.")
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), help="Write hits to this .parquet file, not the database."
)
@click.option("--bad-lines", type=click.Path(dir_okay=False, path_type=Path), help="Where rows without use are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, without a progress bar.")
@click.pass_obj
def replay(
    settings: Settings,
    files: tuple[str, ...],
    told: tuple[str, ...],
    jobs: int | None,
    dask: str,
    to: Path | None,
    bad_lines: Path | None,
    as_json: bool,
) -> None:
    """Send archives through matching, stories and store.

    FILES are JSON lines, CSV or Parquet, plain, .gz or .zst; folders with all below; or patterns. Columns are guessed
    from their names and shown; --column title=headline tells otherwise. Fields: id, title, summary, body, language,
    source, url, date. A replay that was stopped goes on where it stood.
    """
    logs.configure(quiet=True)
    started = time.monotonic()
    try:
        wanted = columns.parse(told)
    except ValueError as trouble:
        raise ConfigError(Problem("--column", 0, 0, str(trouble))) from None
    listed = [engine.describe(path, wanted) for path in archives.files(files)]
    if not as_json:
        for archive in listed:
            click.echo(f"{archive.path.name}: {archive.columns}", err=True)
    aside = engine.BadLines(bad_lines or (to or settings.db).with_suffix(".bad-lines.jsonl"))
    size = sum(archive.path.stat().st_size for archive in listed)
    jobs = jobs if jobs is not None else workers.cores() if size > SMALL else 0
    total = engine.Progress()
    with _sink(settings, to) as (sink, text, digest, latest):
        team = workers.open_workers(text, jobs=jobs, dask=dask)
        try:
            run = engine.Replay(sink, team, digest, latest, aside)
            with _shown(size, quiet=as_json) as show:
                for archive in listed:
                    done = run.run(archive, partial(show, total))
                    done.bytes = archive.path.stat().st_size
                    total = _sum(total, done)
        finally:
            team.close()
    seconds = time.monotonic() - started
    if as_json:
        click.echo(json.dumps(asdict(total) | {"seconds": round(seconds, 3)}))
    else:
        _tell(total, seconds, aside, to)
    if total.lines and not total.items and not total.blocks_skipped and total.bad_lines == total.lines:
        raise ConfigError(Problem(files[0], 0, 0, "no row could be used; see --column, and the rows kept aside"))


@contextmanager
def _sink(settings: Settings, to: Path | None) -> Iterator[tuple[engine.Sink, str, str, str]]:
    """Where results go; with the text and the digest of the codebook and the latest date that can be true."""
    told = clock.open_clock(settings.clock)
    latest = clock.iso(told() + timedelta(days=1))
    if to is not None:
        from tracker.indicators import codebook
        from tracker.replay.hits_file import HitsFile

        book = codebook.load(settings.indicators)
        with HitsFile(to, book.digest, clock.iso(told())) as sink:
            yield sink, book.text, book.digest, latest
        return
    from tracker.pipeline import Pipeline
    from tracker.replay.database import Database
    from tracker.store.lock import sole_poller

    with sole_poller(settings.db):
        pipeline = Pipeline(settings, told)
        try:
            book = pipeline.in_force.codebook
            yield Database(pipeline), book.text, book.digest, latest
        finally:
            pipeline.close()


def _sum(a: engine.Progress, b: engine.Progress) -> engine.Progress:
    left, right = asdict(a), asdict(b)
    return engine.Progress(**{name: left[name] + right[name] for name in left})


class _Shown:
    def __init__(self, bar: Bar | None, task: TaskID | None) -> None:
        self._bar, self._task = bar, task
        self._started = time.monotonic()

    def __call__(self, before: engine.Progress, here: engine.Progress) -> None:
        now = _sum(before, here)
        if self._bar is not None and self._task is not None:
            rate = now.lines / max(0.001, time.monotonic() - self._started)
            self._bar.update(
                self._task, completed=now.bytes, told=f"{now.lines:,} rows, {now.hits:,} hits, {rate:,.0f} rows/s"
            )


@contextmanager
def _shown(size: int, *, quiet: bool) -> Iterator[_Shown]:
    if quiet:
        yield _Shown(None, None)
        return
    parts = (BarColumn(20), TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.fields[told]}"))
    with Bar(*parts, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        yield _Shown(bar, bar.add_task("", total=size, told=""))


def _tell(total: engine.Progress, seconds: float, aside: engine.BadLines, to: Path | None) -> None:
    where = f" in {to}" if to else ""
    click.echo(f"{total.lines:,} rows in {seconds:.1f} s: {total.items:,} new items, {total.hits:,} new hits{where}.")
    if aside.count:
        rows = "1 row" if aside.count == 1 else f"{aside.count:,} rows"
        click.echo(f"{rows} could not be used and {'is' if aside.count == 1 else 'are'} kept aside in {aside.path}.")
    if total.blocks_skipped:
        blocks = "1 block was" if total.blocks_skipped == 1 else f"{total.blocks_skipped:,} blocks were"
        click.echo(f"{blocks} kept by an earlier replay of this archive.")
