"""`tracker up`, `tracker daemon`, `tracker serve`: the services, together or alone."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import asdict

import click

from tracker import clock, logs
from tracker.model import ConfigError
from tracker.settings import Settings

_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve the pages on.")
_port = click.option(
    "--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="Port of the pages."
)


@click.command()
@click.option("--demo", is_flag=True, help="Run the offline demonstration in db/demo/ on a news wire of its own.")
@_host
@_port
@click.pass_obj
def up(settings: Settings, demo: bool, host: str, port: int) -> None:
    """Run the daemon and the review pages together; Ctrl-C stops both."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the service listens, a reload has nothing to reload
    if demo:
        from tracker.demo import run

        logs.configure(quiet=True)
        asyncio.run(run.run(settings, host, port, click.echo))
        return
    from tracker import daemon as service

    logs.configure()
    asyncio.run(service.up(settings, clock.open_clock(settings.clock), host, port, _say_where))


@click.command()
@click.pass_obj
def daemon(settings: Settings) -> None:
    """Poll, match and mail in the background; SIGTERM stops it, SIGHUP takes codebook and feeds anew."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the service listens, a reload has nothing to reload
    from tracker.daemon import Daemon

    logs.configure()

    async def work() -> None:
        await Daemon(settings, clock.open_clock(settings.clock)).run()

    asyncio.run(work())


@click.command()
@_host
@_port
@click.option("--for-parent", is_flag=True, hidden=True, help="Tell the parent where, and end with it.")
@click.pass_obj
def serve(settings: Settings, host: str, port: int, for_parent: bool) -> None:
    """Serve the review pages (Datasette) alone."""
    from tracker.review import serve as pages

    logs.configure(quiet=for_parent)

    def ready(url: str, sign_in: str) -> None:
        if for_parent:
            click.echo(json.dumps({"url": url, "sign_in": sign_in}))
            sys.stdout.flush()
        else:
            _say_where(url, sign_in)

    async def work() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if for_parent:
            # The parent holds the other end of our standard input; it closes when the parent ends, however that is.
            await loop.connect_read_pipe(lambda: _Parent(stop), sys.stdin)
        await pages.serve(settings, host, port, ready, stop=stop)

    try:
        asyncio.run(work())
    except ConfigError as error:
        if not for_parent:
            raise
        # Said once, by the parent.
        click.echo(json.dumps({"problems": [asdict(problem) for problem in error.problems]}))
        sys.exit(1)


class _Parent(asyncio.Protocol):
    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop.set()


def _say_where(url: str, sign_in: str) -> None:
    click.echo(f"Review pages: {url}")
    if sys.stdout.isatty():
        click.echo(f"Sign in once with: {sign_in}")
    else:
        click.echo("For a sign-in link run: tracker users link")
