"""`tracker digest`: look at a digest, send it now, see what was sent."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tracker import clock
from tracker import digest as digests
from tracker.digest import address as addresses
from tracker.digest.outbox import window_for
from tracker.settings import Settings
from tracker.store import outbox, subscribers
from tracker.store.connect import connect
from tracker.store.migrations import open_store
from tracker.store.subscribers import DIGESTS, MAILS, DigestName, MailName, Subscription

FORMS = (".html", ".eml", ".txt")


@click.group()
def digest() -> None:
    """The mail that tells what is new."""


@digest.command()
@click.argument("name", type=click.Choice(MAILS))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="F.html, F.eml or F.txt.")
@click.option("--open", "open_it", is_flag=True, help="Show it in the browser or mail program.")
@click.option("--subscriber", metavar="ADDRESS", help="The next digest of this subscriber, not one for everybody.")
@click.pass_obj
def preview(settings: Settings, name: MailName, out: Path, open_it: bool, subscriber: str | None) -> None:
    """Write the mail NAME as it would be now into a file. Nobody counts as told."""
    if out.suffix not in FORMS:
        raise click.UsageError(f"--out must end in {', '.join(FORMS)}")
    if not out.parent.is_dir():
        raise click.UsageError(f"there is no folder {out.parent}; make it, or write the file elsewhere")
    connect(settings.db).close()  # says so where there is no database yet
    connection = open_store(settings.db)
    try:
        reader = _reader(subscribers.subscriptions(connection, name), subscriber, name) if subscriber else None
        made = digests.preview(connection, settings, clock.open_clock(settings.clock)(), name, reader)
    finally:
        connection.close()
    written = {".html": made.page.encode(), ".eml": made.raw, ".txt": made.text.encode()}
    out.write_bytes(written[out.suffix])
    click.echo(f"{out}: {made.subject}")
    if open_it:
        click.launch(str(out))


@digest.command()
@click.argument("name", type=click.Choice(DIGESTS))
@click.option("--dry-run", is_flag=True, help="Only say who would get what.")
@click.pass_obj
def send(settings: Settings, name: DigestName, dry_run: bool) -> None:
    """Send the digest NAME to all its subscribers now, whatever the time of day."""
    now = clock.open_clock(settings.clock)()
    connection = open_store(settings.db)
    try:
        readers = subscribers.subscriptions(connection, name)
        if not readers:
            raise click.ClickException(f"nobody subscribes to the {name} digest; `tracker subscribers add ADDRESS`")
        if dry_run:
            for reader in readers:
                made = digests.preview(connection, settings, now, name, reader)
                stories = len(made.content.entries)
                since = window_for(connection, reader, now).start
                what = made.subject if stories or reader.wishes.nothing_new else f"nothing new since {since}, no mail"
                click.echo(f"{addresses.readable(reader.address)}: {what}")
            return
        queued, delivered = digests.send_now(connection, settings, name, now)
    except digests.NoServerError:
        raise click.ClickException(
            "no mail server is configured, so nothing was queued; set smtp_url in tracker.toml or TRACKER_SMTP_URL, "
            "such as smtp://user@mail.example.org:587?tls=starttls"
        ) from None
    except BlockingIOError:
        click.echo("Queued. Another process (the daemon?) is sending from this outbox and takes it from here.")
        return
    finally:
        connection.close()
    click.echo(
        f"Queued {queued.queued}, nothing new for {queued.nothing_new}. "
        f"Sent {delivered.sent}, failed {delivered.failed}, waiting {delivered.waiting}."
    )
    if delivered.problem:
        raise click.ClickException(f"{delivered.problem}; what waits is tried again later")


@digest.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@click.pass_obj
def log(settings: Settings, limit: int, as_json: bool) -> None:
    """What was sent to whom, newest first, and what became of it."""
    connection = connect(settings.db)
    try:
        rows = outbox.log(connection, limit)
    finally:
        connection.close()
    if as_json:
        for row in rows:
            click.echo(json.dumps(dict(row), ensure_ascii=False))
        return
    if not rows:
        click.echo("No digest was sent yet.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("made", "to", "subject", "state", "attempts", "note"):
        table.add_column(heading, no_wrap=heading in ("made", "to", "state"), overflow="fold")
    for row in rows:
        again = f" (again after {row['next_attempt_at']})" if row["state"] == "queued" and row["error"] else ""
        table.add_row(
            row["created_at"], addresses.readable(row["recipient"]), row["subject"], row["state"],
            str(row["attempts"]), row["error"] + again,
        )  # fmt: skip
    Console().print(table)


def _reader(readers: list[Subscription], address: str, name: str) -> Subscription:
    try:
        wanted = addresses.normalise(address)
    except addresses.AddressError as error:
        raise click.UsageError(str(error)) from None
    for reader in readers:
        if reader.address == wanted:
            return reader
    raise click.ClickException(f"{address} does not subscribe to the {name} digest")
