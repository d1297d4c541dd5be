"""The command line: one thin module per command group, imported only when called, so that `tracker --help` is quick."""

from __future__ import annotations

import importlib
import importlib.util
import sqlite3
import sys
from pathlib import Path
from typing import Any

import click

from tracker import __version__, settings
from tracker.model import ConfigError

COMMANDS = {
    "init": "tracker.cli.init:init",
    "up": "tracker.cli.up:up",
    "daemon": "tracker.cli.up:daemon",
    "serve": "tracker.cli.up:serve",
    "poll": "tracker.cli.poll:poll",
    "feeds": "tracker.cli.feeds:feeds",
    "match": "tracker.cli.match:match",
    "indicators": "tracker.cli.indicators:indicators",
    "replay": "tracker.cli.replay:replay",
    "stories": "tracker.cli.stories:stories",
    "backtest": "tracker.cli.backtest:backtest",
    "quality": "tracker.cli.quality:quality",
    "relevance": "tracker.cli.relevance:relevance",
    "report": "tracker.cli.report:report",
    "digest": "tracker.cli.digest:digest",
    "subscribers": "tracker.cli.subscribers:subscribers",
    "backup": "tracker.cli.backup:backup",
    "restore": "tracker.cli.backup:restore",
    "prune": "tracker.cli.prune:prune",
    "doctor": "tracker.cli.doctor:doctor",
    "health": "tracker.cli.doctor:health",
    "users": "tracker.cli.users:users",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, place in COMMANDS.items() if importlib.util.find_spec(place.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except sqlite3.Error as error:
            from tracker.store.trouble import in_words

            raise click.ClickException(f"{ctx.obj.db}: {in_words(error)}") from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--db", type=click.Path(path_type=Path), help="The SQLite file.  [default: db/tracker.db; env TRACKER_DB]"
)
@click.option(
    "--indicators",
    type=click.Path(path_type=Path),
    help="The codebook.  [default: indicators.yaml; env TRACKER_INDICATORS]",
)
@click.option(
    "--feeds", type=click.Path(path_type=Path), help="The feed list.  [default: feeds.yaml; env TRACKER_FEEDS]"
)
@click.version_option(__version__, prog_name="tracker")
@click.pass_context
def tracker(ctx: click.Context, db: Path | None, indicators: Path | None, feeds: Path | None) -> None:
    """Watch news feeds for indicators, say why an item counts, and keep it for review."""
    ctx.obj = settings.load(db=db, indicators=indicators, feeds=feeds)


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 failed, 2 wrong use (a file or setting that cannot be used is wrong use)."""
    try:
        tracker.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ConfigError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
