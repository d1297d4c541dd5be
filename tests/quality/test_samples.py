"""Samples in a real database: drawn by stratum, read blind, estimated from."""

from __future__ import annotations

import json
import sqlite3

import pytest
from click.testing import CliRunner

from tests.backtest.conftest import CODEBOOK
from tracker.cli import tracker as command
from tracker.indicators import trial
from tracker.quality import draw as drawing
from tracker.quality import estimates
from tracker.settings import Settings
from tracker.store import reviews, samples

AT = "2026-02-03T00:00:00Z"
PLAN = drawing.Plan(hits=10, near_misses=8, suppressed=5, others=6, look_at=90)


def drawn(db: sqlite3.Connection, seed: int = 1, plan: drawing.Plan = PLAN) -> dict[str, dict[samples.Stratum, int]]:
    return drawing.draw(db, trial.read_text(CODEBOOK), ["fairs"], plan, now=AT, seed=seed)


def read_all(db: sqlite3.Connection, verdict: dict[str, str], reader: str = "ann") -> None:
    while (found := samples.next_sample(db, reader)) is not None:
        stratum = db.execute("select stratum from samples where id = ?", (found,)).fetchone()[0]
        samples.read(db, found, verdict[stratum], reader=reader, at=AT)  # type: ignore[arg-type]


def test_every_stratum_is_drawn_with_what_it_was_drawn_from(db: sqlite3.Connection) -> None:
    assert drawn(db) == {"fairs": {"hit": 10, "near_miss": 8, "suppressed": 0, "non_hit": 6}}
    hit, near = samples.tally(db, "fairs", "hit"), samples.tally(db, "fairs", "near_miss")
    assert hit is not None
    assert near is not None
    assert (hit.frame.stories, hit.drawn) == (20, 10)
    stories = len(samples.first_items(db, ""))
    assert near.frame.stories == stories - 20
    texts = db.execute(
        "select i.title, s.missing_clause from samples s join items i on i.id = s.item_id where stratum = 'near_miss'"
    ).fetchall()
    assert {(row[0].split(":")[0], row[1]) for row in texts} == {("Drill by the sea", "fair")}
    chance = db.execute("select probability from samples where stratum = 'hit'").fetchone()[0]
    assert chance == pytest.approx(0.5)


def test_the_same_seed_draws_the_same(db: sqlite3.Connection) -> None:
    drawn(db)
    first = db.execute("select item_id, stratum from samples where frame_id is not null order by id").fetchall()
    drawn(db)
    frames = db.execute("select max(id) - 4 from sample_frames").fetchone()[0]
    again = db.execute("select item_id, stratum from samples where frame_id > ? order by id", (frames,)).fetchall()
    assert sorted(map(tuple, first)) == sorted(map(tuple, again))


def test_readings_become_verdicts_misses_become_hits_and_estimates_follow(db: sqlite3.Connection) -> None:
    drawn(db)
    before = estimates.of_indicator(db, "fairs")
    assert before.precision is None
    assert before.recall is None
    read_all(db, {"hit": "confirmed", "near_miss": "confirmed", "non_hit": "rejected"})
    found = estimates.of_indicator(db, "fairs")
    assert (found.read, found.drawn) == (24, 24)
    assert found.precision is not None
    assert found.recall is not None
    assert found.recall_near is not None
    assert found.precision.value == pytest.approx(10.5 / 11)
    assert 0.4 < found.recall_near.value < 0.6, "20 hits, and as many near misses that bear on it"
    assert found.recall.lower < found.recall_near.lower
    filed = db.execute("select count(*) from hits where origin = 'analyst' and status = 'confirmed'").fetchone()[0]
    assert filed == 8


def test_a_verdict_from_the_queue_counts_when_its_turn_comes_and_undoing_takes_it_out(db: sqlite3.Connection) -> None:
    drawn(db)
    order = [
        row[0]
        for row in db.execute(
            """select h.id from samples s join hits h on h.item_id = s.item_id and h.indicator_id = s.indicator_id
               where s.stratum = 'hit' order by s.id"""
        )
    ]
    reviews.judge(db, order[1], "rejected", reviewer="bob", at=AT, seen_review_id=0)
    tally = samples.tally(db, "fairs", "hit")
    assert tally is not None
    assert (tally.confirmed, tally.rejected) == (0, 0), "the first in order is unread"
    act = reviews.judge(db, order[0], "confirmed", reviewer="bob", at=AT, seen_review_id=0)
    tally = samples.tally(db, "fairs", "hit")
    assert tally is not None
    assert (tally.confirmed, tally.rejected) == (1, 1)
    reviews.undo(db, act.id, by="bob", at=AT)
    tally = samples.tally(db, "fairs", "hit")
    assert tally is not None
    assert (tally.confirmed, tally.rejected) == (0, 0)


def test_some_are_read_by_a_second_analyst_and_agreement_follows(db: sqlite3.Connection) -> None:
    drawn(db)
    everything = {"hit": "confirmed", "near_miss": "rejected", "non_hit": "rejected"}
    read_all(db, everything)
    assert estimates.agreement_of_all(db) is None
    read_all(db, everything, reader="bob")
    agreed = estimates.agreement_of_all(db)
    assert agreed is not None
    assert agreed.alpha == 1.0
    assert agreed.units == db.execute("select count(*) from samples where id % 5 = 0").fetchone()[0]
    with pytest.raises(LookupError):
        samples.read(db, 5, "rejected", reader="bob", at=AT)
    verdict = db.execute("select status from hits where origin = 'query' and status != 'new'").fetchall()
    assert {row[0] for row in verdict} == {"confirmed"}


def test_the_command_draws_and_tells(settings: Settings, db: sqlite3.Connection) -> None:
    general = ["--db", str(settings.db), "--indicators", str(settings.indicators), "quality"]
    ran = CliRunner().invoke(command, [*general, "draw", "fairs", "--seed", "3", "--hits", "5"])
    assert ran.exit_code == 0, ran.output
    assert "samples drawn for 1 indicators (seed 3)" in ran.output
    read_all(db, {"hit": "rejected", "near_miss": "rejected", "non_hit": "rejected"})
    told = json.loads(CliRunner().invoke(command, [*general, "--json"]).stdout)
    assert told["quality"]["fairs"]["precision"]["lower"] == 0
    assert told["quality"]["drills"]["precision"] is None
    shown = CliRunner().invoke(command, general).output
    assert "0.08 0.00" in shown
    assert "Nothing drawn yet for 2 indicators" in shown
    assert CliRunner().invoke(command, [*general, "draw", "nothing"]).exit_code != 0
