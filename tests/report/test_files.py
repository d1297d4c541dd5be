"""events.yaml and ratings/: what people write, and what they are told when they slip."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tracker.model import ConfigError
from tracker.report import calendar, raters


def complaint(codebook: Path) -> str:
    with pytest.raises(ConfigError) as error:
        calendar.load(codebook)
    return str(error.value)


def test_holidays_come_every_year_or_once_and_may_cross_new_year(tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_text(
        "holidays:\n  - {name: New Year, days: [12-31..01-02]}\n"
        "  - {name: Once, days: [2026-02-16..2026-02-17, 02-29]}\n"
    )
    found = calendar.load(tmp_path / "indicators.yaml")
    days = ["2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03", "2025-02-16", "2026-02-17", "2028-02-29"]
    assert found.holidays(days) == {"2024-12-31", "2025-01-02", "2026-02-17", "2028-02-29"}


def test_without_the_file_there_are_no_events(tmp_path: Path) -> None:
    assert calendar.load(tmp_path / "indicators.yaml") == calendar.Calendar()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pressure:\n  - {date: soon, title: Listing, source: x}", "events.yaml:2:12: an event needs a date"),
        ("pressure:\n  - {date: 2026-02-30, title: Listing, source: x}", "needs a date"),
        ("pressure:\n  - {date: 2026-02-03, title: Listing}", "the event of 2026-02-03 needs a source"),
        ("cooperation:\n  - {date: 2026-02-03, source: x}", "needs a title"),
        ("holidays:\n  - {name: Long, days: [01-01..03-01]}", "is no span of at most 31 days"),
        ("holidays:\n  - {name: Back, days: [2026-02-03..2026-02-01]}", "is no span"),
        ("holidays:\n  - {name: Mixed, days: [2026-02-03..02-05]}", "is no span"),
        ("holidays:\n  - {name: Nothing}", "a holiday needs days"),
        ("holiday: []", "did you mean holidays?"),
    ],
)
def test_each_slip_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "events.yaml").write_text(text)
    assert said in complaint(tmp_path / "indicators.yaml")


def test_the_events_that_come_with_tracker_are_whole() -> None:
    found = calendar.load(ROOT / "indicators.yaml")
    assert len(found.events) >= 20
    assert len(found.acts) >= 10
    assert all(event.source for event in (*found.events, *found.acts))
    assert found.holidays(["2024-10-03", "2024-02-12", "2024-03-20"]) == {"2024-10-03", "2024-02-12"}


def test_each_rater_has_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "ratings"
    folder.mkdir()
    (folder / "ann.yaml").write_text("rater: Ann\nratings:\n  arms: {alliance: likely, drift: unlikely}\n")
    (folder / "bo.yaml").write_text(
        "ratings:\n  arms: {alliance: very likely, drift: unlikely}\n  amrs: {drift: likely}\n"
    )
    found = raters.load(tmp_path / "indicators.yaml")
    assert list(found) == ["Ann", "bo"]
    assert found["bo"]["arms"]["alliance"] == "very likely"
    assert raters.unknown(found, ["arms"]) == [("bo", "amrs")]


def test_a_word_that_is_no_likelihood_is_refused_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "ratings"
    folder.mkdir()
    (folder / "ann.yaml").write_text("rater: Ann\nratings:\n  arms: {alliance: probable}\n")
    with pytest.raises(ConfigError) as error:
        raters.load(tmp_path / "indicators.yaml")
    assert "ann.yaml:3:20: 'probable' is no term of likelihood" in str(error.value)
