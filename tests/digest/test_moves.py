"""What changed, and what may be said about it on a short or patchy history."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.digest.conftest import NOW, Desk
from tracker.clock import iso
from tracker.digest import preview
from tracker.digest.moves import Changes, changes, covered_weeks
from tracker.settings import Settings

TODAY = date(2026, 2, 3)


def weekly(*counts: int) -> Changes:
    """Counts of this week and the weeks before it, newest first, each week's stories on its middle day."""
    daily = [("arms", (TODAY - timedelta(days=7 * age + 3)).isoformat(), n) for age, n in enumerate(counts)]
    return changes(daily, TODAY, len(counts) - 1)


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ((9, 2, 5, 3, 4), "above"),
        ((5, 2, 5, 3, 4), "within"),
        ((1, 0, 0, 0, 0), "within"),
        ((2, 0, 0, 0, 0), "above"),
        ((0, 4, 5, 3, 4), "below"),
        ((2, 3, 3, 3, 20), "within"),
        ((9, 2, 5, 3), "unknown"),
    ],
)
def test_kinds(counts: tuple[int, ...], kind: str) -> None:
    (move,) = weekly(*counts).moves
    assert move.kind == kind
    assert move.now == counts[0]


def test_borders_of_the_week() -> None:
    days = [(0, 1), (6, 10), (7, 100), (34, 1000), (35, 10_000), (-1, 100_000)]
    daily = [("arms", (TODAY - timedelta(days=age)).isoformat(), n) for age, n in days]
    (move,) = changes(daily, TODAY, 4).moves
    assert (move.now, move.low, move.high) == (11, 0, 1000)


def test_weeks_count_only_where_most_feeds_reach_back() -> None:
    def reach(*ages: int) -> list[str]:
        return [(TODAY - timedelta(days=age)).isoformat() for age in ages]

    assert covered_weeks([], TODAY) == 0
    assert covered_weeks(reach(13), TODAY) == 1
    assert covered_weeks(reach(12), TODAY) == 0
    assert covered_weeks(reach(400), TODAY) == 8
    assert covered_weeks(reach(400, 400, 400, 400, 3), TODAY) == 8
    assert covered_weeks(reach(400, 400, 400, 3), TODAY) == 0


def test_a_young_tracker_says_that_it_does_not_know(desk: Desk, settings: Settings) -> None:
    for day in range(10):
        desk.arrive(f"Weapons {day}", at=NOW - timedelta(days=day))
    text = " ".join(preview(desk.connection, settings, NOW, "daily").text.split())
    assert "Not enough history yet to say what is usual" in text
    assert "above usual" not in text
    assert "Arms transfers (toward) ######################## 7 " in text


def test_a_burst_is_named_and_the_backfilled_past_owned_up_to(desk: Desk, settings: Settings) -> None:
    for day in range(0, 70, 3):
        desk.arrive(f"Weapons {day}", at=NOW - timedelta(days=day))
    for number in range(12):
        desk.arrive(f"Weapons again {number}")
    made = preview(desk.connection, settings, NOW, "daily")
    text = " ".join(made.text.split())
    assert "15 above usual 2–3" in text
    assert "read from the feeds afterwards" in text
    assert "Over all indicators: 15 toward (above usual 2–3)." in text
    assert made.html.count('class="range usual"') == 1
    desk.connection.execute(
        "insert into checks (feed_id, at, outcome) values ('harbour', ?, 'new')", (iso(NOW - timedelta(days=90)),)
    )
    assert "afterwards" not in preview(desk.connection, settings, NOW, "daily").text
