"""A desk on a real file: over httpx in process, or over loopback with chromium."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.review import sample
from tracker.clock import real
from tracker.review import serve
from tracker.settings import Settings
from tracker.store import users
from tracker.store.connect import connect
from tracker.store.migrations import open_store

CHROMIUM = Path("/usr/bin/chromium")
BASE = "http://127.0.0.1:8001"
LAUNCH = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a desk whose clock stands at sample.NOW."""
    clock = tmp_path / "clock"
    clock.write_text(sample.STAMP)
    return Settings(db=tmp_path / "tracker.db", indicators=tmp_path / "indicators.yaml", clock=str(clock))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as a closed file, made once."""
    path = tmp_path_factory.mktemp("sample") / "tracker.db"
    connection = open_store(path)
    sample.fill(connection)
    users.add(connection, "ann", "analyst", real())
    users.add(connection, "bob", "analyst", real())
    users.add(connection, "rea", "reader", real())
    connection.close()
    return path


@pytest.fixture
def db(settings: Settings, filled: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of the sample of the test's own."""
    shutil.copy(filled, settings.db)
    connection = connect(settings.db)
    yield connection
    connection.close()


@dataclass
class Visitor:
    """Somebody with a browser's cookies; forms are posted with the token that the page gave."""

    client: httpx.AsyncClient

    async def get(self, path: str, **named: Any) -> httpx.Response:
        return await self.client.get(path, **named)

    async def post(self, path: str, fields: dict[str, Any] | None = None, **named: Any) -> httpx.Response:
        token = self.client.cookies.get("ds_csrftoken")
        if token is None:
            await self.client.get("/-/tracker/queue")
            token = self.client.cookies.get("ds_csrftoken", "")
        return await self.client.post(path, data={"csrftoken": token, **(fields or {})}, **named)


@dataclass
class Desk:
    """The application in process, and how to come to it."""

    datasette: Any
    db: sqlite3.Connection

    def visitor(self) -> Visitor:
        transport = httpx.ASGITransport(self.datasette.app())
        return Visitor(httpx.AsyncClient(transport=transport, base_url=BASE))

    async def signed_in(self, name: str) -> Visitor:
        visitor = self.visitor()
        answer = await visitor.get(users.link(self.db, name, BASE, real()))
        assert answer.status_code == 303
        return visitor


@pytest.fixture
async def desk(settings: Settings, db: sqlite3.Connection) -> AsyncIterator[Desk]:
    datasette = serve.build(settings)
    yield Desk(datasette, db)
    serve.close(datasette)


@pytest.fixture
async def ann(desk: Desk) -> Visitor:
    return await desk.signed_in("ann")


def hidden(page: str) -> dict[str, list[str]]:
    """The hidden fields of a page's verdict form."""
    form = page[page.index('class="verdicts"') :]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    return found


@pytest.fixture
def address(settings: Settings, db: sqlite3.Connection) -> Iterator[str]:
    """The desk served over loopback by a thread of its own."""
    listening = threading.Event()
    found: list[str] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def ready(where: str, sign_in: str) -> None:
        found.append(where)
        listening.set()

    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve.serve(settings, port=0, ready=ready, stop=stop))
    )
    thread.start()
    assert listening.wait(20)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    assert not thread.is_alive()
    loop.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser. Its absence is said loudly; CI fails on it.

    It lives as long as one module: Playwright's loop must be gone before a test of another runs a loop of its own.
    """
    if not CHROMIUM.exists():
        pytest.skip("NO CHROMIUM: browser tests were NOT run; install chromium (CI does)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=LAUNCH)
        yield browser
        browser.close()
