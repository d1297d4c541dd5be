"""The demo wire: one loopback feed per invented outlet, and a page for every item."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from tracker.clock import Clock, real
from tracker.demo import formats, pages, stories
from tracker.demo.loopback import Answer, Loopback
from tracker.demo.stories import NOTICE, DemoItem, Outlet
from tracker.model import Feed

NEWEST = 80
"""How many items a feed shows at most."""

POLL_EVERY = 60
"""Seconds between checks that the demo's catalogue asks for, so that held-back items are soon seen."""

_HTML = "text/html; charset=utf-8"
_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


class DemoWire:
    """Serves the demonstration's feeds and pages.

    ``today`` (aware) is what the items' ages count from: the start of the demonstration. ``clock`` tells the present
    (aware); an item is seen from its publication on, so those dated after ``today`` arrive while the demo runs.
    """

    def __init__(self, today: datetime, clock: Clock = real, port: int = 0) -> None:
        self._clock = clock
        self._items = stories.items(today)
        self._by_id = {item.id: item for item in self._items}
        self._outlets = {outlet.id: outlet for outlet in stories.outlets()}
        self._server = Loopback(self._answer, port)
        self._base = ""

    async def start(self) -> str:
        """Begin to serve on 127.0.0.1; returns the base URL. OSError when the port is taken."""
        self._base = await self._server.start()
        return self._base

    async def stop(self) -> None:
        """Stop serving and close every connection."""
        await self._server.stop()

    def feeds(self, base_url: str) -> tuple[Feed, ...]:
        """One feed per outlet, those that fail included."""
        return feeds(base_url)

    def published(self, outlet_id: str) -> tuple[DemoItem, ...]:
        """The items that the outlet's feed shows now, newest first."""
        now = self._clock()
        return tuple(i for i in self._items if i.outlet == outlet_id and i.published_at <= now)[:NEWEST]

    def _answer(self, path: str) -> Answer:
        kind, _, name = path.removeprefix("/").partition("/")
        if kind == "feed" and name in self._outlets:
            return self._feed(self._outlets[name])
        item = self._by_id.get(name) if kind == "story" else None
        if item is not None and item.published_at <= self._clock():
            return Answer(pages.article(item, self._outlets[item.outlet]), _HTML, headers=_PAGE_HEADERS)
        if path == "/":
            newest = [i for i in self._items if i.published_at <= self._clock()][:NEWEST]
            return Answer(pages.front(self._outlets.values(), newest), _HTML, headers=_PAGE_HEADERS)
        return Answer(pages.message("There is no such page."), _HTML, 404, headers=_PAGE_HEADERS)

    def _feed(self, outlet: Outlet) -> Answer:
        if outlet.fault:
            return Answer(pages.message("The server of this outlet is down."), _HTML, outlet.fault)
        shown = self.published(outlet.id)
        body = formats.render(outlet, shown, f"{self._base}/", lambda item: f"{self._base}/story/{item.id}")
        modified = shown[0].published_at if shown else None
        return Answer(body, formats.MEDIA_TYPES[outlet.format], modified=modified)


def feeds(base_url: str) -> tuple[Feed, ...]:
    """The catalogue of the wire at ``base_url``."""
    return tuple(
        Feed(
            id=outlet.id,
            url=f"{base_url}/feed/{outlet.id}",
            title=outlet.title,
            publisher=outlet.publisher,
            owner=outlet.owner,
            language=outlet.language,
            kind=outlet.kind,
            country=outlet.country,
            implies=outlet.implies,
            interval=POLL_EVERY,
        )
        for outlet in stories.outlets()
    )


def write_catalogue(path: Path, base_url: str) -> None:
    """Write the wire's feeds as a feeds.yaml. Folders above ``path`` must exist."""
    rows = [_declared(feed) for feed in feeds(base_url)]
    text = yaml.safe_dump({"feeds": rows}, allow_unicode=True, sort_keys=False, width=120)
    path.write_text(f"# {NOTICE}\n{text}", encoding="utf-8")


def _declared(feed: Feed) -> dict[str, Any]:
    keys = ("id", "url", "title", "publisher", "owner", "language", "kind", "country", "interval")
    row: dict[str, Any] = {key: getattr(feed, key) for key in keys if getattr(feed, key)}
    return row | ({"implies": list(feed.implies)} if feed.implies else {})
