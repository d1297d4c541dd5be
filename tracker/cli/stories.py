"""`tracker stories`: what can be done to all stories at once."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import Progress

from tracker import clock, logs
from tracker.settings import Settings


@click.group()
def stories() -> None:
    """Groups of items that tell the same thing."""


@stories.command()
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, without a progress bar.")
@click.pass_obj
def rebuild(settings: Settings, as_json: bool) -> None:
    """Group all items anew, in the order of publication.

    Items that arrived late or out of order find their story; the result does not depend on when they came. Merged
    stories keep the older number, and the other one leads there; verdicts stay with their hits. Stop the daemon first.
    """
    from tracker.regroup import rebuild as run

    logs.configure(quiet=True)
    with Progress(console=Console(stderr=True), disable=as_json) as bar:
        tasks = {"items": bar.add_task("Reading", total=None), "changes": bar.add_task("Moving", total=None)}
        done = run(
            settings,
            clock.open_clock(settings.clock),
            lambda what, count, total: bar.update(tasks[what], completed=count, total=max(1, total)),
        )
        for task in tasks.values():
            bar.update(task, total=1, completed=1)
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    click.echo(
        f"{done.items:,} items in {done.stories:,} stories, {done.seconds:.1f} s: {done.changed:,} stories changed,"
        f" {done.merged:,} went into older ones, {done.new:,} were split off."
    )
