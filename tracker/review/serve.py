"""Datasette with our desk in it: built from Settings, served inside an event loop that may run other things too."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from datasette.app import Datasette
from datasette.plugins import pm

import tracker.review
from tracker.clock import Clock, open_clock
from tracker.model import ConfigError, Problem
from tracker.review.database import VERSION, KeptDatabase
from tracker.review.desk import DATABASE, Desk, hosts_for
from tracker.review.inside import Route, closed
from tracker.review.metadata import metadata
from tracker.review.session import first_link, secret_beside
from tracker.review.warm import warm_up
from tracker.settings import Settings
from tracker.store import served
from tracker.store.migrations import open_store

__all__ = ["build", "close", "first_link", "run", "serve"]

DATASETTE_SETTINGS = {
    "suggest_facets": False,
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 1000,
    "num_sql_threads": 8,
    "default_page_size": 50,
    "max_returned_rows": 2000,
    "truncate_cells_html": 300,
    "allow_download": False,
    "default_cache_ttl": 0,
    "cache_size_kb": 16_000,
}


Ready = Callable[[str, str], None]


class _OurDatasette(Datasette):  # type: ignore[misc]
    """Datasette that knows its desk from the start: hooks run inside its constructor."""

    def __init__(self, desk: Desk, **named: Any) -> None:
        self.desk = desk
        self._allowed: dict[tuple[str, str], list[Any]] = {}
        super().__init__(**named)

    def _table_permission_allows(self, database: str, table: str) -> list[Any]:
        # Datasette merges all metadata anew for each of several questions a page; unless a plugin adds some, ours stay.
        if pm.hook.get_metadata.get_hookimpls():
            return list(super()._table_permission_allows(database, table))
        key = database, table
        if key not in self._allowed:
            self._allowed[key] = super()._table_permission_allows(database, table)
        return self._allowed[key]

    async def _refresh_schemas(self) -> None:
        # Datasette compares with what its internal database holds before every page; what ours holds is enough.
        database = self.get_database(DATABASE)
        known = database.schema_version
        await database.execute(VERSION)
        if database.schema_version != known or not self.internal_db_created:
            await super()._refresh_schemas()

    def _routes(self) -> list[Route]:
        return closed(super()._routes())


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to whoever owns the loop and says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()


def build(settings: Settings, clock: Clock | None = None, *, bound: str = "") -> Datasette:
    """Datasette over settings.db with our pages. ``bound`` is the address it will listen at, if not a loopback one.

    Makes or migrates the database where needed. Raises ConfigError where database, secret or clock cannot be used.
    """
    open_store(settings.db).close()
    if not pm.is_registered(tracker.review):
        pm.register(tracker.review, "tracker")
    desk = Desk(settings, clock or open_clock(settings.clock), hosts_for(settings, bound))
    prefix = urlsplit(settings.base_url).path.strip("/")
    datasette = _OurDatasette(
        desk,
        files=[],
        metadata=metadata(open_reading=settings.open_reading),
        settings={
            **DATASETTE_SETTINGS,
            "base_url": f"/{prefix}/" if prefix else "/",
            "force_https_urls": desk.secure,
        },
        secret=secret_beside(settings.db),
        template_dir=str(tracker.review.__path__[0] + "/plain/templates"),
    )
    datasette._root_token = None
    datasette.remove_database("_memory")
    datasette.add_database(KeptDatabase(datasette, str(settings.db)), name=DATABASE)
    return datasette


def close(datasette: Datasette) -> None:
    """Let go of files and threads of a Datasette that ``build`` made."""
    datasette.desk.close()
    datasette.executor.shutdown()
    for database in datasette.databases.values():
        database.close()


async def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8001,
    ready: Ready = lambda address, sign_in: None,
    *,
    stop: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> None:
    """Serve until ``stop`` is set or the task is cancelled; then answer what is under way (at most 5 s) and close.

    ``ready`` is called once it listens, with the address (``http://127.0.0.1:8001``; port 0 takes a free one) and a
    one-time link that signs the first analyst in.
    Installs no signal handlers. Raises ConfigError where the address is taken or not ours.
    """
    with _listening(host, port) as listener:
        shown = f"http://{_in_url(host)}:{listener.getsockname()[1]}"
        datasette = build(settings, clock, bound=host)
        config = uvicorn.Config(
            datasette.app(),
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=5,
        )

        ending, warming = asyncio.Event(), []

        def listens() -> None:
            served.note(settings.db, shown)
            warming.append(asyncio.create_task(warm_up(datasette, ending)))
            ready(shown, first_link(settings, shown))

        server = _Server(config, listens)
        watcher = asyncio.create_task(_stop_with(server, stop)) if stop else None
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(running)
        finally:
            server.should_exit = True
            ending.set()
            if watcher:
                watcher.cancel()
            await asyncio.gather(running, *warming)
            served.forget(settings.db, shown)
            close(datasette)


def run(
    settings: Settings, host: str = "127.0.0.1", port: int = 8001, ready: Ready = lambda address, sign_in: None
) -> None:
    """``serve`` in a loop of its own until the process is interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(settings, host, port, ready))


async def _stop_with(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


@contextlib.contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket, None, None]:
    if not host.strip():
        message = "is empty; write 127.0.0.1, or 0.0.0.0 to listen on every network of this machine"
        raise ConfigError(Problem("--host", 0, 0, message))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends without Nagle's delay (40 ms a page otherwise).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            problem = Problem(
                f"{_in_url(host)}:{port}", 0, 0, "is taken or not an address of this machine; choose another --port"
            )
            raise ConfigError(problem) from None
        yield listener
    finally:
        listener.close()


def _in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
