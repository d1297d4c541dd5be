from __future__ import annotations

import sqlite3
from dataclasses import replace

from tests.store.conftest import FEEDS, NOW
from tracker.model import CheckResult, FeedHints, Item
from tracker.store import feeds
from tracker.store.connect import writing

SOON, LATER = "2026-02-03T06:30:00Z", "2026-02-03T07:00:00Z"
NEW = CheckResult("harbour", NOW, "new", 200, (), etag='"1"', last_modified="Mon", body_hash="b", title="Harbour")


def check(db: sqlite3.Connection, result: CheckResult, next_due_at: str = LATER) -> None:
    before = next(s for s in feeds.due(db, FEEDS, NOW, everything=True) if s.feed.id == result.feed_id)
    with writing(db):
        feeds.record_check(db, before, result, next_due_at, len(result.items))


def row(db: sqlite3.Connection, feed_id: str = "harbour") -> sqlite3.Row:
    found: sqlite3.Row = db.execute("select * from feeds where id = ?", (feed_id,)).fetchone()
    return found


def due(db: sqlite3.Connection, now: str = NOW) -> list[str]:
    return [s.feed.id for s in feeds.due(db, FEEDS, now)]


def test_new_feeds_are_due_at_once_and_checked_ones_when_planned(db: sqlite3.Connection) -> None:
    assert due(db) == ["harbour", "steppe"]
    check(db, NEW)
    assert due(db) == ["steppe"]
    assert due(db, LATER) == ["steppe", "harbour"]


def test_validators_are_kept_through_a_304_and_replaced_by_a_new_body(db: sqlite3.Connection) -> None:
    check(db, NEW)
    check(db, CheckResult("harbour", SOON, "not_modified", 304))
    assert (row(db)["etag"], row(db)["last_modified"], row(db)["body_hash"]) == ('"1"', "Mon", "b")
    check(db, CheckResult("harbour", SOON, "new", 200, etag="", body_hash="c"))
    assert (row(db)["etag"], row(db)["last_modified"], row(db)["body_hash"]) == ("", "", "c")


def test_a_failure_keeps_validators_and_says_why(db: sqlite3.Connection) -> None:
    check(db, NEW)
    check(db, CheckResult("harbour", SOON, "failed", 500, error="the server had a fault (500)", error_class="http5xx"))
    r = row(db)
    assert (r["status"], r["failures"], r["last_error"], r["etag"]) == (
        "failing",
        1,
        "the server had a fault (500)",
        '"1"',
    )
    check(db, CheckResult("harbour", LATER, "not_modified", 304))
    assert (row(db)["status"], row(db)["failures"], row(db)["last_error"]) == ("active", 0, "")


def test_a_permanent_move_is_followed_when_seen_twice_to_the_same_place(db: sqlite3.Connection) -> None:
    moved = replace(NEW, moved_to="http://127.0.0.1/new.xml")
    check(db, moved)
    assert (row(db)["url"], row(db)["moved_to"]) == (FEEDS[0].url, "http://127.0.0.1/new.xml")
    check(db, replace(NEW, moved_to="http://127.0.0.1/other.xml"))
    assert row(db)["url"] == FEEDS[0].url
    check(db, replace(NEW, moved_to="http://127.0.0.1/other.xml"))
    assert (row(db)["url"], row(db)["moved_to"]) == ("http://127.0.0.1/other.xml", "")


def test_a_throttled_host_rests_with_all_its_feeds(db: sqlite3.Connection) -> None:
    throttled = CheckResult(
        "harbour", NOW, "failed", 429, error="asked to wait", error_class="throttled", hints=FeedHints(retry_after=3600)
    )
    check(db, throttled, LATER)
    assert due(db, SOON) == []
    assert set(due(db, "2026-02-03T07:00:01Z")) == {"harbour", "steppe"}


def test_a_gone_feed_is_asked_no_more(db: sqlite3.Connection) -> None:
    check(db, CheckResult("harbour", NOW, "failed", 410, gone=True, error="gone for good (410)", error_class="http4xx"))
    assert row(db)["status"] == "gone"
    assert [s.feed.id for s in feeds.due(db, FEEDS, "2027-01-01T00:00:00Z", everything=True)] == ["steppe"]


def test_a_feed_declared_at_another_url_starts_afresh_and_a_removed_one_rests_until_it_returns(
    db: sqlite3.Connection,
) -> None:
    check(db, NEW)
    feeds.sync_catalogue(db, (replace(FEEDS[0], url="http://127.0.0.1/2.xml"),), SOON)
    assert (row(db)["url"], row(db)["etag"], row(db)["next_due_at"]) == ("http://127.0.0.1/2.xml", "", "")
    assert row(db, "steppe")["removed_at"] == SOON
    feeds.sync_catalogue(db, FEEDS, LATER)
    assert row(db, "steppe")["removed_at"] == ""


def test_the_state_knows_when_the_feed_last_published(db: sqlite3.Connection) -> None:
    for n in (1, 3, 2):
        db.execute(
            """insert into items (feed_id, guid, published_at, fetched_at, day, content_hash)
               values ('harbour', ?, ?, ?, '2026-02-01', '')""",
            (str(n), f"2026-02-0{n}T00:00:00Z", NOW),
        )
    check(db, replace(NEW, items=(Item("g", "", "t", "", published_at="2026-02-03T01:00:00Z"),)))
    (state,) = [s for s in feeds.due(db, FEEDS, LATER) if s.feed.id == "harbour"]
    assert [t[:10] for t in state.item_times] == ["2026-02-03", "2026-02-02", "2026-02-01"]
    assert state.newest_item_at == "2026-02-03T01:00:00Z"


def memory(db: sqlite3.Connection) -> bytes:
    return next(s.entry_memory for s in feeds.due(db, FEEDS, NOW, everything=True) if s.feed.id == "harbour")


def test_entries_are_remembered_with_the_body_that_held_them_and_forgotten_with_its_address(
    db: sqlite3.Connection,
) -> None:
    check(db, replace(NEW, entry_memory=b"entries of b"))
    check(db, CheckResult("harbour", SOON, "not_modified", 304))
    check(db, CheckResult("harbour", SOON, "unchanged", 200, body_hash="b"))
    assert memory(db) == b"entries of b"
    check(db, CheckResult("harbour", SOON, "failed", 500, error="a fault", error_class="http5xx"))
    assert memory(db) == b"entries of b"
    check(db, replace(NEW, body_hash="c", entry_memory=b""))
    assert memory(db) == b""
    check(db, replace(NEW, body_hash="d", entry_memory=b"entries of d"))
    feeds.sync_catalogue(db, [replace(FEEDS[0], url="http://127.0.0.1/moved.xml"), *FEEDS[1:]], NOW)
    assert memory(db) == b""


def test_a_list_that_says_what_is_stored_writes_nothing_and_a_change_writes_its_feed(db: sqlite3.Connection) -> None:
    before = db.total_changes
    feeds.sync_catalogue(db, FEEDS, SOON)
    assert db.total_changes == before
    feeds.sync_catalogue(db, [replace(FEEDS[0], owner="Another owner"), *FEEDS[1:]], SOON)
    assert db.total_changes == before + 1
    assert row(db, FEEDS[0].id)["owner"] == "Another owner"
    feeds.sync_catalogue(db, FEEDS[1:], SOON)
    feeds.sync_catalogue(db, FEEDS, LATER)
    assert row(db, FEEDS[0].id)["removed_at"] == "", "declared again"
