"""A real database with an invented codebook and a way to let invented news arrive."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracker.clock import iso
from tracker.model import Evidence as Span
from tracker.model import Feed, Indicator, Item, Match
from tracker.settings import Settings
from tracker.store import codebooks, feeds, hits, items, stories, subscribers
from tracker.store.connect import writing
from tracker.store.items import Identified
from tracker.store.migrations import open_store
from tracker.store.subscribers import Subscription, Wishes

NOW = datetime(2026, 2, 3, 6, 0, tzinfo=UTC)
FEEDS = (
    Feed("harbour", "http://127.0.0.1/harbour.xml", publisher="Harbour Post", language="en"),
    Feed("steppe", "http://127.0.0.1/steppe.xml", publisher="Степной вестник", language="ru"),
    Feed("river", "http://127.0.0.1/river.xml", publisher="江河日报", language="zh"),
    Feed("lantern", "http://127.0.0.1/lantern.xml", publisher="The Lantern", language="en"),
)
INDICATORS = (
    Indicator("curbs", "Curbs on machine tools", "driver", "toward", "curb*"),
    Indicator("arms", "Arms transfers", "cooperation", "toward", "weapon*"),
    Indicator("doubt", "Doubts are voiced", "barrier", "away", "doubt*"),
)


@dataclass
class Desk:
    """The store with shorthand for what happens to it."""

    connection: sqlite3.Connection
    path: Path
    arrived: int = field(default=0)

    def arrive(
        self,
        title: str = "Weapons for the island",
        *,
        indicators: tuple[str, ...] = ("arms",),
        terms: tuple[str, ...] = (),
        summary: str = "",
        at: datetime = NOW,
        published: datetime | None = None,
        score: float = 0.6,
        feed: str = "harbour",
        language: str = "en",
        url: str = "",
        story: int | None = None,
    ) -> int:
        """An item arrives that hits ``indicators`` on ``terms``; returns the id of its first hit."""
        self.arrived += 1
        link = url or f"https://{feed}.example/news/{self.arrived}"
        published_at = iso(published or at - timedelta(hours=1))
        item = Item(f"guid-{self.arrived}", link, title, summary, language=language, published_at=published_at)
        evidence = tuple(spans({"title": title, "summary": summary}, terms))
        with writing(self.connection):
            stored = items.store(self.connection, feed, [Identified(item, link, f"hash-{self.arrived}")], iso(at))[0]
            if story is None:
                stories.new(self.connection, stored.id, stored.day)
            else:
                stories.join(self.connection, story, stored.id)
            found = [Match(indicator, score, evidence) for indicator in indicators]
            hits.add(self.connection, stored.id, found, codebook_id=1, content_hash=f"hash-{self.arrived}", now=iso(at))
        row = self.connection.execute("select min(id) from hits where item_id = ?", (stored.id,)).fetchone()
        return int(row[0])

    def story_of(self, hit: int) -> int:
        """The story that a hit belongs to."""
        row = self.connection.execute("select story_id from hits where id = ?", (hit,)).fetchone()
        return int(row[0])

    def judge(self, hit: int, verdict: str, at: datetime = NOW) -> None:
        """An analyst gives a verdict."""
        with writing(self.connection):
            self.connection.execute(
                "insert into reviews (hit_id, verdict, reviewer, at, previous_status) values (?, ?, 'ann', ?, 'new')",
                (hit, verdict, iso(at)),
            )
            self.connection.execute("update hits set status = ? where id = ?", (verdict, hit))

    def subscribe(
        self, address: str = "reader@example.org", *, digest: str = "daily", at: datetime = NOW, **wishes: object
    ) -> Subscription:
        """Somebody subscribes, to hear of what arrives from that moment on."""
        timezone = str(wishes.pop("timezone", ""))
        name = str(wishes.pop("name", ""))
        subscribers.add(
            self.connection, address, digest, name=name, timezone=timezone,  # type: ignore[arg-type]
            wishes=Wishes(**wishes), since=iso(at), now=iso(at),  # type: ignore[arg-type]
        )  # fmt: skip
        return self.subscription(address, digest)

    def subscription(self, address: str = "reader@example.org", digest: str = "daily") -> Subscription:
        """The subscription as it stands now."""
        return subscribers.subscriptions(self.connection, digest, address, active_only=False)[0]

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """What a query finds, as plain tuples."""
        return [tuple(row) for row in self.connection.execute(sql, values)]


def spans(texts: dict[str, str], terms: tuple[str, ...]) -> Iterator[Span]:
    """Evidence for the first occurrence of each term in each text."""
    for name, text in texts.items():
        for term in terms:
            start = text.find(term)
            if start >= 0:
                yield Span(name, start, start + len(term), term, term.lower())  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "tracker.db"
    connection = open_store(path)
    feeds.sync_catalogue(connection, FEEDS, iso(NOW))
    codebooks.put_in_force(
        connection, digest="one", version="1", title="t", source="s", text=json.dumps("…"), indicators=INDICATORS,
        now=iso(NOW),
    )  # fmt: skip
    yield Desk(connection, path)
    connection.close()


@pytest.fixture
def settings(desk: Desk) -> Settings:
    return Settings(db=desk.path, mail_from="tracker@news.example.org", base_url="http://127.0.0.1:8001")
