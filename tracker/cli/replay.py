"""`tracker replay`: archives through the same pipeline as live items."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tracker import clock, logs
from tracker.pipeline import Pipeline
from tracker.replay import engine
from tracker.settings import Settings
from tracker.store.lock import sole_poller


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, without a progress bar.")
@click.pass_obj
def replay(settings: Settings, files: tuple[Path, ...], as_json: bool) -> None:
    """Send archives (JSON lines: .jsonl, .gz, .zst) through matching, stories and store.

    Lines are objects with id, title, summary and perhaps language, source, date, url. A replay that was stopped goes on
    where it stood.
    """
    logs.configure(quiet=True)
    started = time.monotonic()
    total = engine.Progress()
    with sole_poller(settings.db):
        pipeline = Pipeline(settings, clock.open_clock(settings.clock))
        try:
            for path in files:
                done = _with_bar(pipeline, path) if not as_json else engine.replay(pipeline, path)
                for name, value in asdict(done).items():
                    setattr(total, name, getattr(total, name) + value)
        finally:
            pipeline.close()
    seconds = round(time.monotonic() - started, 3)
    if as_json:
        click.echo(json.dumps(asdict(total) | {"seconds": seconds}))
        return
    click.echo(f"{total.lines} lines in {seconds:.1f} s: {total.items} new items, {total.hits} new hits.")
    if total.bad_lines:
        click.echo(f"{total.bad_lines} lines could not be used (no JSON object with a title or a summary).")
    if total.blocks_skipped:
        click.echo(f"{total.blocks_skipped} blocks were stored by an earlier replay of this file.")


def _with_bar(pipeline: Pipeline, path: Path) -> engine.Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(path.name, total=None)
        done = engine.replay(pipeline, path, lambda p: bar.update(task, completed=p.lines))
        bar.update(task, total=done.lines)
        return done
