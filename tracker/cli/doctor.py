"""`tracker doctor`: what is wrong with the installation, and what helps."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from tracker import clock, logs
from tracker.settings import Settings

_MARKS = {"fine": "[green]fine[/]", "look": "[yellow]look[/]", "bad": "[red]bad[/]"}


@click.command()
@click.option("--thorough", is_flag=True, help="Read the whole database for damage; may take minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def doctor(settings: Settings, thorough: bool, as_json: bool) -> None:
    """Look over files, database, disk, clock, feeds and mail server. Exit code 1 where something is bad."""
    from rich.markup import escape

    from tracker.doctor import examine

    logs.configure(quiet=True)
    findings = examine(settings, clock.open_clock(settings.clock)(), thorough=thorough)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        table = Table.grid(padding=(0, 2))
        for finding in findings:
            remedy = f"\n→ {finding.remedy}" if finding.remedy else ""
            table.add_row(_MARKS[finding.grade], finding.about, escape(finding.seen + remedy))
        Console().print(table)
    if any(finding.grade == "bad" for finding in findings):
        sys.exit(1)


@click.command()
@click.pass_obj
def health(settings: Settings) -> None:
    """Say in a line why results may be out of date; exit code 1 where they may. For health checks of containers."""
    from contextlib import closing

    from tracker import vitals
    from tracker.store.connect import connect

    with closing(connect(settings.db)) as connection:
        reasons = vitals.look(connection, settings.db, clock.open_clock(settings.clock)()).stale(settings.tick)
    click.echo("; ".join(reasons) or "well")
    if reasons:
        sys.exit(1)
