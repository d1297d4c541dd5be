"""No check comes late by more than a fiftieth of its feed's interval."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.virtual_week import live


def test_a_day_of_some_feeds(tmp_path: Path) -> None:
    week = live(tmp_path / "day.db", 100, 1)
    assert week.checks > 500
    assert week.latest <= 0.02


@pytest.mark.soak
def test_a_week_of_ten_thousand_feeds(tmp_path: Path) -> None:
    week = live(tmp_path / "week.db", 10_000, 7)
    assert week.checks > 500_000
    assert week.latest <= 0.02
