"""Backtests over a real database and a real archive, and adopting beside other writers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.backtest.conftest import CODEBOOK, EDITED
from tracker.backtest import compare
from tracker.backtest.adopt import adopt
from tracker.cli import tracker as command
from tracker.indicators import trial
from tracker.indicators.codebook import Codebook
from tracker.indicators.difference import difference, only, together
from tracker.model import CheckResult, Item
from tracker.pipeline import Pipeline
from tracker.settings import Settings
from tracker.store import adoptions, reviews, series
from tracker.store.connect import connect

NOW = datetime(2026, 2, 3, tzinfo=UTC)


def books() -> tuple[Codebook, Codebook]:
    return trial.read_text(CODEBOOK), trial.read_text(EDITED)


def judge(db: sqlite3.Connection, indicator: str, word: str, verdict: str) -> int:
    """A verdict on the first hit whose title begins with ``word``."""
    row = db.execute(
        """select h.id from hits h join items i on i.id = h.item_id
           where h.indicator_id = ? and i.title like ? and h.status = 'new' order by h.id limit 1""",
        (indicator, f"{word}%"),
    ).fetchone()
    reviews.judge(db, row["id"], verdict, reviewer="ann", at="2026-02-01T00:00:00Z", seen_review_id=0)  # type: ignore[arg-type]
    return int(row["id"])


def test_only_what_an_edit_touches_differs() -> None:
    before, after = books()
    assert difference(before, after).all == ("drills", "storms")
    retold = trial.read_text(
        CODEBOOK.replace("title: Drills", "title: Naval drills").replace("[sea, ocean]", "[ocean, sea]")
    )
    assert difference(before, retold).all == ()
    wider = trial.read_text(CODEBOOK.replace("[sea, ocean]", "[sea, ocean, bay]"))
    assert difference(before, wider).changed == ("fairs",)
    fewer = trial.read_text(CODEBOOK[: CODEBOOK.index("  - {id: storms")])
    assert difference(before, fewer).removed == ("storms",)
    assert difference(fewer, before).added == ("storms",)


def test_a_codebook_cut_down_keeps_what_its_indicators_lean_on() -> None:
    small = only(books()[0], ["fairs"])
    assert [one.indicator.id for one in small.definitions] == ["fairs"]
    assert set(small.lexicon) == {"sea"}


def test_two_codebooks_are_matched_as_one_only_where_names_mean_the_same() -> None:
    before, after = books()
    both = together(before, after, "old ")
    assert both is not None
    assert [one.id for one in both.indicators] == ["old drills", "old fairs", "old storms", "drills", "fairs", "storms"]
    assert together(before, trial.read_text(CODEBOOK.replace("ocean", "bay")), "old ") is None


def test_one_query_is_tried_without_touching_the_rest() -> None:
    before = books()[0]
    tried = trial.with_query(before, "fairs", 'fair AND (@sea OR "open\nair")')
    assert difference(before, tried).changed == ("fairs",)
    with pytest.raises(Exception, match="query of fairs:2:"):
        trial.with_query(before, "fairs", "fair AND\n(sea")
    with pytest.raises(Exception, match="there is no concept @moon"):
        trial.with_query(before, "fairs", "fair AND @moon")


@pytest.mark.parametrize("processes", [0, 2])
def test_hits_gained_and_lost_with_what_becomes_of_verdicts(
    settings: Settings, db: sqlite3.Connection, processes: int
) -> None:
    judge(db, "drills", "Drill in", "confirmed")
    judge(db, "drills", "Drill in", "rejected")
    judge(db, "drills", "Drill by", "confirmed")
    outcome = compare.stored(db, settings.db, *books(), processes=processes)
    drills, storms = outcome.rows
    assert (outcome.items, drills.before, drills.gained, drills.lost, drills.after) == (100, 40, 0, 20, 20)
    assert (drills.confirmed_kept, drills.confirmed_lost, drills.rejected_lost) == (1, 1, 1)
    assert (storms.before, storms.gained, storms.lost) == (20, 20, 0)
    assert {kind: len(found) for kind, found in outcome.drawn.items()} == {
        "gained": 20, "lost": 18, "lost_confirmed": 1, "lost_rejected": 1, "found_confirmed": 0,
    }  # fmt: skip


@pytest.mark.parametrize("names", ["same", "other"])
def test_an_archive_gives_the_same_as_the_store(settings: Settings, db: sqlite3.Connection, names: str) -> None:
    before, after = books()
    if names == "other":
        after = trial.read_text(EDITED.replace("[sea, ocean]", "[sea, ocean, hills]"))
    stored = compare.stored(db, settings.db, before, after)
    archived = compare.archived(settings.db.parent / "archive.jsonl", before, after)
    counts = [[(r.indicator, r.before, r.gained, r.lost, r.after) for r in o.rows] for o in (stored, archived)]
    assert counts[0] == counts[1]
    assert counts[0]


def test_the_command_shows_examples_with_evidence_and_the_effect(settings: Settings, db: sqlite3.Connection) -> None:
    judge(db, "drills", "Drill in", "confirmed")
    new, page = settings.db.parent / "new.yaml", settings.db.parent / "out.html"
    new.write_text(EDITED)
    general = ["--db", str(settings.db), "--indicators", str(settings.indicators)]
    ran = CliRunner().invoke(command, [*general, "backtest", str(new), "--json", "--html", str(page)], obj=None)
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    gained = found["examples"]["gained"][0]
    span = gained["evidence"][0]
    assert gained["title"][span["start"] : span["end"]] == span["text"] == "Wind"
    assert found["examples"]["lost_confirmed"][0]["lacks"] == "@sea"
    drills = next(one for one in found["effect"]["changed"] if one["indicator"] == "drills")
    assert sum(drills["before"]) == 40
    assert sum(drills["after"]) == 21, "a confirmed hit stays in the series"
    assert "<mark>Wind</mark>" in page.read_text()
    again = CliRunner().invoke(command, [*general, "backtest", str(new), "--json"], obj=None)
    assert json.loads(again.stdout)["examples"] == found["examples"]
    told = CliRunner().invoke(command, [*general, "backtest", str(new)], obj=None)
    assert found["processes"] == 1, "a small store is not worth another process"
    assert "items/s, 1 process)" in " ".join(told.stdout.split())


def test_adopting_loses_nothing_that_was_reviewed(settings: Settings, db: sqlite3.Connection) -> None:
    lost, kept = judge(db, "drills", "Drill in", "confirmed"), judge(db, "drills", "Drill by", "rejected")
    _, after = books()
    finished = adopt(db, settings, after, lambda: NOW)
    assert (finished.gained, finished.withdrawn, finished.kept) == (20, 19, 1)
    assert settings.indicators.read_text() == EDITED
    state = dict(
        db.execute("select id, status || ' ' || (lost_by is not null) from hits where id in (?, ?)", (lost, kept))
    )
    assert state == {lost: "confirmed 1", kept: "rejected 0"}
    assert series.breaks(db, "2026-12-31") == {}
    assert db.execute("select count(*) from codebooks where adopted_at is not null").fetchone()[0] == 2
    reviews.undo(db, reviews.last_act(db, "ann") or 0, by="ann", at="2026-02-03T00:00:00Z")
    back = adopt(db, settings, books()[0], lambda: NOW)
    assert back.gained == 19, "what was withdrawn is found again"
    assert db.execute("select count(*) from hits where lost_by is not null").fetchone()[0] == 0


def test_stories_keep_one_primary_hit_when_a_withdrawn_one_comes_back(
    settings: Settings, db: sqlite3.Connection
) -> None:
    before, after = books()
    count = "select count(*) from hits where indicator_id = 'drills' and primary_in_story and status = 'new'"
    at_first = db.execute(count).fetchone()[0]
    adopt(db, settings, after, lambda: NOW)
    adopt(db, settings, before, lambda: NOW)
    assert db.execute(count).fetchone()[0] == at_first


def test_a_daemon_at_work_follows_an_adoption(settings: Settings, db: sqlite3.Connection) -> None:
    (settings.feeds).write_text("feeds:\n  - {id: quay, url: 'http://127.0.0.1/quay.xml', title: Quay}\n")
    pipeline = Pipeline(settings)
    adopt(db, settings, books()[1], lambda: NOW)
    item = Item("w", "http://127.0.0.1/w", "Wind from the east", "", published_at="2026-02-02T00:00:00Z")
    result = CheckResult("quay", "2026-02-03T00:00:00Z", "new", status=200, items=(item,))
    stored = pipeline.store_checks([(pipeline.due(everything=True)[0], result)])
    pipeline.close()
    assert stored == [(1, 1)]


def test_an_adoption_stops_where_another_codebook_comes_into_force(settings: Settings, db: sqlite3.Connection) -> None:
    def meddle(_: adoptions.Adoption) -> None:
        settings.indicators.write_text(CODEBOOK)
        Pipeline(settings).close()

    with pytest.raises(adoptions.SupersededError):
        adopt(db, settings, books()[1], lambda: NOW, meddle)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from tracker.backtest import adopt as module
from tracker.indicators import trial
from tracker.settings import Settings
from tracker.store.connect import connect
folder = Path(sys.argv[1])
settings = Settings(db=folder / "t.db", indicators=folder / "indicators.yaml", feeds=folder / "feeds.yaml")
module.BATCH = 10
def die(adoption):
    if adoption.done_until >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
book = trial.read_text((folder / "new.yaml").read_text())
module.adopt(connect(settings.db), settings, book, lambda: datetime(2026, 2, 3, tzinfo=UTC), die)
"""


def test_killed_in_the_middle_it_goes_on_where_it_stood(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(EDITED)
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), "40"], check=False, capture_output=True, env=dict(os.environ)
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    connection = connect(settings.db)
    cut = adoptions.get(connection, adoptions.newest(connection))
    assert cut.done_until == 40
    finished = adopt(connection, settings, books()[1], lambda: NOW)
    assert finished.id == cut.id
    assert (finished.gained, finished.withdrawn) == (20, 20)
    found = connection.execute("select indicator_id, count(*) from hits where status = 'new' group by 1").fetchall()
    assert [tuple(row) for row in found] == [("drills", 20), ("fairs", 20), ("storms", 40)]
    connection.close()


def test_adopting_goes_with_everything_stored(settings: Settings) -> None:
    (settings.db.parent / "new.yaml").write_text(EDITED)
    general = ["--db", str(settings.db), "--indicators", str(settings.indicators)]
    new = str(settings.db.parent / "new.yaml")
    assert CliRunner().invoke(command, [*general, "backtest", new, "--adopt", "--since", "2026-01-05"]).exit_code == 2
    ran = CliRunner().invoke(command, [*general, "backtest", new, "--adopt"])
    assert ran.exit_code == 0, ran.output
    assert "Adopted. 20 hits gained" in ran.output
    assert "changes what no indicator means" in CliRunner().invoke(command, [*general, "backtest", new]).output
