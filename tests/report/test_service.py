"""The daemon renews the stored report when a day has ended, in a process of its own."""

from __future__ import annotations

from pathlib import Path

from tests.test_daemon import News, desk, news, rows, service

__all__ = ["desk", "news"]


def test_a_day_that_ends_brings_a_report_and_a_faulty_calendar_ends_nothing(desk: Path, news: News) -> None:
    with service(desk) as running:
        running.until("swept")
        (desk / "events.yaml").write_text("pressure:\n  - {date: soon, title: Listing, source: x}\n")
        (desk / "clock").write_text("2026-02-04T00:10:00Z")
        assert "needs a date" in running.until("report was not renewed")
        (desk / "events.yaml").unlink()
        (desk / "clock").write_text("2026-02-04T01:20:00Z")
        assert "2026-02-03" in running.until("report renewed")
        assert running.stop() == 0
    assert rows(desk, "select last_day from reports") == [("2026-02-03",)]
    # Both feeds told of it, and the copy in the second feed is the same story.
    assert rows(desk, "select stories, expected from report_days where day = '2026-02-03'") == [(1, None)]
