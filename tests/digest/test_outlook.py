"""What the daily job found, in mails: the indices with their direction, and weeks outside what is usual."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.digest.conftest import NOW, Desk
from tracker.clock import iso
from tracker.digest import preview
from tracker.settings import Settings
from tracker.store import judged
from tracker.store.judged import StoredReport

WEEK: dict[str, Any] = {"expected": 2.5, "lower": 1, "upper": 6, "days": 7}


def keep(desk: Desk, *, days_ago: int = 1, **weeks: int) -> None:
    """A stored report: so many stories of each indicator in its last week."""
    summary = {
        "exposure": 1.0,
        "indices": {
            "pressure": {"value": 0.31, "lower": -0.2, "upper": 0.8, "week_before": 0.11},
            "cooperation": {"value": 7.4, "lower": 4.1, "upper": 9.9, "week_before": 7.56},
            "pressure_specific": {"value": None},
        },
        "weeks": {indicator: {**WEEK, "stories": stories} for indicator, stories in weeks.items()},
    }
    last = (NOW - timedelta(days=days_ago)).date().isoformat()
    with desk.connection:
        judged.keep_report(desk.connection, StoredReport(last, iso(NOW), 1.0, "", summary))


def text_of(desk: Desk, settings: Settings) -> str:
    return " ".join(preview(desk.connection, settings, NOW, "daily").text.split())


def test_indices_come_with_their_direction(desk: Desk, settings: Settings) -> None:
    desk.arrive()
    keep(desk, arms=3)
    text = text_of(desk, settings)
    assert "↑ Pressure +0.31 [-0.20 to +0.80], up 0.20 in a week" in text
    assert "↓ Cooperation +7.40 [+4.10 to +9.90], down 0.16 in a week" in text
    assert "weight of evidence, not probability" in text
    html = preview(desk.connection, settings, NOW, "daily").html
    assert "+7.40</b>" in html
    assert "down 0.16 in a week" in html


def test_an_index_without_a_value_says_so(desk: Desk, settings: Settings) -> None:
    desk.arrive()
    keep(desk, arms=3)
    desk.connection.execute("update reports set summary = json_set(summary, '$.indices.pressure.value', null)")
    text = text_of(desk, settings)
    assert "Pressure no value yet, too little history" in text
    assert "Cooperation +7.40" in text


def test_indices_are_told_also_where_no_week_can_be_judged(desk: Desk, settings: Settings) -> None:
    desk.arrive()
    keep(desk)
    text = text_of(desk, settings)
    assert "Cooperation +7.40" in text
    assert "Not enough history yet" in text


def test_weeks_outside_what_is_usual_are_the_moves(desk: Desk, settings: Settings) -> None:
    desk.arrive()
    keep(desk, arms=9, curbs=0, doubt=4)
    text = text_of(desk, settings)
    assert "Stories of the seven days to 2 Feb; usual is what nine weeks of ten hold." in text
    assert "9 above usual 1–6" in text
    assert "Curbs on machine tools (toward) 0 below usual 1–6" in text
    assert "Doubts" not in text
    assert text.index("Arms transfers") < text.index("Curbs on machine tools"), "the most surprising first"
    assert "Over all indicators" not in text


def test_a_calm_week_is_called_calm(desk: Desk, settings: Settings) -> None:
    desk.arrive()
    keep(desk, arms=3)
    assert "In the seven days to 2 Feb no indicator left what nine weeks of ten hold." in text_of(desk, settings)


def test_an_old_report_or_one_of_the_future_is_not_told(desk: Desk, settings: Settings) -> None:
    desk.arrive()
    for days_ago in (4, -1):
        desk.connection.execute("delete from reports")
        keep(desk, days_ago=days_ago, arms=9)
        text = text_of(desk, settings)
        assert "Pressure" not in text
        assert "Not enough history yet" in text
