"""The outbox's promises: all or nothing, one sender, oldest first, and no scan of items or hits."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from tests.store.conftest import NOW, identified
from tracker.model import Match
from tracker.store import digests, hits, items, outbox, stories, subscribers
from tracker.store.connect import writing
from tracker.store.digests import Told, Window
from tracker.store.outbox import Entry, Mail, OvertakenError
from tracker.store.subscribers import Subscription, Wishes

LATER = "2026-02-03T09:00:00Z"


def hit(db: sqlite3.Connection, number: int = 1) -> int:
    with writing(db):
        stored = items.store(db, "harbour", [identified(f"g{number}", f"http://h/{number}", f"Item {number}")], NOW)[0]
        stories.new(db, stored.id, stored.day)
        hits.add(db, stored.id, [Match("arms", 0.5, ())], codebook_id=1, content_hash="x", now=NOW)
    return int(db.execute("select max(id) from hits").fetchone()[0])


def reader(db: sqlite3.Connection, address: str = "reader@example.org") -> Subscription:
    subscribers.add(db, address, "daily", since=NOW, now=NOW)
    return subscribers.subscriptions(db, "daily", address)[0]


def put(db: sqlite3.Connection, to: Subscription, *hit_ids: int, period: str = "2026-02-03") -> int:
    window = Window(to.hits_until, max(hit_ids), to.reviews_until, to.reviews_until, to.since, LATER)
    entries = [Entry(story_of(db, hit_id), hit_id, "new", 1, False) for hit_id in hit_ids]
    mail = Mail(period, "subject", f"<{period}.{to.subscriber_id}@x>", b"message", entries, 0, 0)
    return outbox.put(db, to, window, mail)


def story_of(db: sqlite3.Connection, hit_id: int) -> int:
    return int(db.execute("select story_id from hits where id = ?", (hit_id,)).fetchone()[0])


def counts(db: sqlite3.Connection) -> tuple[int, ...]:
    return tuple(
        db.execute(f"select count(*) from {table}").fetchone()[0] for table in ("digests", "digest_items", "deliveries")
    )


def test_putting_is_all_or_nothing(db: sqlite3.Connection) -> None:
    one, two = hit(db, 1), hit(db, 2)
    to = reader(db)
    db.execute("update hits set status = 'rejected' where id = ?", (two,))
    with pytest.raises(OvertakenError):
        put(db, to, one, two)
    assert counts(db) == (0, 0, 0)
    assert subscribers.subscriptions(db) == [to]
    put(db, to, one)
    assert counts(db) == (1, 1, 1)


def test_a_subscription_that_moved_meanwhile_is_not_told_twice(db: sqlite3.Connection) -> None:
    one = hit(db)
    to = reader(db)
    put(db, to, one)
    with pytest.raises(OvertakenError):
        put(db, to, one, period="another")
    with pytest.raises(OvertakenError):
        outbox.pass_over(db, to, Window(0, 1, 0, 0, NOW, LATER))
    assert counts(db) == (1, 1, 1)


def test_a_period_and_a_story_come_once(db: sqlite3.Connection) -> None:
    one = hit(db)
    put(db, reader(db), one)
    assert outbox.period_is_told(db, 1, "daily", "2026-02-03")
    for again in ({"period": "2026-02-03"}, {"period": "2026-02-04"}):
        with pytest.raises(sqlite3.IntegrityError):
            put(db, subscribers.subscriptions(db)[0], one, **again)
    assert digests.told(db, 1, "daily", [story_of(db, one), 99]) == {story_of(db, one): Told(1, False)}
    assert digests.told(db, 1, "weekly", [story_of(db, one)]) == {}


def test_claims_are_due_oldest_first_and_once(db: sqlite3.Connection) -> None:
    one = hit(db)
    for name in ("a", "b", "c"):
        put(db, reader(db, f"{name}@example.org"), one)
    first = outbox.claim(db, NOW)
    assert first is not None
    assert (first.recipient, first.attempts, first.wanted, first.message) == ("a@example.org", 1, True, b"message")
    outbox.put_off(db, first, "later", "2026-02-03T10:00:00Z")
    second = outbox.claim(db, NOW)
    assert second is not None
    outbox.mark_sent(db, second, NOW)
    outbox.rest(db, LATER)
    assert outbox.claim(db, NOW) is None
    third = outbox.claim(db, LATER)
    assert third is not None
    outbox.mark_failed(db, third, "no", address_refused=True)
    assert [row["state"] for row in outbox.log(db, 10)] == ["failed", "sent", "queued"]
    assert outbox.waiting(db) == 1
    assert outbox.sent_since(db, "2026-02-03T05:00:00Z") == 1
    assert outbox.sent_since(db, NOW) == 0
    assert [row[0] for row in db.execute("select bounces from subscribers order by id")] == [0, 0, 1]


def test_interrupted_sending_goes_on(db: sqlite3.Connection) -> None:
    put(db, reader(db), hit(db))
    assert outbox.claim(db, NOW) is not None
    assert outbox.claim(db, NOW) is None
    assert outbox.requeue_interrupted(db) == 1
    again = outbox.claim(db, NOW)
    assert again is not None
    assert again.attempts == 2


def test_the_right_to_send_is_exclusive_and_ends(db: sqlite3.Connection) -> None:
    with outbox.sole_sender(db), pytest.raises(BlockingIOError), outbox.sole_sender(db):
        pass
    with outbox.sole_sender(db):
        pass


def test_subscribing_again_changes_wishes_and_keeps_what_was_told(db: sqlite3.Connection) -> None:
    put(db, reader(db), hit(db))
    told = subscribers.subscriptions(db)[0]
    subscribers.set_status(db, told.address, "paused")
    wishes = Wishes(groups=("driver",), languages=("ru",), min_score=0.3, confirmed_only=True, time="08:15")
    assert not subscribers.add(db, told.address, "daily", timezone="Asia/Tokyo", wishes=wishes, since=LATER, now=LATER)
    assert subscribers.subscriptions(db) == [replace(told, wishes=wishes, timezone="Asia/Tokyo")]


def test_removing_forgets_an_address_that_no_log_needs(db: sqlite3.Connection) -> None:
    put(db, reader(db), hit(db))
    reader(db, "new@example.org")
    assert subscribers.remove(db, "reader@example.org")
    assert subscribers.remove(db, "new@example.org")
    assert not subscribers.remove(db, "reader@example.org")
    assert not subscribers.set_status(db, "reader@example.org", "active")
    assert [tuple(row) for row in db.execute("select address, status from subscribers")] == [
        ("reader@example.org", "removed")
    ]
    assert subscribers.add(db, "reader@example.org", "daily", since=LATER, now=LATER)


def test_a_secret_is_made_once(db: sqlite3.Connection) -> None:
    assert outbox.secret(db, "mail", "first") == outbox.secret(db, "mail", "second") == "first"


def test_what_recurs_scans_neither_items_nor_hits(db: sqlite3.Connection) -> None:
    seen: list[str] = []
    db.set_trace_callback(seen.append)
    window = Window(1, 2, 1, 2, NOW, LATER)
    digests.arrivals(db, window)
    digests.confirmations(db, window)
    digests.window_of(db, NOW, LATER)
    digests.horizon(db)
    digests.told(db, 1, "daily", [1])
    list(digests.details(db, [1]))
    list(digests.indicators_of(db, [1]))
    digests.daily_stories(db, "2026-02-01", "2026-02-03")
    digests.reach_of_feeds(db)
    digests.watched_since(db)
    digests.poll_times(db, NOW, LATER)
    outbox.claim(db, NOW)
    outbox.sent_since(db, NOW)
    outbox.still_waits(db, 1, "daily")
    outbox.last_message_id(db, 1, "daily")
    db.set_trace_callback(None)
    for sql in (sql for sql in seen if sql.lower().lstrip().startswith("select")):
        plan = [str(row["detail"]) for row in db.execute(f"explain query plan {sql}")]
        scans = [step for step in plan if step.startswith("SCAN") and " USING " not in step]
        scans += [step for step in plan if step.startswith("SCAN") and "hits" in step and "(max" not in sql]
        # Feeds are few; reviews are walked from the newest to the first one that is old enough.
        bearable = ("feeds", "CONSTANT", "reviews")
        assert not [step for step in scans if not any(word in step for word in bearable)], (sql, plan)
