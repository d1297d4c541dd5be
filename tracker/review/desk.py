"""What every page needs at hand: settings, clock, one patient writer, and readers of the database."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tracker.clock import Clock, iso
from tracker.review.attempts import Attempts
from tracker.review.counted import Counts
from tracker.review.near_misses import NearMisses
from tracker.settings import Settings
from tracker.store.connect import BUSY_SECONDS, connect

DATABASE = "tracker"
"""Name of our database in Datasette's addresses, whatever the file is called."""
HURRIED_MS = 300
READ_AT_ONCE = 2
SECRET_TABLES = ("tokens", "secrets", "passwords")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

T = TypeVar("T")
_own_code = threading.local()


@dataclass(slots=True)
class Desk:
    """One running review server. ``hosts`` are the names (no ports) that requests may address it by."""

    settings: Settings
    clock: Clock
    hosts: frozenset[str] = LOOPBACK
    near_misses: NearMisses = field(init=False)
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READ_AT_ONCE))
    """Pages that are only read take turns, so that a verdict never waits for more than a few of them."""
    checking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """Passwords are checked one at a time: each costs a processor some tenths of a second."""
    attempts: Attempts = field(default_factory=Attempts)
    counts: Counts = field(default_factory=Counts)
    changes: int = 0
    """How often something was written here that counts (leases do not)."""
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "review-writer"))
    _connection: sqlite3.Connection | None = None

    def __post_init__(self) -> None:
        self.near_misses = NearMisses(self.settings)

    async def write(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Run ``function(connection, ...)`` on the one writing connection; waits while others hold the lock."""
        try:
            return await self._on_writer(function, *arguments, **named)
        finally:
            self.changes += 1

    async def _on_writer(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        def work() -> T:
            if self._connection is None:
                self._connection = connect(self.settings.db)
            return function(self._connection, *arguments, **named)

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def write_if_free(self, function: Callable[..., T], *arguments: Any) -> T | None:
        """Like ``write``, but None where somebody else keeps the lock: for what a reader must not wait for."""

        def hurried(connection: sqlite3.Connection) -> T | None:
            connection.execute(f"pragma busy_timeout = {HURRIED_MS}")
            try:
                return function(connection, *arguments)
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    return None
                raise
            finally:
                connection.execute(f"pragma busy_timeout = {int(BUSY_SECONDS * 1000)}")

        return await self._on_writer(hurried)

    async def now(self) -> datetime:
        """The injected clock's time; asked in a thread where it may take a while."""
        if self.settings.clock:
            return await asyncio.to_thread(self.clock)
        return self.clock()

    async def stamp(self) -> str:
        """``now`` as our tables write it."""
        return iso(await self.now())

    @property
    def secure(self) -> bool:
        """Whether people reach us over https, so that cookies may insist on it."""
        return self.settings.base_url.startswith("https://")

    def close(self) -> None:
        """Finish writing and let go of the file."""
        self.near_misses.close()
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def desk_of(datasette: Any) -> Desk | None:
    """The desk of a Datasette that we built; None for anybody else's, which this plugin leaves alone."""
    return getattr(datasette, "desk", None)


async def read(datasette: Any, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Run ``function(connection, ...)`` on one of Datasette's read-only connections, in its thread."""

    def work(connection: sqlite3.Connection) -> T:
        _own_code.runs = True
        try:
            return function(connection, *arguments, **named)
        finally:
            _own_code.runs = False

    result: T = await datasette.get_database(DATABASE).execute_fn(work)
    return result


def keep_secrets(connection: sqlite3.Connection) -> None:
    """Let nobody's SQL but our own read the tables of tokens and secrets over this connection."""

    def authorise(action: int, table: str | None, *_: str | None) -> int:
        hidden = action == sqlite3.SQLITE_READ and table in SECRET_TABLES and not getattr(_own_code, "runs", False)
        return sqlite3.SQLITE_DENY if hidden else sqlite3.SQLITE_OK

    connection.set_authorizer(authorise)


def hosts_for(settings: Settings, bound: str = "") -> frozenset[str]:
    """Names that requests may carry in their Host header: loopback, that of base_url, and the address bound to."""
    configured = urlsplit(settings.base_url).hostname or ""
    return LOOPBACK | {name.lower() for name in (configured, bound) if name and name not in ("0.0.0.0", "::")}  # noqa: S104
