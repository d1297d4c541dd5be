"""`tracker poll`: one sweep, then a summary."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from tracker import clock, logs
from tracker.model import SweepSummary
from tracker.pipeline import poll_once
from tracker.settings import Settings


@click.command()
@click.option("--all", "everything", is_flag=True, help="Ask every feed, due or not.")
@click.option("--feed", "feed_id", metavar="ID", help="Ask this feed alone, due or not.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_obj
def poll(settings: Settings, everything: bool, feed_id: str | None, as_json: bool) -> None:
    """Poll the feeds that are due, once, and print what came of it.

    Exits with 0 also where single feeds failed; they are listed with the reason.
    """
    logs.configure(quiet=True)
    summary = asyncio.run(poll_once(settings, clock.open_clock(settings.clock), everything=everything, feed_id=feed_id))
    if as_json:
        click.echo(json.dumps(asdict(summary) | {"failures": dict(summary.failures)}, ensure_ascii=False))
    else:
        show(summary, Console())


def show(summary: SweepSummary, console: Console) -> None:
    """Print a sweep's summary for people."""
    if not summary.feeds:
        console.print("No feed is due. `tracker poll --all` asks them all.")
        return
    console.print(
        f"Asked {summary.feeds} feeds in {summary.seconds:.1f} s: {summary.ok} answered "
        f"({summary.not_modified} not modified, {summary.unchanged} unchanged), {summary.failed} failed."
    )
    console.print(f"New items: {summary.items_new}. New hits: {summary.hits_new}.")
    if summary.failures:
        table = Table("feed", "why it failed", box=None, pad_edge=False)
        for feed_id, reason in summary.failures:
            table.add_row(feed_id, reason)
        console.print(table)
