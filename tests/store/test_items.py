from __future__ import annotations

import sqlite3

import pytest

from tests.store.conftest import NOW, identified
from tracker.store import items
from tracker.store.connect import split_cjk, writing

LATER = "2026-02-03T12:00:00Z"


def keep(db: sqlite3.Connection, *found: items.Identified, feed: str = "harbour", now: str = NOW) -> list[items.Stored]:
    with writing(db):
        stored = items.store(db, feed, found, now)
        items.index(db, [s.id for s in stored])
    return stored


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("select count(*) from items").fetchone()[0])


def found_by(db: sqlite3.Connection, words: str) -> list[int]:
    rows = db.execute("select rowid from items_fts where items_fts match ? order by rowid", (split_cjk(words),))
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    "again",
    [
        identified(guid="g1", url="https://x.example/1"),
        identified(guid="made anew at every poll", url="https://x.example/1"),
    ],
    ids=["same guid", "new guid on the same link and text"],
)
def test_an_item_seen_again_is_not_stored_twice(db: sqlite3.Connection, again: items.Identified) -> None:
    keep(db, identified(guid="g1", url="https://x.example/1"))
    assert keep(db, again, now=LATER) == []
    assert count(db) == 1


def test_without_guid_the_link_is_the_identity_and_without_both_the_content(db: sqlite3.Connection) -> None:
    keep(db, identified(url="https://x.example/1", title="Old"), identified(title="Bare"))
    stored = keep(db, identified(url="https://x.example/1", title="New"), identified(title="Bare"))
    assert [(s.changed, s.identified.item.title) for s in stored] == [(True, "New")]
    assert count(db) == 2


def test_a_changed_item_keeps_its_history_and_its_day_and_is_found_by_its_new_words_only(
    db: sqlite3.Connection,
) -> None:
    (first,) = keep(db, identified(guid="g", title="Tanks arrive", summary="中俄 演习"))
    (second,) = keep(db, identified(guid="g", title="Lorries arrive"), now=LATER)
    assert (second.id, second.changed, second.day) == (first.id, True, first.day)
    assert [tuple(r) for r in db.execute("select title, replaced_at from item_versions")] == [("Tanks arrive", LATER)]
    assert found_by(db, "lorries") == [first.id]
    assert found_by(db, "tanks") == []


def test_guids_and_links_that_a_document_repeats_for_different_texts_are_no_identity(db: sqlite3.Connection) -> None:
    document = [identified(guid="site", url="https://x.example/", title=f"Story {n}") for n in range(3)]
    assert len(keep(db, *document)) == 3
    assert keep(db, *document, now=LATER) == []
    assert count(db) == 3


def test_the_same_guid_in_two_feeds_is_two_items(db: sqlite3.Connection) -> None:
    keep(db, identified(guid="1"))
    keep(db, identified(guid="1"), feed="steppe")
    assert count(db) == 2


def test_the_oldest_entry_of_a_document_is_stored_first(db: sqlite3.Connection) -> None:
    stored = keep(db, identified(guid="newest", title="b"), identified(guid="oldest", title="a"))
    assert [s.identified.item.guid for s in stored] == ["oldest", "newest"]


def test_two_character_chinese_words_are_found(db: sqlite3.Connection) -> None:
    (stored,) = keep(db, identified(guid="zh", title="两国海军举行联合演习"))
    assert found_by(db, '"演习"') == [stored.id]
    assert found_by(db, '"习演"') == []


def test_an_item_without_date_gets_the_day_it_was_fetched_and_is_marked(db: sqlite3.Connection) -> None:
    undated = identified(guid="u")
    undated = items.Identified(items.replace(undated.item, published_at=None), "", "h")
    keep(db, undated)
    assert tuple(db.execute("select day, date_doubtful from items").fetchone()) == (NOW[:10], 1)


def test_versions_do_not_grow_without_end(db: sqlite3.Connection) -> None:
    for n in range(items.VERSIONS_KEPT + 15):
        keep(db, identified(guid="ticker", title=f"Price {n}"))
    assert db.execute("select count(*) from item_versions").fetchone()[0] == items.VERSIONS_KEPT
