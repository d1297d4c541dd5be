"""`kill -9` of the daemon at any moment while it sweeps over real documents: nothing lost, nothing double.

Each document is served in two editions, the first without its last entry, so that a life of the daemon may die while
everything is new or while a little is.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import random
import re
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.feeds.server import Request, Site, reply, running
from tests.test_daemon import PATIENCE, service
from tracker import clock as clocks
from tracker import settings as settings_file
from tracker.pipeline import poll_once
from tracker.settings import Settings

CODEBOOK = """\
version: "1"
indicators:
  - {id: common, title: Common words, group: driver, direction: toward, query: the OR and OR в OR 的}
"""
DAYS = ("2026-11-20T06:00:00Z", "2026-11-23T06:00:00Z")
SIZE_LIMIT = 60_000
LAST_ENTRY = re.compile(rb"<(item|entry)[\s>](?:(?!<\1[\s>]).)*?</\1\s*>(?!.*<\1[\s>])", re.DOTALL)

Kept = dict[str, Counter[tuple[str, str, str, int]]]
"""Feed -> (guid, canonical link, hash of the text, hits) of its items."""


@dataclass
class Newsstand:
    """Serves documents by number, in the edition of the day, with validators."""

    site: Site
    bodies: list[tuple[bytes, bytes]]
    edition: int = 0

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        body = self.bodies[int(request.path[1:])][self.edition]
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Content-Type": "application/xml"}
        if request.headers.get("if-none-match") == tag:
            await reply(writer, 304, headers)
        else:
            await reply(writer, 200, headers, body)

    def wait_for_requests(self, count: int) -> None:
        """Block until that many requests came in since the newsstand was opened."""
        with self.site.arrived:
            came = self.site.arrived.wait_for(lambda: len(self.site.log) >= count, 4 * PATIENCE)
        assert came, "the daemon asked for less than it should"


@contextlib.contextmanager
def newsstand(count: int, seed: int) -> Iterator[Newsstand]:
    files = sorted(path for path in (SHARED / "feeds/docs").iterdir() if path.stat().st_size < SIZE_LIMIT)
    documents = [path.read_bytes() for path in random.Random(seed).sample(files, min(count, len(files)))]
    with running() as site:
        stand = Newsstand(site, [(_without_last_entry(document), document) for document in documents])
        for number in range(len(documents)):
            site.on(f"/{number}", stand.answer)
        yield stand


def _without_last_entry(document: bytes) -> bytes:
    last = LAST_ENTRY.search(document)
    return document[: last.start()] + document[last.end() :] if last else document + b"<!-- first edition -->"


def make_desk(folder: Path, stand: Newsstand) -> Settings:
    folder.mkdir()
    (folder / "indicators.yaml").write_text(CODEBOOK)
    rows = "".join(f"  - {{id: f{n}, url: '{stand.site.url(f'/{n}')}'}}\n" for n in range(len(stand.bodies)))
    (folder / "feeds.yaml").write_text(f"feeds:\n{rows}")
    (folder / "tracker.toml").write_text(
        'db = "tracker.db"\nfeeds = "feeds.yaml"\nallow_networks = ["127.0.0.0/8"]\nhost_interval = 0\n'
        "tick = 0.1\nconcurrency = 8\n"
    )
    return replace(
        settings_file.load({}, indicators=folder / "indicators.yaml"),
        db=folder / "tracker.db",
        feeds=folder / "feeds.yaml",
        allow_networks=(ipaddress.ip_network("127.0.0.0/8"),),
    )


def kept(database: Path) -> tuple[Kept, dict[str, str]]:
    """What is stored, feed by feed, and each feed's validator. Asserts that the file is sound."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        rows = connection.execute(
            """select feed_id, guid, canonical_url, content_hash,
                      (select count(*) from hits where hits.item_id = items.id) from items"""
        ).fetchall()
        tags = dict(connection.execute("select id, etag from feeds where body_hash != ''").fetchall())
        homeless = connection.execute("select count(*) from items where story_id is null").fetchone()
        assert homeless == (0,)
    found: Kept = {}
    for feed, *item in rows:
        found.setdefault(feed, Counter())[tuple(item)] += 1
    return found, tags


def undisturbed(folder: Path, stand: Newsstand) -> list[tuple[Kept, dict[str, str]]]:
    """What a tracker that nobody kills keeps of each edition."""
    settings = make_desk(folder, stand)
    found = []
    for edition, day in enumerate(DAYS):
        stand.edition = edition
        moment = clocks.parse_iso(day)
        asyncio.run(poll_once(settings, lambda moment=moment: moment, everything=True))
        found.append(kept(settings.db))
    assert sum(sum(items.values()) for items in found[1][0].values()) > len(stand.bodies)
    return found


def due(database: Path, day: str) -> int:
    """How many feeds a daemon that starts now will ask."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("select count(*) from feeds where next_due_at <= ?", (day,)).fetchone()[0])


def live_and_die(desk: Path, stand: Newsstand, requests: int, delay: float) -> None:
    """Start a daemon and kill it ``delay`` seconds after its so many-th request."""
    before = len(stand.site.log)  # a busy machine may let the daemon ask before it is looked at
    with service(desk) as life:
        stand.wait_for_requests(before + requests)
        # The moment of death must be any moment, not one that an event announces.
        with contextlib.suppress(subprocess.TimeoutExpired):
            life.process.wait(delay)
        life.process.kill()


def finish(desk: Path) -> None:
    """Let a daemon finish what is due, and end it."""
    with service(desk) as life:
        life.until("swept", 4 * PATIENCE)
        assert life.stop() == 0


def assert_sound(database: Path, wanted: list[tuple[Kept, dict[str, str]]]) -> None:
    """Every feed holds exactly the edition that its validator names; nothing where it has none."""
    items, tags = kept(database)
    for feed in wanted[0][1] | items:
        edition = next((known for known, known_tags in wanted if tags.get(feed) == known_tags.get(feed)), {})
        assert items.get(feed, Counter()) == (edition.get(feed, Counter()) if feed in tags else Counter()), feed


def kill_often(folder: Path, kills: int, documents: int, seed: int) -> None:
    chance = random.Random(seed)
    with newsstand(documents, seed) as stand:
        wanted = undisturbed(folder / "undisturbed", stand)
        desk = folder / "desk"
        settings = make_desk(desk, stand)
        for edition, day in enumerate(DAYS):
            stand.edition = edition
            (desk / "clock").write_text(day)
            for _ in range(kills // len(DAYS)):
                left = due(settings.db, day) if settings.db.exists() else documents
                requests = chance.randint(min(1, left), min(3 * documents // kills, left))
                live_and_die(desk, stand, requests, chance.uniform(0, 0.15))
                assert_sound(settings.db, wanted[: edition + 1])
            if due(settings.db, day):
                finish(desk)
            assert kept(settings.db) == wanted[edition]


def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    kill_often(tmp_path, kills=20, documents=160, seed=20261120)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path, seed: int) -> None:
    kill_often(tmp_path, kills=40, documents=320, seed=seed)
