"""`tracker relevance`: the model that orders the queue, learnt from verdicts."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from tracker import logs
from tracker.model import ConfigError, Problem
from tracker.settings import Settings

EXTRA = "learning needs an extra: pip install 'news-indicator-tracker[relevance]'"


@click.group()
def relevance() -> None:
    """The relevance model: how likely each waiting hit is right. It orders the queue and hides nothing."""


@relevance.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def train(settings: Settings, as_json: bool) -> None:
    """Learn from all verdicts and score what waits.

    Indicators with 50 verdicts, of both kinds, are ordered by it. Prints what it gains over the plain score on verdicts
    that it had not seen, with a 90 % interval. Run it once a day.
    """
    from tracker.quality import learn
    from tracker.store.migrations import open_store

    logs.configure(quiet=True)
    if not settings.db.is_file():
        raise ConfigError(Problem(str(settings.db), 0, 0, "there is no database yet; run `tracker poll` first"))
    connection = open_store(settings.db)
    try:
        learnt = learn.train(connection, settings.db)
    except ImportError:
        raise click.ClickException(EXTRA) from None
    finally:
        connection.close()
    if as_json:
        click.echo(json.dumps(asdict(learnt)))
        return
    if learnt.gain is None:
        click.echo(
            f"{learnt.verdicts:,} verdicts: too few. An indicator needs 50, with 5 confirmed and 5 rejected among them."
        )
        return
    gain = learnt.gain
    click.echo(f"Learnt from {learnt.verdicts:,} verdicts, tried on {gain.cases:,} of indicators with 50 or more.")
    click.echo(
        f"A right hit stands before a wrong one in {gain.model:.0%} of pairs, by the plain score in {gain.plain:.0%}: "
        f"gain {gain.difference:+.0%} ({gain.lower:+.0%} to {gain.upper:+.0%})."
    )
    if learnt.indicators:
        click.echo(f"{learnt.scored:,} waiting hits scored.")
    else:
        click.echo("It does not order better than the plain score, so it is not used.")
