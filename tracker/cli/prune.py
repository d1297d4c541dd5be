"""`tracker prune`: lets go of what is older than the settings keep, and of old hits where somebody says why."""

from __future__ import annotations

import getpass
import json
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta

import click

from tracker import clock
from tracker.settings import Settings
from tracker.store import removal, retention
from tracker.store.connect import connect
from tracker.store.migrations import open_store
from tracker.store.removal import Removable

STATUSES = ("withdrawn", "rejected", "new")
"""Hits that can be removed; confirmed ones and those under discussion cannot."""
LEAST_DAYS = 365
MEANING = {
    "items": "items of stories without a hit",
    "bodies": "long texts of items without a hit",
    "versions": "earlier texts that no hit points into",
    "mails": "texts of mails that were sent",
    "checks": "polls of feeds",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@click.option("--hits", type=click.Choice(STATUSES), multiple=True, help="Remove old hits of this status; repeatable.")
@click.option("--older-than", type=click.IntRange(LEAST_DAYS), metavar="DAYS", help="How old those hits must be.")
@click.option("--because", metavar="WHY", help="Why those hits go; it is kept with the record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print what went as JSON.")
@click.pass_obj
def prune(
    settings: Settings,
    dry_run: bool,
    hits: tuple[str, ...],
    older_than: int | None,
    because: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Let go of what is older than the setting `keep` says; the daemon does the same every day.

    Items with hits, hits, reviews, samples, alerts, codebooks and series are kept for ever, whatever the settings say.
    With --hits, --older-than and --because, stories all of whose hits have the named statuses go with their items,
    hits and reviews; table `removals` tells what went, when, why, and at whose word. Daemon and pages may go on.
    """
    if hits or older_than or because:
        if not (hits and older_than and because and because.strip()):
            raise click.UsageError("to remove hits, say --hits STATUS, --older-than DAYS and --because WHY")
        _remove_hits(settings, hits, older_than, because.strip(), dry_run=dry_run, yes=yes, as_json=as_json)
        return
    now = clock.open_clock(settings.clock)()
    with closing(connect(settings.db) if dry_run else open_store(settings.db)) as connection:
        if dry_run:
            going = retention.plan(connection, dict(settings.keep), now)
        else:
            going = retention.run(connection, dict(settings.keep), now, who=_who())
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "gone": [asdict(one) for one in going]}))
        return
    for one in going:
        kept = f"{one.days:,} days" if one.days else "for ever"
        rows = f"{one.rows:,} {'would go' if dry_run else 'went'}" if one.days else ""
        click.echo(f"{one.what:9} {MEANING[one.what]:38} kept {kept:11} {rows}".rstrip())
    click.echo("Nothing was changed." if dry_run else "Hits, reviews and their items were not touched.")


def _remove_hits(
    settings: Settings, hits: tuple[str, ...], days: int, because: str, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    now = clock.open_clock(settings.clock)()
    before = clock.iso(now - timedelta(days=days))[:10]
    with closing(connect(settings.db) if dry_run else open_store(settings.db)) as connection:
        wanted = removal.count(connection, Removable(before, hits))
        if not as_json:
            told = f"{wanted.hits:,} hits ({', '.join(hits)}) before {before}, {wanted.reviews:,} reviews of them, "
            click.echo(told + f"{wanted.items:,} items in {wanted.stories:,} stories")
            if "new" in hits:
                click.echo("Hits that nobody has judged count in the series: their past will be lower.")
        if wanted.stories and not dry_run:
            if not yes:
                click.confirm("Remove them for ever?", abort=True)
            wanted = retention.remove_hits(connection, hits, before, now, who=_who(), because=because)
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "before": before} | asdict(wanted)))
    else:
        done = wanted.stories and not dry_run
        click.echo("They are gone; table `removals` says so." if done else "Nothing was changed.")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
