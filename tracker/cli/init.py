"""`tracker init`: a folder to work in."""

from __future__ import annotations

from pathlib import Path

import click

from tracker import starter


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Copy the codebook and the feed list that come with tracker into FOLDER, to be made one's own.

    Nothing that is there already is touched.
    """
    for path in starter.copy_to(folder):
        click.echo(str(path))
    click.echo("Next: set `contact` in tracker.toml (docs/settings.md), then run `tracker up` there.")
