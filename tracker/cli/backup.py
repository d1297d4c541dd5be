"""`tracker backup` and `tracker restore`: proven copies of the database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tracker import clock
from tracker.model import ConfigError
from tracker.settings import Settings
from tracker.store import backups

KEPT = 14


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(1, 10_000), default=KEPT, show_default=True, help="Newest copies to keep.")
@click.option("--json", "as_json", is_flag=True, help="Print where the copy is as JSON.")
@click.pass_obj
def backup(settings: Settings, folder: Path | None, keep: int, as_json: bool) -> None:
    """Copy the database into FOLDER (default: backups/ beside it) while everything runs.

    The copy is read back and checked before older ones are removed. Only you may read it: it holds addresses and keys.
    """
    folder = folder or settings.db.parent / "backups"
    copy = backups.make(settings.db, folder, clock.open_clock(settings.clock)(), keep)
    found = backups.contents(copy)
    if as_json:
        click.echo(json.dumps({"file": str(copy), "bytes": found.bytes, **dict(found.rows)}))
    else:
        click.echo(f"{copy}: {found.bytes / 1e6:,.1f} MB, checked; {_told(found)}.")


@click.command()
@click.argument("copy", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(settings: Settings, copy: Path, dry_run: bool, yes: bool) -> None:
    """Put COPY in the place of the database. Stop the daemon and the pages first.

    The database that was there is kept beside it under another name.
    """
    now = clock.open_clock(settings.clock)()
    wanted = backups.contents(copy)
    click.echo(f"{copy}: checked; {_told(wanted)}.")
    if settings.db.exists():
        try:
            click.echo(f"{settings.db}: {_told(backups.contents(settings.db))}; it would be kept under another name.")
        except ConfigError as error:
            click.echo(f"{error.problems[0]}; it would be kept under another name.")
    if dry_run:
        click.echo("Nothing was changed.")
        return
    if not yes:
        click.confirm("Put the copy in its place?", abort=True)
    aside = backups.put_back(copy, settings.db, now)
    click.echo(f"{settings.db} is as it was in the copy." + (f" The one before is {aside}." if aside else ""))


def _told(found: backups.Contents) -> str:
    rows = ", ".join(f"{count:,} {table}" for table, count in found.rows)
    return f"{rows}; newest item of {found.newest_item_at or 'no time'}"
