"""`tracker poll`: one sweep, then a summary."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tracker import clock, logs
from tracker.model import SweepSummary
from tracker.pipeline import poll_once
from tracker.settings import Settings
from tracker.timing import Timing

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.option("--all", "everything", is_flag=True, help="Ask every feed, due or not.")
@click.option("--feed", "feed_id", metavar="ID", help="Ask this feed alone, due or not.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--timing", "timed", is_flag=True, help="Say on standard error where the processor's time went.")
@click.pass_obj
def poll(settings: Settings, everything: bool, feed_id: str | None, as_json: bool, timed: bool) -> None:
    """Poll the feeds that are due, once, and print what came of it.

    Exits with 0 also where single feeds failed; they are listed with the reason.
    """
    logs.configure(quiet=True)
    timing = Timing()
    with _progress(shown=not as_json) as (expect, advance):
        summary = asyncio.run(
            poll_once(
                settings, clock.open_clock(settings.clock), everything=everything, feed_id=feed_id,
                on_due=expect, on_result=lambda *_: advance(), timing=timing,
            )
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(asdict(summary) | {"failures": dict(summary.failures)}, ensure_ascii=False))
    else:
        from rich.console import Console

        show(summary, Console())
    if timed:
        for part, seconds in timing.whole().items():
            click.echo(f"{seconds:8.2f} s  {part}", err=True)


@contextmanager
def _progress(*, shown: bool) -> Iterator[tuple[Callable[[int], None], Callable[[], None]]]:
    """A bar on standard error where that is a terminal: how many feeds there are to ask, and one more asked."""
    if not shown:
        yield lambda count: None, lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Asking feeds"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda count: progress.update(task, total=count), lambda: progress.advance(task)


def show(summary: SweepSummary, console: Console) -> None:
    """Print a sweep's summary for people."""
    from rich.markup import escape
    from rich.table import Table

    if not summary.feeds:
        console.print("No feed is due. `tracker poll --all` asks them all.")
        return
    console.print(
        f"Asked {summary.feeds} feed{'s' * (summary.feeds != 1)} in {summary.seconds:.1f} s: {summary.ok} answered "
        f"({summary.not_modified} not modified, {summary.unchanged} unchanged), {summary.failed} failed."
    )
    articles = f" Articles read: {summary.articles}." if summary.articles else ""
    console.print(f"New items: {summary.items_new}. New hits: {summary.hits_new}.{articles}")
    if summary.failures:
        table = Table(box=None, pad_edge=False)
        table.add_column("feed", overflow="fold", min_width=min(28, max(len(name) for name, _ in summary.failures)))
        table.add_column("why it failed")
        for feed_id, reason in summary.failures:
            table.add_row(feed_id, escape(reason))
        console.print(table)
