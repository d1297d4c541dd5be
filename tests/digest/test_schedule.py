"""Slots in the reader's own time, above all on the days when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.digest.schedule import Slot, latest_slot

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "period", "moment"),
    [
        ("2026-02-03 05:59", "2026-02-02", "2026-02-02 06:00"),
        ("2026-02-03 06:00", "2026-02-03", "2026-02-03 06:00"),
        ("2026-07-03 05:00", "2026-07-03", "2026-07-03 05:00"),
    ],
)
def test_local_time_of_day(now: str, period: str, moment: str) -> None:
    assert latest_slot("daily", "07:00", "Europe/Berlin", utc(now)) == Slot(period, utc(moment))


def test_the_hour_that_is_skipped_moves_by_the_jump() -> None:
    before = latest_slot("daily", "02:30", "Europe/Berlin", utc("2026-03-29 01:29"))
    after = latest_slot("daily", "02:30", "Europe/Berlin", utc("2026-03-29 01:30"))
    assert before.period == "2026-03-28"
    assert after == Slot("2026-03-29", utc("2026-03-29 01:30"))
    assert after.moment.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "03:30"


def test_the_hour_that_comes_twice_counts_once() -> None:
    slots = {
        latest_slot("daily", "02:30", "Europe/Berlin", utc("2026-10-25 00:30") + timedelta(minutes=m))
        for m in range(180)
    }
    assert slots == {Slot("2026-10-25", utc("2026-10-25 00:30"))}


def test_days_of_the_readers_own_week() -> None:
    """Thursday evening in London is Friday in Auckland."""
    now = utc("2026-02-05 19:00")
    assert latest_slot("daily", "07:00", "Pacific/Auckland", now, ("fri", "sat")) == Slot(
        "2026-02-06", utc("2026-02-05 18:00")
    )
    assert latest_slot("daily", "07:00", "Europe/London", now, ("mon", "wed")).period == "2026-02-04"
    assert latest_slot("daily", "07:00", "Europe/London", now, ("sun",)).period == "2026-02-01"
    assert latest_slot("weekly", "07:00", "Europe/London", now, ("wed", "fri")) == Slot(
        "2026-W06", utc("2026-02-04 07:00")
    )


def test_weekly_leaves_on_the_readers_monday() -> None:
    slot = latest_slot("weekly", "07:00", "Pacific/Auckland", utc("2026-02-02 12:00"))
    assert slot == Slot("2026-W06", utc("2026-02-01 18:00"))


@given(
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda t: t.strftime("%H:%M")),
    hours=st.integers(0, 30 * 365 * 24),
    minutes=st.integers(0, 59),
)
def test_every_local_day_has_one_slot_and_time_never_runs_back(zone: str, at: str, hours: int, minutes: int) -> None:
    now = utc("2005-01-01") + timedelta(hours=hours, minutes=minutes)
    slots = [latest_slot("daily", at, zone, now + timedelta(hours=h)) for h in range(0, 24 * 5, 3)]
    assert slots == sorted(slots, key=lambda slot: slot.moment)
    assert all(slot.moment <= now + timedelta(hours=3 * n) for n, slot in enumerate(slots))
    moments = {slot.period: {s.moment for s in slots if s.period == slot.period} for slot in slots}
    assert all(len(found) == 1 for found in moments.values())
    assert 4 <= len(moments) <= 6
