"""Choosing and queueing: by arrival, each story once, by the reader's wishes and the reader's clock."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.digest.conftest import NOW, Desk
from tracker.clock import iso
from tracker.digest import outbox, run_due
from tracker.digest.outbox import QueueSummary, queue_due, queue_now
from tracker.settings import Settings
from tracker.store import outbox as store
from tracker.store import subscribers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = NOW + DAY + HOUR
"""Seven o'clock of the day after everybody subscribed."""

Take = Callable[..., list[str]]


@pytest.fixture
def texts(desk: Desk, settings: Settings) -> Take:
    """Queue what is due and return the plain text of each new mail, as if the earlier ones had been sent."""

    def take(now: datetime = MORNING) -> list[str]:
        desk.connection.execute("update deliveries set state = 'sent', sent_at = ?", (iso(now),))
        queue_due(desk.connection, settings, now)
        rows = desk.rows("select message from deliveries where state = 'queued' order by id")
        mails: list[EmailMessage] = [message_from_bytes(row[0], policy=policy.default) for row in rows]  # type: ignore[misc,arg-type]
        return [mail.get_body(("plain",)).get_content() for mail in mails]  # type: ignore[union-attr]

    return take


def test_what_arrived_since_the_last_digest_whatever_its_date(desk: Desk, texts: Take) -> None:
    desk.arrive("Weapons before the subscription", at=NOW - HOUR)
    desk.subscribe()
    desk.arrive("Weapons seen late", at=NOW + HOUR, published=NOW - 5 * DAY)
    (first,) = texts()
    assert "Weapons seen late" in first
    assert "before the subscription" not in first
    desk.arrive("Weapons afterwards", at=MORNING + HOUR)
    (second,) = texts(MORNING + DAY)
    assert "Weapons afterwards" in second
    assert "Weapons seen late" not in second


def test_a_hit_that_was_found_before_but_stored_after_the_last_digest_is_told(desk: Desk, texts: Take) -> None:
    desk.subscribe()
    desk.arrive("Weapons one", at=NOW + HOUR)
    texts()
    desk.arrive("Weapons slow to be stored", at=MORNING - timedelta(seconds=5))
    (second,) = texts(MORNING + DAY)
    assert "slow to be stored" in second


def test_the_past_of_a_feed_is_counted_but_not_told(desk: Desk, texts: Take) -> None:
    desk.subscribe()
    desk.arrive("Weapons of yore", at=NOW + HOUR, published=NOW - 9 * DAY)
    assert texts() == []
    desk.arrive("Weapons of old", at=MORNING + HOUR, published=MORNING - 30 * DAY)
    desk.arrive("Weapons of today", at=MORNING + HOUR)
    (mail,) = texts(MORNING + DAY)
    assert "Weapons of old" not in mail
    assert "1 older story" in " ".join(mail.split())


def test_stories_not_items_and_only_once(desk: Desk, texts: Take) -> None:
    desk.subscribe()
    first = desk.arrive("Weapons for the island", at=NOW + HOUR, indicators=("arms", "doubt"))
    desk.arrive("Weapons for an island", at=NOW + HOUR, feed="lantern", story=desk.story_of(first))
    (mail,) = texts()
    assert mail.count("for the island") + mail.count("for an island") == 2, "once in the headline, once in the list"
    assert "2 outlets" in mail
    assert "also: Doubts are voiced" in " ".join(mail.split())
    desk.arrive("Weapons for the isle", at=MORNING + HOUR, feed="harbour", story=desk.story_of(first))
    assert texts(MORNING + DAY) == [], "two outlets, then two again: no news"


def test_a_story_comes_again_when_it_grew_or_was_confirmed(desk: Desk, texts: Take) -> None:
    desk.subscribe()
    first = desk.arrive("Weapons for the island", at=NOW + HOUR)
    other = desk.arrive("Weapons for the coast", at=NOW + HOUR)
    texts()
    for feed in ("lantern", "steppe"):
        desk.arrive("Weapons for the island", at=MORNING + HOUR, feed=feed, story=desk.story_of(first))
    desk.judge(other, "confirmed", MORNING + HOUR)
    (second,) = texts(MORNING + DAY)
    assert "Now confirmed: Weapons for the coast and 1 more told before" in second
    for why, title in (("Grew to 3 outlets", "Weapons for the island"), ("Now confirmed", "Weapons for the coast")):
        assert re.search(rf"^ {{5}}{why}:\r\n  \d\. {title}\r$", second, re.MULTILINE)
    desk.judge(other, "confirmed", MORNING + DAY + HOUR)
    desk.arrive("Weapons for the island", at=MORNING + DAY + HOUR, feed="river", story=desk.story_of(first))
    assert texts(MORNING + 2 * DAY) == [], "neither is news any more"


def test_rejected_and_withdrawn_hits_are_not_told(desk: Desk, texts: Take) -> None:
    desk.subscribe()
    wrong = desk.arrive("Weapons of mass distraction", at=NOW + HOUR)
    desk.arrive("A copy of it", at=NOW + HOUR, feed="lantern", story=desk.story_of(wrong))
    gone = desk.arrive("Weapons, then not", at=NOW + HOUR)
    desk.judge(wrong, "rejected")
    desk.connection.execute("update hits set status = 'withdrawn' where id = ?", (gone,))
    assert texts() == []


def test_rejected_while_the_mail_is_being_made(desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    subscription = desk.subscribe()
    wrong = desk.arrive("Weapons of mass distraction", at=NOW + HOUR)
    right = desk.arrive("Weapons for the island", at=NOW + HOUR)
    made = outbox.compose.compose

    def compose_slowly(*arguments: object) -> object:
        finished = made(*arguments)  # type: ignore[arg-type]
        if desk.rows("select status from hits where id = ?", wrong) == [("new",)]:
            desk.judge(wrong, "rejected")
        return finished

    monkeypatch.setattr(outbox.compose, "compose", compose_slowly)
    assert queue_due(desk.connection, settings, MORNING) == QueueSummary(queued=1)
    assert desk.rows("select hit_id from digest_items") == [(right,)]
    assert desk.subscription().hits_until > subscription.hits_until


def test_two_processes_queue_one_digest(desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.subscribe()
    desk.arrive(at=NOW + HOUR)
    made = outbox.compose.compose

    def compose_while_another_queues(*arguments: object) -> object:
        monkeypatch.setattr(outbox.compose, "compose", made)
        queue_due(desk.connection, settings, MORNING)
        return made(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox.compose, "compose", compose_while_another_queues)
    assert queue_due(desk.connection, settings, MORNING).queued == 0
    assert desk.rows("select count(*) from deliveries") == [(1,)]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"groups": ("driver",)}, {"curbs"}),
        ({"indicators": ("arms", "doubt")}, {"arms", "doubt"}),
        ({"direction": "away"}, {"doubt"}),
        ({"languages": ("ru", "zh")}, {"curbs", "doubt"}),
        ({"min_score": 0.7}, {"arms"}),
        ({"confirmed_only": True}, {"doubt"}),
        ({}, {"curbs", "arms", "doubt"}),
    ],
)
def test_wishes(desk: Desk, texts: Take, wishes: dict[str, object], expected: set[str]) -> None:
    desk.subscribe(**wishes)
    desk.arrive("curbs", indicators=("curbs",), at=NOW + HOUR, language="zh-Hant", feed="river")
    desk.arrive("arms", indicators=("arms",), at=NOW + HOUR, score=0.8)
    desk.judge(desk.arrive("doubt", indicators=("doubt",), at=NOW + HOUR, language="ru", feed="steppe"), "confirmed")
    texts()
    told = desk.rows("select h.indicator_id from digest_items d join hits h on h.id = d.hit_id")
    assert {row[0] for row in told} == expected


def test_confirmed_only_tells_when_it_is_confirmed_not_when_it_arrived(desk: Desk, texts: Take) -> None:
    desk.subscribe(confirmed_only=True)
    hit = desk.arrive("Weapons for the island", at=NOW + HOUR)
    assert texts() == []
    desk.judge(hit, "confirmed", MORNING + HOUR)
    (mail,) = texts(MORNING + DAY)
    assert "1. Weapons for the island" in mail


def test_nothing_new_only_if_wanted(desk: Desk, texts: Take) -> None:
    desk.subscribe("quiet@example.org")
    desk.subscribe("curious@example.org", nothing_new=True)
    (mail,) = texts()
    assert "Nothing new." in mail
    assert desk.rows("select recipient, (select subject from digests) from deliveries") == [
        ("curious@example.org", "Nothing new — 4 Feb")
    ]


def test_due_once_a_day_at_the_readers_own_hour(desk: Desk, settings: Settings) -> None:
    desk.subscribe("london@example.org", timezone="Europe/London")
    desk.subscribe("tokyo@example.org", timezone="Asia/Tokyo", time="08:30")
    due: list[tuple[object, object]] = []
    for quarter in range(4 * 48):
        now = NOW + quarter * timedelta(minutes=15)
        desk.arrive(f"Weapons {quarter}", at=now)
        queue_due(desk.connection, settings, now)
        due += [(row[0], iso(now)) for row in desk.rows("select recipient from deliveries where state = 'queued'")]
        desk.connection.execute("update deliveries set state = 'sent'")
    assert sorted(due) == [
        ("london@example.org", "2026-02-03T07:00:00Z"),
        ("london@example.org", "2026-02-04T07:00:00Z"),
        ("tokyo@example.org", "2026-02-03T23:30:00Z"),
        ("tokyo@example.org", "2026-02-04T23:30:00Z"),
    ]


def test_days_off_are_told_on_the_next_day_that_is_wanted(desk: Desk, settings: Settings) -> None:
    """NOW is a Tuesday."""
    desk.subscribe("office@example.org", days=("mon", "tue", "wed", "thu", "fri"))
    desk.subscribe("friday@example.org", digest="weekly", days=("fri",))
    for day in range(1, 8):
        desk.arrive(f"Weapons {day}", at=NOW + day * DAY)
        queue_due(desk.connection, settings, NOW + day * DAY + HOUR)
        desk.connection.execute("update deliveries set state = 'sent'")
    left = desk.rows("select d.recipient, g.period, g.stories from digests g join deliveries d on d.digest_id = g.id")
    assert sorted(left) == [  # type: ignore[type-var]
        ("friday@example.org", "2026-W06", 3),
        ("office@example.org", "2026-02-04", 1),
        ("office@example.org", "2026-02-05", 1),
        ("office@example.org", "2026-02-06", 1),
        ("office@example.org", "2026-02-09", 3),
        ("office@example.org", "2026-02-10", 1),
    ]


def test_one_digest_for_the_gap(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    for day in range(1, 20):
        desk.arrive(f"Weapons {day}", at=NOW + day * DAY)
    assert queue_due(desk.connection, settings, NOW + 20 * DAY).queued == 1
    assert desk.rows("select stories, period, period_start from digests") == [(19, "2026-02-22", iso(NOW))]
    assert queue_due(desk.connection, settings, NOW + 20 * DAY).queued == 0


def test_the_next_digest_waits_until_the_last_has_left(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    desk.arrive("Weapons 1", at=NOW + HOUR)
    queue_due(desk.connection, settings, MORNING)
    for day in (1, 2, 3):
        desk.arrive(f"Weapons {day + 1}", at=MORNING + day * DAY - HOUR)
        assert queue_due(desk.connection, settings, MORNING + day * DAY) == QueueSummary(waiting=1)
    desk.connection.execute("update deliveries set state = 'sent'")
    assert queue_due(desk.connection, settings, MORNING + 3 * DAY + HOUR).queued == 1
    assert desk.rows("select stories from digests order by id") == [(1,), (3,)]


def test_weekly_leaves_on_monday_and_tells_what_daily_told_too(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    desk.subscribe(digest="weekly")
    desk.arrive("Weapons on Tuesday", at=NOW + 2 * HOUR)
    for day in range(1, 8):
        queue_due(desk.connection, settings, NOW + day * DAY + HOUR)
        desk.connection.execute("update deliveries set state = 'sent'")
    assert desk.rows("select digest, period, stories from digests order by id") == [
        ("daily", "2026-02-04", 1),
        ("weekly", "2026-W07", 1),
    ]


def test_moving_to_another_zone_does_not_bring_the_day_twice(desk: Desk, settings: Settings) -> None:
    desk.subscribe(timezone="Asia/Tokyo")
    desk.arrive("Weapons 1", at=NOW + HOUR)
    queue_due(desk.connection, settings, MORNING)
    desk.connection.execute("update deliveries set state = 'sent'")
    desk.connection.execute("update subscribers set timezone = 'America/New_York'")
    desk.arrive("Weapons 2", at=MORNING + HOUR)
    assert queue_due(desk.connection, settings, MORNING + 6 * HOUR).queued == 0
    assert queue_due(desk.connection, settings, MORNING + DAY + 6 * HOUR).queued == 1
    assert desk.rows("select period, stories from digests") == [("2026-02-04", 1), ("2026-02-05", 1)]


def test_the_table_itself_takes_no_story_as_new_twice(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    desk.arrive("Weapons", at=NOW + HOUR)
    queue_due(desk.connection, settings, MORNING)
    with pytest.raises(sqlite3.IntegrityError):
        desk.connection.execute(
            """insert into digest_items (digest_id, subscriber_id, digest, story_id, hit_id, reason, outlets)
               select digest_id, subscriber_id, digest, story_id, hit_id, 'new', outlets + 1 from digest_items"""
        )


def test_sending_now_makes_an_extra_digest_and_repeats_nothing(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    for number in range(3):
        desk.arrive(f"Weapons {number}", at=MORNING + number * HOUR)
        assert queue_now(desk.connection, settings, "daily", MORNING + number * HOUR).queued == 1
        assert queue_now(desk.connection, settings, "daily", MORNING + number * HOUR).waiting == 1
        desk.connection.execute("update deliveries set state = 'sent'")
        assert queue_now(desk.connection, settings, "daily", MORNING + number * HOUR).nothing_new == 1
    assert desk.rows("select period, stories from digests order by id") == [
        ("2026-02-04", 1),
        ("2026-02-04 extra 2026-02-04T08:00:00Z", 1),
        ("2026-02-04 extra 2026-02-04T09:00:00Z", 1),
    ]


def test_message_ids_are_stable_and_threads_hold(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    desk.subscribe("other@example.org")
    for day in (1, 2):
        desk.arrive(f"Weapons {day}", at=NOW + day * DAY)
        queue_due(desk.connection, settings, NOW + day * DAY + HOUR)
        desk.connection.execute("update deliveries set state = 'sent'")
    rows = desk.rows("select message_id, message from deliveries order by recipient desc, id")
    assert len({row[0] for row in rows}) == 4
    (first, _), (second, raw) = rows[:2]
    references = message_from_bytes(raw)["References"].split()  # type: ignore[arg-type]
    assert references[1:] == [first]
    assert references[0] not in (first, second)


def test_a_paused_reader_gets_one_digest_for_the_pause(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    subscribers.set_status(desk.connection, "reader@example.org", "paused")
    desk.arrive("Weapons", at=NOW + HOUR)
    assert queue_due(desk.connection, settings, MORNING) == QueueSummary()
    subscribers.set_status(desk.connection, "reader@example.org", "active")
    assert queue_due(desk.connection, settings, MORNING + 3 * DAY).queued == 1


def test_without_a_mail_server_nothing_is_queued_and_nothing_lost(desk: Desk, settings: Settings) -> None:
    before = desk.subscribe()
    desk.arrive("Weapons", at=NOW + HOUR)
    summary = run_due(settings, MORNING, desk.connection)
    assert "no mail server" in summary.problem
    assert desk.rows("select count(*) from digests") == [(0,)]
    assert desk.subscription() == before


def test_wrong_mail_settings_are_reported_and_keep_the_mail(desk: Desk, settings: Settings) -> None:
    desk.subscribe()
    desk.arrive("Weapons", at=NOW + HOUR)
    wrong = replace(settings, smtp_url="smtp://mail.example.org?tls=none")
    assert "unencrypted" in run_due(wrong, MORNING, desk.connection).problem
    assert not store.waiting(desk.connection)
