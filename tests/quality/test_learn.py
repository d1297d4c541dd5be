"""Learning from verdicts in a real database: waiting hits get a relevance, none is hidden."""

from __future__ import annotations

import sqlite3

from click.testing import CliRunner

from tracker.cli import tracker as command
from tracker.quality import learn
from tracker.settings import Settings
from tracker.store import reviews


def judge(db: sqlite3.Connection, most: int) -> None:
    """Drills by the sea are right, those in the hills are not."""
    rows = db.execute(
        """select h.id, i.title from hits h join items i on i.id = h.item_id
           where h.indicator_id = 'drills' and h.status = 'new' order by h.id limit ?""",
        (most,),
    ).fetchall()
    for row in rows:
        verdict = "confirmed" if "sea" in row["title"] else "rejected"
        reviews.judge(db, row["id"], verdict, reviewer="ann", at="2026-02-03T00:00:00Z", seen_review_id=0)


def test_what_waits_is_scored_and_stays(settings: Settings, db: sqlite3.Connection) -> None:
    from tracker.analysis import relevance_training

    judge(db, 30)
    assert learn.train(db, settings.db).gain is None, "30 verdicts are too few"
    verdicts = relevance_training.train.__defaults__
    relevance_training.train.__defaults__ = (30,)
    try:
        learnt = learn.train(db, settings.db)
    finally:
        relevance_training.train.__defaults__ = verdicts
    assert learnt.indicators == ("drills",)
    assert learnt.gain is not None
    assert learnt.gain.difference > 0
    waiting = db.execute(
        """select i.title, h.relevance from hits h join items i on i.id = h.item_id
           where h.indicator_id = 'drills' and h.status = 'new'"""
    ).fetchall()
    assert len(waiting) == learnt.scored == 10
    sea = [row["relevance"] for row in waiting if "sea" in row["title"]]
    hills = [row["relevance"] for row in waiting if "hills" in row["title"]]
    assert min(sea) > max(hills)
    others = db.execute("select count(*) from hits where indicator_id != 'drills' and relevance is not null")
    assert others.fetchone()[0] == 0


def test_the_command_says_that_verdicts_are_too_few(settings: Settings) -> None:
    ran = CliRunner().invoke(command, ["--db", str(settings.db), "relevance", "train"])
    assert ran.exit_code == 0, ran.output
    assert "0 verdicts: too few" in ran.output
