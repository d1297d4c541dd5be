"""Notices about feeds: once when trouble begins, once when it ends, many feeds in one mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy

from tests.digest.conftest import NOW, Desk
from tracker.clock import iso
from tracker.digest import preview, urgent
from tracker.settings import Settings

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def look(desk: Desk, settings: Settings, now: datetime) -> list[str]:
    """Subjects of the notices that a look queues; they count as sent then."""
    urgent.queue_notices(desk.connection, settings, now)
    rows = desk.rows("select message from deliveries where state = 'queued' order by id")
    desk.connection.execute("update deliveries set state = 'sent', sent_at = ?", (iso(now),))
    return [message_from_bytes(row[0], policy=policy.default)["Subject"] for row in rows]  # type: ignore[arg-type]


def fail(desk: Desk, *feeds: str, times: int = 3) -> None:
    for feed in feeds:
        desk.connection.execute(
            "update feeds set failures = ?, status = 'failing', last_error = 'the server said 500' where id = ?",
            (times, feed),
        )


def mend(desk: Desk, feed: str, at: datetime) -> None:
    desk.connection.execute(
        "update feeds set failures = 0, status = 'active', last_error = '', last_ok_at = ? where id = ?",
        (iso(at), feed),
    )


def test_told_once_an_episode_and_once_at_recovery(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="feeds")
    fail(desk, "harbour", times=2)
    assert look(desk, settings, NOW) == []
    fail(desk, "harbour")
    assert look(desk, settings, NOW + MINUTE) == [], "it waits for company"
    assert look(desk, settings, NOW + 12 * MINUTE) == ["Harbour Post cannot be read — 3 Feb"]
    fail(desk, "harbour", times=40)
    assert look(desk, settings, NOW + 2 * HOUR) == []
    fail(desk, "harbour", times=1)
    assert look(desk, settings, NOW + 3 * HOUR) == [], "no good answer yet"
    mend(desk, "harbour", NOW + 4 * HOUR)
    look(desk, settings, NOW + 4 * HOUR)
    assert look(desk, settings, NOW + 5 * HOUR) == ["Harbour Post is readable again — 3 Feb"]
    fail(desk, "harbour")
    look(desk, settings, NOW + 6 * HOUR)
    assert look(desk, settings, NOW + 7 * HOUR) == ["Harbour Post cannot be read — 3 Feb"], "another episode"
    assert desk.rows("select what from feed_events order by id") == [("failing",), ("recovered",), ("failing",)]


def test_many_in_one_mail_and_one_mail_an_hour(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="feeds")
    fail(desk, "harbour", "steppe")
    look(desk, settings, NOW)
    desk.connection.execute("update feeds set status = 'gone' where id = 'river'")
    (subject,) = look(desk, settings, NOW + 11 * MINUTE)
    assert subject == "3 feeds cannot be read: Harbour Post, Степной вестник, 江河日报 — 3 Feb"
    mend(desk, "harbour", NOW + 20 * MINUTE)
    look(desk, settings, NOW + 20 * MINUTE)
    fail(desk, "lantern")
    assert look(desk, settings, NOW + 40 * MINUTE) == [], "within the hour"
    assert look(desk, settings, NOW + 90 * MINUTE) == [
        "The Lantern cannot be read; Harbour Post is readable again — 3 Feb"
    ]


def test_a_short_trouble_is_told_as_past_and_a_removed_feed_not_at_all(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="feeds")
    fail(desk, "harbour", "steppe")
    look(desk, settings, NOW)
    mend(desk, "harbour", NOW + 5 * MINUTE)
    desk.connection.execute("update feeds set removed_at = 'x' where id = 'steppe'")
    assert look(desk, settings, NOW + 15 * MINUTE) == ["Harbour Post is readable again — 3 Feb"]


def test_a_feed_that_answers_but_fell_silent(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="feeds")
    for hours in range(0, 48, 2):
        desk.arrive(f"Part {hours}", at=NOW - 6 * DAY - hours * HOUR, published=NOW - 6 * DAY - hours * HOUR)
    newest = iso(NOW - 6 * DAY)
    desk.connection.execute(
        "update feeds set newest_item_at = ?, last_ok_at = ? where id = 'harbour'", (newest, newest)
    )
    look(desk, settings, NOW)
    assert desk.rows("select count(*) from feed_events") == [(0,)], "we have not asked it ourselves"
    desk.connection.execute("update feeds set last_ok_at = ? where id = 'harbour'", (iso(NOW),))
    look(desk, settings, NOW)
    assert look(desk, settings, NOW + HOUR) == ["Harbour Post fell silent — 3 Feb"]


def test_a_new_reader_is_not_told_of_the_past_and_can_look_at_the_present(desk: Desk, settings: Settings) -> None:
    desk.subscribe("first@example.org", digest="feeds")
    fail(desk, "harbour")
    look(desk, settings, NOW)
    reader = desk.subscribe("second@example.org", digest="feeds", at=NOW + MINUTE)
    look(desk, settings, NOW + HOUR)
    assert desk.rows("select recipient from deliveries") == [("first@example.org",)]
    made = preview(desk.connection, settings, NOW + HOUR, "feeds", reader)
    assert made.subject == "Harbour Post cannot be read — 3 Feb"
    assert "never read yet: the server said 500, 3 times in a row." in " ".join(made.text.split())
