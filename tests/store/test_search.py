"""Search in three scripts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.review import sample
from tracker.store.migrations import open_store
from tracker.store.search import search, wanted


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = open_store(Path(tmp_path_factory.mktemp("search")) / "tracker.db")
    sample.fill(connection)
    yield connection
    connection.close()


def titles(db: sqlite3.Connection, typed: str, **narrow: object) -> list[str]:
    return [row["title"] for row in search(db, wanted(typed), **narrow).items]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "number", "part"),
    [
        ("shells", 2, "Freighter"),
        ("SHELLS dockers", 2, "Freighter"),
        ('"forty crates"', 2, "Freighter"),
        ('"crates forty"', 0, ""),
        ("учения", 1, "полигоне"),
        ("Учения", 1, "полигоне"),
        ("учени*", 1, "полигоне"),
        ("учени", 0, ""),
        ("演习", 1, "两国海军"),
        ("普京", 1, "两国海军"),
        ("弹", 1, "两国海军"),
        ("习演", 0, ""),
        ("演习 炮弹", 1, "两国海军"),
        ("shells 演习", 0, ""),
    ],
)
def test_words_are_found_in_every_script(db: sqlite3.Connection, typed: str, number: int, part: str) -> None:
    found = titles(db, typed)
    assert len(found) == number
    assert all(part in title for title in found)


def test_narrowing_by_language_and_hits(db: sqlite3.Connection) -> None:
    assert titles(db, "sanctions", language="en") == ["New sanctions hit a shipping line"]
    assert titles(db, "sanctions", language="ru") == []
    assert titles(db, "shells", with_hits=True) == titles(db, "shells")


def test_matches_are_counted_under_the_same_narrowing(db: sqlite3.Connection) -> None:
    assert search(db, wanted("sanctions"), language="ru").matches == 0
    assert search(db, wanted("sanctions"), language="en", with_hits=True).matches == 1


def test_results_come_with_their_hits_and_in_pages(db: sqlite3.Connection) -> None:
    first = search(db, wanted("shells"), limit=1)
    assert (len(first.items), first.more, first.matches) == (1, True, 2)
    rest = search(db, wanted("shells"), limit=1, before=first.items[0]["id"])
    assert (len(rest.items), rest.more) == (1, False)
    assert {hit["indicator_id"] for hit in rest.hits[rest.items[0]["id"]]} == {"arms-transfer", "joint-drill"}


@given(st.text(max_size=60))
def test_nothing_that_anybody_types_breaks_it(db: sqlite3.Connection, typed: str) -> None:
    found = search(db, wanted(typed))
    assert len(found.items) <= 30


@pytest.mark.parametrize("typed", ["", "   ", '"', '""', "***", "!?", "AND", "title:x", "NEAR(a b)", "a\x00b"])
def test_syntax_of_fts_means_nothing_here(db: sqlite3.Connection, typed: str) -> None:
    assert search(db, wanted(typed)).items == []
