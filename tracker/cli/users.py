"""`tracker users`: who may sign in, and fresh one-time links."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from tracker.clock import real
from tracker.settings import Settings
from tracker.store import passwords, served
from tracker.store import users as store
from tracker.store.migrations import open_store


@click.group()
def users() -> None:
    """Who may sign in to the review pages."""


@contextmanager
def _store(settings: Settings) -> Iterator[sqlite3.Connection]:
    with closing(open_store(settings.db)) as connection:
        yield connection


@users.command()
@click.argument("name")
@click.option(
    "--role", type=click.Choice(store.ROLES), default="analyst", show_default=True, help="Analysts may judge."
)
@click.pass_obj
def add(settings: Settings, name: str, role: store.Role) -> None:
    """Let NAME sign in and print a one-time link for them."""
    if not store.is_name(name):
        raise click.BadParameter("a name is 1 to 64 letters, digits and _ . @ + -", param_hint="NAME")
    with _store(settings) as connection:
        fresh = store.add(connection, name, role, real())
        click.echo(
            f"{name} may sign in as {role}." if fresh else f"{name} may sign in already; the role is now {role}."
        )
        click.echo(store.link(connection, name, _pages(settings), real()))


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def list_users(settings: Settings, as_json: bool) -> None:
    """Show who may sign in."""
    with _store(settings) as connection:
        known = store.active(connection)
    if as_json:
        click.echo(json.dumps([{"name": u.name, "role": u.role, "added_at": u.added_at} for u in known]))
    elif not known:
        click.echo("Nobody may sign in yet. Add somebody: tracker users add NAME")
    for user in known if not as_json else []:
        click.echo(f"{user.name:<24} {user.role:<8} since {user.added_at[:10]}")


@users.command()
@click.argument("name")
@click.pass_obj
def remove(settings: Settings, name: str) -> None:
    """Shut NAME out at once. Their reviews stay."""
    with _store(settings) as connection:
        if not store.remove(connection, name, real()):
            raise click.ClickException(f"nobody called {name} may sign in; see: tracker users list")
    click.echo(f"{name} may no longer sign in.")


@users.command()
@click.argument("name", required=False)
@click.pass_obj
def link(settings: Settings, name: str | None) -> None:
    """Print a fresh link that signs NAME in once, within a day. Without NAME: the first analyst."""
    with _store(settings) as connection:
        known = name or store.first_analyst(connection, real())
        try:
            click.echo(store.link(connection, known, _pages(settings), real()))
        except LookupError:
            raise click.ClickException(_nobody(known)) from None


@users.command()
@click.argument("name")
@click.pass_obj
def token(settings: Settings, name: str) -> None:
    """Print a token with which a script may read as NAME (Authorization: Bearer TOKEN)."""
    with _store(settings) as connection:
        try:
            click.echo(store.api_token(connection, name, real()))
        except LookupError:
            raise click.ClickException(_nobody(name)) from None


@users.command()
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take the password away; links still sign in.")
@click.pass_obj
def password(settings: Settings, name: str, remove: bool) -> None:
    """Set the password with which NAME may sign in beside links; asks for it, or reads a line of standard input."""
    with _store(settings) as connection:
        if remove:
            if not passwords.forget(connection, name):
                raise click.ClickException(f"{name} has no password")
            click.echo(f"{name} signs in by link alone.")
            return
        if store.find(connection, name) is None:
            raise click.ClickException(_nobody(name))
        chosen = click.prompt("Password", hide_input=True, confirmation_prompt=sys.stdin.isatty(), err=True)
        if not passwords.SHORTEST <= len(chosen) <= passwords.LONGEST:
            raise click.ClickException(
                f"a password has {passwords.SHORTEST} to {passwords.LONGEST} characters; some words in a row do"
            )
        passwords.keep(connection, name, passwords.hashed(chosen), real())
    click.echo(f"{name} may sign in with this password.")


def _pages(settings: Settings) -> str:
    """Where people reach the pages: as configured, else where they are served now."""
    configured = settings.base_url != Settings().base_url
    return settings.base_url if configured else served.address(settings.db) or settings.base_url


def _nobody(name: str) -> str:
    return f"nobody called {name} may sign in; add them: tracker users add {name}"
