"""Alerts: at once, each once, by the reader's wishes, so many an hour, and never what was rejected meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest

from tests.digest.conftest import NOW, Desk
from tests.digest.mailserver import Inbox, running
from tracker.clock import iso
from tracker.digest import preview, run_due, urgent
from tracker.settings import Settings

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def telling(desk: Desk) -> None:
    desk.connection.execute("update indicators set diagnosticity = 'high' where id in ('arms', 'doubt')")


def raise_alert(desk: Desk, indicator: str = "curbs", day: str = "2026-02-03", at: datetime = NOW) -> None:
    desk.connection.execute(
        "insert into alerts (indicator_id, day, known_at, observed, expected) values (?, ?, ?, 12, 3.14)",
        (indicator, day, iso(at)),
    )


def alerted(desk: Desk, settings: Settings, now: datetime) -> list[str]:
    """Subjects of the alerts that a look queues; they count as sent then."""
    urgent.queue_alerts(desk.connection, settings, now)
    rows = desk.rows("select message from deliveries where state = 'queued' order by id")
    desk.connection.execute("update deliveries set state = 'sent', sent_at = ?", (iso(now),))
    return [message_from_bytes(row[0], policy=policy.default)["Subject"] for row in rows]  # type: ignore[arg-type]


def test_a_story_on_a_telling_indicator_is_told_at_once_and_once(desk: Desk, settings: Settings) -> None:
    desk.arrive("Weapons before", at=NOW - MINUTE)
    desk.subscribe(digest="alerts")
    desk.arrive("Curbs on lathes", indicators=("curbs",), at=NOW + MINUTE)
    assert alerted(desk, settings, NOW + MINUTE) == [], "that indicator tells little"
    first = desk.arrive("Weapons for the island", at=NOW + 2 * MINUTE)
    desk.arrive("Weapons of yore", at=NOW + 2 * MINUTE, published=NOW - timedelta(days=30))
    assert alerted(desk, settings, NOW + 2 * MINUTE) == ["Alert: Arms transfers: Weapons for the island — 3 Feb"]
    desk.arrive("Weapons for an island", at=NOW + 3 * MINUTE, feed="lantern", story=desk.story_of(first))
    assert alerted(desk, settings, NOW + 3 * MINUTE) == [], "stories, not items"


def test_an_open_alert_is_told_once_even_where_it_is_computed_anew(desk: Desk, settings: Settings) -> None:
    raise_alert(desk, "doubt", at=NOW - MINUTE)
    desk.subscribe(digest="alerts")
    raise_alert(desk)
    raise_alert(desk, day="2025-12-01")
    subject = "Alert: Curbs on machine tools, 12 stories on 3 Feb where 3.1 would be usual — 3 Feb"
    assert alerted(desk, settings, NOW + MINUTE) == [subject]
    desk.connection.execute("delete from alerts")
    raise_alert(desk)
    assert alerted(desk, settings, NOW + 2 * MINUTE) == []


@pytest.mark.parametrize("status", ["acknowledged", "closed"])
def test_an_alert_that_somebody_dealt_with_is_not_told(desk: Desk, settings: Settings, status: str) -> None:
    desk.subscribe(digest="alerts")
    raise_alert(desk)
    desk.connection.execute("update alerts set status = ?", (status,))
    assert alerted(desk, settings, NOW + MINUTE) == []


def test_an_alert_that_is_put_off_comes_when_its_time_is_up(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="alerts")
    raise_alert(desk)
    desk.connection.execute("update alerts set snoozed_until = ?", (iso(NOW + 5 * MINUTE),))
    assert alerted(desk, settings, NOW + MINUTE) == []
    assert len(alerted(desk, settings, NOW + 6 * MINUTE)) == 1


def test_wishes_hold_for_alerts_too(desk: Desk, settings: Settings) -> None:
    desk.subscribe("away@example.org", digest="alerts", direction="away")
    desk.subscribe("sure@example.org", digest="alerts", confirmed_only=True)
    raise_alert(desk)
    hit = desk.arrive("Weapons for the island", at=NOW + MINUTE)
    desk.arrive("Doubts grow", indicators=("doubt",), at=NOW + MINUTE)
    assert alerted(desk, settings, NOW + MINUTE) == [
        "Alert: Doubts are voiced: Doubts grow — 3 Feb",
        "Alert: Curbs on machine tools, 12 stories on 3 Feb where 3.1 would be usual — 3 Feb",
    ]
    desk.judge(hit, "confirmed", NOW + 2 * MINUTE)
    assert alerted(desk, settings, NOW + 3 * MINUTE) == ["Alert: Arms transfers: Weapons for the island — 3 Feb"]


def test_at_most_so_many_an_hour_and_then_the_rest_in_one(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="alerts")
    sent = []
    for minute in range(1, 31):
        desk.arrive(f"Weapons, part {minute:02}", at=NOW + minute * MINUTE)
        sent += alerted(desk, settings, NOW + minute * MINUTE)
    assert len(sent) == urgent.ALERTS_AN_HOUR
    assert alerted(desk, settings, NOW + 60 * MINUTE) == []
    (rest,) = alerted(desk, settings, NOW + 62 * MINUTE)
    assert rest == "Alert: Weapons, part 30 and 23 more — 3 Feb"
    told = desk.rows("select count(*), count(distinct story_id) from digest_items")
    assert told == [(30, 30)]


def test_ten_thousand_at_once_are_one_mail_of_bearable_size(desk: Desk, settings: Settings) -> None:
    reader = desk.subscribe(digest="alerts")
    desk.arrive("Weapons " * 20, summary="武器转让" * 100, at=NOW + MINUTE)
    desk.connection.execute("pragma foreign_keys = off")
    desk.connection.execute(
        """with recursive n (i) as (select 2 union all select i + 1 from n where i < 10000)
           insert into stories (id, first_item_id, first_day) select i, 1, '2026-02-03' from n"""
    )
    desk.connection.execute(
        """insert into items (id, feed_id, guid, title, summary, language, fetched_at, day, content_hash, story_id)
           select s.id, 'harbour', 'g' || s.id, i.title, i.summary, 'zh', i.fetched_at, i.day, 'h' || s.id, s.id
           from stories s join items i on i.id = 1 where s.id > 1"""
    )
    desk.connection.execute(
        """insert into hits (item_id, indicator_id, codebook_id, score, day, found_at, content_hash, story_id)
           select s.id, 'arms', 1, 0.5, '2026-02-03', h.found_at, 'h' || s.id, s.id
           from stories s join hits h on h.id = 1 where s.id > 1"""
    )
    made = preview(desk.connection, settings, NOW + 2 * MINUTE, "alerts", reader)
    assert "and 9,999 more" in made.subject
    assert len(made.html.encode()) <= 90_000
    assert made.content.left_out == 10_000 - len(made.content.entries)
    assert f"{made.content.left_out:,} more stories" in made.html


def test_what_was_rejected_or_closed_before_it_left_drops_out(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="alerts")
    wrong = desk.arrive("Weapons of mass distraction", at=NOW + MINUTE)
    raise_alert(desk)
    raise_alert(desk, "doubt")
    urgent.queue_alerts(desk.connection, settings, NOW + MINUTE)
    planned = desk.rows("select message_id from deliveries")
    desk.judge(wrong, "rejected", NOW + MINUTE)
    desk.connection.execute("update alerts set status = 'closed' where indicator_id = 'doubt'")
    inbox = Inbox()
    with running(inbox) as port:
        chosen = replace(settings, smtp_url=f"smtp://127.0.0.1:{port}?rate=500")
        assert run_due(chosen, NOW + 2 * MINUTE, desk.connection).delivery.sent == 1
    (mail,) = inbox.messages()
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "distraction" not in text
    assert "Doubts are voiced" not in text
    assert "Curbs on machine tools" in text
    assert [(mail["Message-ID"],)] == planned
    assert desk.rows("select indicator_id from alerts_told") == [("curbs",)]


def test_nothing_is_sent_where_all_of_it_was_dealt_with(desk: Desk, settings: Settings) -> None:
    desk.subscribe(digest="alerts")
    raise_alert(desk)
    urgent.queue_alerts(desk.connection, settings, NOW + MINUTE)
    desk.connection.execute("update alerts set status = 'acknowledged'")
    inbox = Inbox()
    with running(inbox) as port:
        chosen = replace(settings, smtp_url=f"smtp://127.0.0.1:{port}?rate=500")
        assert run_due(chosen, NOW + 2 * MINUTE, desk.connection).delivery.dropped == 1
    assert inbox.received == []


def test_quiet_looks_move_the_watermark_without_mail(desk: Desk, settings: Settings) -> None:
    before = desk.subscribe(digest="alerts")
    desk.arrive("Curbs on lathes", indicators=("curbs",), at=NOW + MINUTE)
    assert alerted(desk, settings, NOW + MINUTE) == []
    assert desk.subscription(digest="alerts").hits_until > before.hits_until
    assert desk.rows("select count(*) from digests") == [(0,)]


def test_a_digest_says_first_what_is_out_of_the_ordinary(desk: Desk, settings: Settings) -> None:
    raise_alert(desk, at=NOW - MINUTE)
    raise_alert(desk, "doubt", at=NOW - timedelta(days=3))
    desk.arrive(at=NOW - MINUTE)
    made = preview(desk.connection, settings, NOW, "daily")
    assert made.subject.startswith("Curbs on machine tools out of the ordinary; Arms transfers: Weapons for the island")
    text = made.text.partition("WHAT CHANGED")[2]
    assert text.index("12 stories on 3 Feb where 3.1 would be usual") < text.index("Stories of the last")
    assert "Doubts are voiced" not in text, "that one became known before"


def test_a_rise_is_told_by_its_week(desk: Desk, settings: Settings) -> None:
    desk.subscribe("alarmed@example.org", digest="alerts")
    later = NOW + timedelta(minutes=5)
    raise_alert(desk, at=later)
    desk.connection.execute("update alerts set reason = 'rise: more over several days', observed = 1, expected = 0.1")
    assert "1 story on 3 Feb where one in 10 days would be usual" in alerted(desk, settings, later)[0], (
        "nothing stored of the week"
    )
    desk.connection.execute("delete from alerts_told")
    desk.connection.executemany(
        "insert into report_days (indicator_id, day, stories, expected) values ('curbs', ?, ?, 0.125)",
        [("2026-01-27", 50), ("2026-01-28", 2), ("2026-01-31", 2), ("2026-02-03", 1)],
    )
    (subject,) = alerted(desk, settings, later + timedelta(minutes=5))
    assert "5 stories in the week to 3 Feb where one in 3 weeks would be usual" in subject
