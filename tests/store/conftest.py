"""A real database file with two feeds and a small codebook in force."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.model import Feed, Indicator, Item
from tracker.store import codebooks, feeds
from tracker.store.items import Identified
from tracker.store.migrations import open_store

NOW = "2026-02-03T06:00:00Z"
FEEDS = (
    Feed("harbour", "http://127.0.0.1/harbour.xml", publisher="Harbour Post"),
    Feed("steppe", "http://127.0.0.1/steppe.xml", publisher="Steppe Wire", owner="Steppe Group"),
)
INDICATORS = (
    Indicator("arms", "Arms move", "cooperation", "toward", "weapon*"),
    Indicator("doubt", "Doubts are voiced", "barrier", "away", "doubt*"),
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_store(tmp_path / "tracker.db")
    feeds.sync_catalogue(connection, FEEDS, NOW)
    put_in_force(connection, "one", INDICATORS)
    yield connection
    connection.close()


def put_in_force(connection: sqlite3.Connection, digest: str, indicators: tuple[Indicator, ...], now: str = NOW) -> int:
    return codebooks.put_in_force(
        connection, digest=digest, version="1", title="t", source="s", text="…", indicators=indicators, now=now
    )


def identified(
    guid: str = "", url: str = "", title: str = "A title", summary: str = "", content: str = ""
) -> Identified:
    item = Item(guid, url, title, summary, published_at="2026-02-02T10:00:00Z")
    return Identified(item, url, content or f"hash of {title}|{summary}")
