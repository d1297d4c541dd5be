"""Real news over real HTTP into a real database: the wire's feeds through days of February 2026."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import whole_path
from benchmarks.newswire import running

DAYS = 7
CORE = (
    "chinese-weapons-to-russia", "russian-arms-sales-to-china", "sco-channelled-initiatives",
    "explicit-alliance-rhetoric", "non-alliance-reaffirmed", "sanctions-on-russia", "semiconductor-restrictions",
    "western-taiwan-support", "joint-statement-summit", "joint-military-activity", "discounted-energy",
    "un-votes-with-russia", "chinese-unease",
)  # fmt: skip


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sqlite3.Connection, whole_path.Totals]]:
    folder = tmp_path_factory.mktemp("week")
    with running("2026-02-01", "--speed", "0") as wire, whole_path.imported(folder, wire) as settings:
        totals = asyncio.run(whole_path.month(settings, wire, DAYS))
    connection = sqlite3.connect(settings.db)
    connection.row_factory = sqlite3.Row
    yield connection, totals
    connection.close()


Week = tuple[sqlite3.Connection, whole_path.Totals]


def test_every_feed_is_asked_and_none_fails(week: Week) -> None:
    _, totals = week
    assert totals.feeds == 208
    assert totals.sweeps == DAYS * 4 + 1
    assert totals.failed == 0
    assert totals.items > 3000
    assert totals.hits > 50


def test_no_item_is_stored_twice(week: Week) -> None:
    db, _ = week
    assert db.execute("select feed_id, guid, count(*) from items group by 1, 2 having count(*) > 1").fetchall() == []
    assert db.execute("select count(*) from items where guid = ''").fetchone()[0] == 0


def test_every_span_of_evidence_cuts_its_text_out_of_the_stored_item(week: Week) -> None:
    db, totals = week
    spans = 0
    for row in db.execute("select evidence, title, summary, body from hits join items on items.id = item_id"):
        for span in json.loads(row["evidence"]):
            assert row[span["field"]][span["start"] : span["end"]] == span["text"] != ""
            spans += 1
    assert spans >= totals.hits


def test_validators_vouch_only_for_stored_bodies(week: Week) -> None:
    db, _ = week
    rows = db.execute("select id from feeds where etag != '' and body_hash = ''").fetchall()
    assert rows == []
    assert db.execute("pragma integrity_check").fetchone()[0] == "ok"


def test_daily_counts_agree_with_the_hits(week: Week) -> None:
    db, totals = week
    assert db.execute("select sum(hits) from daily_hits").fetchone()[0] == totals.hits
    assert (
        db.execute("select sum(stories) from daily_hits").fetchone()[0]
        == db.execute("select count(*) from hits where primary_in_story").fetchone()[0]
    )


def test_the_full_text_index_finds_stored_chinese_words(week: Week) -> None:
    db, _ = week
    title = db.execute(
        "select title from items where language like 'zh%' and title glob '*[一-龥][一-龥]*' limit 1"
    ).fetchone()["title"]
    word = next(title[i : i + 2] for i in range(len(title) - 1) if all("一" <= c <= "龥" for c in title[i : i + 2]))
    found = db.execute("select rowid from items_fts where items_fts match ?", (f'"{word[0]} {word[1]}"',)).fetchall()
    holding = db.execute("select id from items where title || summary || body like ?", (f"%{word}%",)).fetchall()
    assert {r["id"] for r in holding} <= {r["rowid"] for r in found}


def test_the_archive_replays_through_the_same_pipeline(tmp_path: Path) -> None:
    from tracker.pipeline import Pipeline
    from tracker.replay import engine, workers
    from tracker.replay.database import Database
    from tracker.settings import Settings

    feeds = tmp_path / "feeds.yaml"
    feeds.write_text("feeds: []\n")
    settings = Settings(db=tmp_path / "t.db", feeds=feeds, indicators=whole_path.ROOT / "indicators.yaml")
    pipeline = Pipeline(settings)
    try:
        archive = whole_path.ROOT.parent / "shared/gold/items.jsonl"
        book = pipeline.in_force.codebook
        run = engine.Replay(Database(pipeline), workers.ThisProcess(book.text), book.digest)
        first, again = (run.run(engine.describe(archive, {})) for _ in range(2))
    finally:
        pipeline.close()
    assert (first.lines, first.bad_lines) == (1411, 0)
    assert first.items > 1390
    assert first.hits > 300
    assert (again.items, again.hits, again.blocks_skipped) == (0, 0, 1)
