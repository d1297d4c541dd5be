"""What the reader is told about feeds that failed and hours in which nothing was polled."""

from __future__ import annotations

from datetime import timedelta

from tests.digest.conftest import NOW, Desk
from tracker.clock import iso
from tracker.digest import coverage
from tracker.store.digests import Window

DAY = timedelta(days=1)


def notices(desk: Desk, days: int = 1) -> str:
    window = Window(0, 0, 0, 0, iso(NOW - days * DAY), iso(NOW))
    return " ".join(coverage.notices(desk.connection, window, NOW, "Europe/Berlin"))


def poll(desk: Desk, first_hour: int, last_hour: int) -> None:
    """Checks every half hour, from so many hours ago to so many hours ago."""
    times = [iso(NOW - timedelta(minutes=30 * half)) for half in range(2 * last_hour, 2 * first_hour + 1)]
    desk.connection.executemany(
        "insert into checks (feed_id, at, outcome) values ('harbour', ?, 'unchanged')", [(at,) for at in times]
    )


def test_all_is_well(desk: Desk) -> None:
    poll(desk, 48, 0)
    assert notices(desk) == ""


def test_before_the_first_poll(desk: Desk) -> None:
    assert notices(desk) == "Nothing has been polled yet."


def test_a_young_tracker_is_no_gap(desk: Desk) -> None:
    poll(desk, 3, 0)
    assert notices(desk) == ""


def test_a_gap_is_named_in_the_readers_time(desk: Desk) -> None:
    poll(desk, 48, 20)
    poll(desk, 8, 0)
    assert notices(desk).startswith("Nothing was polled for 12 hours, from 2 Feb 11:00 to 2 Feb 23:00;")


def test_down_until_now(desk: Desk) -> None:
    poll(desk, 48, 9)
    assert "for 9 hours, from 2 Feb 22:00 to 3 Feb 07:00" in notices(desk)


def test_failing_gone_and_stale_feeds(desk: Desk) -> None:
    poll(desk, 48, 0)
    update = "update feeds set status = ?, failures = ?, last_ok_at = ?, last_error = ? where id = ?"
    desk.connection.execute(update, ("failing", 2, iso(NOW - timedelta(hours=2)), "hiccup", "harbour"))
    assert notices(desk) == ""
    desk.connection.execute(update, ("failing", 4, "", "no such host\r\n\u202eevil", "steppe"))
    desk.connection.execute(update, ("gone", 1, iso(NOW - 3 * DAY), "410", "river"))
    desk.connection.execute(update, ("active", 0, iso(NOW - 2 * DAY), "", "lantern"))
    assert notices(desk) == (
        "3 of 4 feeds are not being read, so news may be missing: Степной вестник (never read yet: no such host evil); "
        "江河日报 (since 31 Jan 07:00: its publisher says that it is gone); The Lantern (since 1 Feb 07:00)."
    )
    desk.connection.execute("update feeds set status = 'paused' where id != 'harbour'")
    assert notices(desk) == "", "what was paused on purpose is no failure"
