"""`tracker report` as people and programs meet it."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.report.desk import SURGE
from tracker import report
from tracker.report import bars

EVENTS = "pressure:\n" + "".join(
    f"  - {{date: {day}, title: Listing, source: gazette}}\n" for day in ("2025-09-20", "2025-10-10", "2025-11-20")
)


def tracker(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "clock").write_text("2025-12-30T06:00:00Z")
    return subprocess.run(
        [sys.executable, "-m", "tracker", "--db", "tracker.db", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin", "TRACKER_CLOCK": str(folder / "clock")},
    )  # fmt: skip


def test_json_has_what_the_design_promises(db: sqlite3.Connection, tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_text(EVENTS)
    answer = tracker(tmp_path, "report", "--json", "--days", "60")
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    keys = {"generated_at", "known_at", "exposure", "series", "baselines", "alerts", "indices", "lead_lag", "quality"}
    assert keys <= set(said)
    assert len(said["days"]) == len(said["series"][0]["stories"]) == len(said["baselines"][0]["expected"]) == 60
    assert [(alert["indicator"], alert["day"], alert["kind"]) for alert in said["alerts"]] == [("arms", SURGE, "jump")]
    cooperation = said["indices"]["cooperation"]
    assert sum(part["value"] for part in cooperation["parts"]) == pytest.approx(cooperation["value"], abs=0.001)
    assert cooperation["parts"][0]["stories"][0]["hit"] > 0
    assert said["lead_lag"]["tests"][0]["ratio"] is None
    assert said["quality"] == {"arms": {"precision": None, "recall": None}}


def test_a_past_day_is_reported_as_it_was_known(db: sqlite3.Connection, tmp_path: Path) -> None:
    said = json.loads(tracker(tmp_path, "report", "--json", "--as-of", "2025-12-01").stdout)
    assert (said["last_day"], said["known_at"]) == ("2025-12-01", "2025-12-02T00:00:00Z")
    assert said["alerts"] == []


@pytest.mark.parametrize("arguments", [("--as-of", "soon"), ("--days", "3"), ("--keep", "--as-of", "2025-12-01")])
def test_wrong_use_exits_with_two(db: sqlite3.Connection, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    answer = tracker(tmp_path, "report", *arguments)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    answer = tracker(tmp_path, "report")
    assert answer.returncode == 2
    assert "there is no database yet" in answer.stderr
    assert not (tmp_path / "tracker.db").exists()


def test_keeping_prints_what_was_kept(db: sqlite3.Connection, tmp_path: Path) -> None:
    answer = tracker(tmp_path, "report", "--keep", "--json")
    assert json.loads(answer.stdout)["alerts_new"] == 1
    assert db.execute("select count(*) from reports").fetchone()[0] == 1


def test_no_line_is_wider_than_a_terminal_and_the_page_asks_for_nothing(db: sqlite3.Connection) -> None:
    hostile = "<script>alert(1)</script> 中俄关系" + "很长" * 60
    db.execute("update items set title = ?, url = 'javascript:alert(1)'", (hostile,))
    db.execute(
        "update indicators set title = ?, ratings = ? where id = 'arms'",
        ("Оружие 武器 " * 12, json.dumps({"alliance": "likely", "partnership": "unlikely", "drift": "unlikely"})),
    )
    found = report.load(db, "2025-12-30T06:00:00Z")
    assert found is not None
    facts = report.facts(db, found, "2025-12-30T06:00:00Z")
    assert facts["indices"]["cooperation"]["value"] > 0
    lines = list(report.lines(facts))
    assert max(map(cell_len, lines)) <= 80
    assert any("ALERTS: 1 in" in line for line in lines)
    page = report.page(facts, "https://desk.example.org")
    assert "<script" not in page
    assert "javascript:" not in page
    assert "很长" in page
    assert set(re.findall(r'(?:href|src)="([^"#]+)', page)) <= set(re.findall(r'href="(https://desk[^"]+)"', page))
    assert page.count("<svg") >= 3


def test_small_charts_tell_nothing_from_missing() -> None:
    assert bars.blocks([0, 1, 2, None, 4], highest=4) == " ▃▅·█"
    assert bars.blocks([None, None]) == "··"
    assert bars.course([-2, 0, 2]) == "▁▅█"
    assert bars.bunch([9, 1, 2, None, 4, 5], 3) == [12, 13.5]
    assert bars.bunch([9, None, None, 4], 3) == [None]
