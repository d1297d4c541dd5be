from __future__ import annotations

import json
import sqlite3

import pytest

from tests.store.conftest import NOW, identified
from tracker.model import Evidence, Match
from tracker.store import hits, items, stories
from tracker.store.connect import writing


def match(indicator: str = "arms", score: float = 0.5, text: str = "weapons") -> Match:
    return Match(indicator, score, (Evidence("title", 0, len(text), text, "weapon*"),))


def hit(db: sqlite3.Connection, guid: str, *matches: Match, story: int | None = None, feed: str = "harbour") -> int:
    with writing(db):
        (stored,) = items.store(db, feed, [identified(guid=guid, title=guid)], NOW)
        if story is None:
            stories.new(db, stored.id, stored.day)
        else:
            stories.join(db, story, stored.id)
        hits.add(db, stored.id, matches, codebook_id=1, content_hash="h", now=NOW)
    return stored.id


def daily(db: sqlite3.Connection, indicator: str = "arms") -> dict[str, int]:
    row = db.execute("select stories, hits, confirmed, rejected from daily_hits where indicator_id = ?", (indicator,))
    return dict(row.fetchone() or {})


def recount(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for row in db.execute(
            """select indicator_id, day, sum(primary_in_story and status != 'rejected'), count(*),
                      sum(status = 'confirmed'), sum(status = 'rejected')
               from hits where status != 'withdrawn' group by 1, 2 order by 1, 2"""
        )
    ]


def test_a_hit_keeps_its_evidence_and_its_codebook(db: sqlite3.Connection) -> None:
    hit(db, "a", match())
    row = db.execute("select * from hits").fetchone()
    assert json.loads(row["evidence"]) == [
        {"field": "title", "start": 0, "end": 7, "text": "weapons", "term": "weapon*", "concept": ""}
    ]
    assert (row["codebook_id"], row["status"], row["day"], row["found_at"]) == (1, "new", "2026-02-02", NOW)


def test_the_first_hit_of_a_story_is_primary_and_copies_count_as_one_story(db: sqlite3.Connection) -> None:
    hit(db, "a", match())
    hit(db, "b", match(), match("doubt"), story=1, feed="steppe")
    primaries = db.execute("select item_id, indicator_id, primary_in_story from hits order by id").fetchall()
    assert [tuple(p) for p in primaries] == [(1, "arms", 1), (2, "arms", 0), (2, "doubt", 1)]
    assert daily(db) == {"stories": 1, "hits": 2, "confirmed": 0, "rejected": 0}
    assert tuple(db.execute("select size, outlets from stories").fetchone()) == (2, 2)


def test_new_evidence_replaces_old_only_where_nobody_has_judged(db: sqlite3.Connection) -> None:
    item = hit(db, "a", match(), match("doubt"))
    db.execute("update hits set status = 'confirmed' where indicator_id = 'doubt'")
    with writing(db):
        changed = [match(score=0.9, text="arms"), match("doubt", score=0.9, text="arms")]
        assert hits.add(db, item, changed, codebook_id=1, content_hash="h2", now=NOW) == 0
    rows = {r["indicator_id"]: r for r in db.execute("select * from hits")}
    assert (rows["arms"]["score"], rows["arms"]["content_hash"]) == (0.9, "h2")
    assert (rows["doubt"]["score"], rows["doubt"]["content_hash"]) == (0.5, "h")


def test_a_hit_that_no_longer_matches_is_withdrawn_and_a_copy_becomes_primary(db: sqlite3.Connection) -> None:
    item = hit(db, "a", match(), match("doubt"))
    hit(db, "b", match(), story=1)
    db.execute("update hits set status = 'rejected' where indicator_id = 'doubt'")
    with writing(db):
        hits.withdraw_absent(db, item, [])
    rows = [
        tuple(r) for r in db.execute("select item_id, indicator_id, status, primary_in_story from hits order by id")
    ]
    assert rows == [(1, "arms", "withdrawn", 0), (1, "doubt", "rejected", 1), (2, "arms", "new", 1)]
    assert daily(db) == {"stories": 1, "hits": 1, "confirmed": 0, "rejected": 0}


@pytest.mark.parametrize("status", ["confirmed", "rejected", "unsure", "withdrawn"])
def test_daily_counts_follow_every_change_of_status_and_back(db: sqlite3.Connection, status: str) -> None:
    hit(db, "a", match())
    hit(db, "b", match(), story=1)
    before = daily(db)
    for new in (status, "new"):
        db.execute("update hits set status = ? where item_id = 1", (new,))
        assert [tuple(r) for r in db.execute("select * from daily_hits where hits > 0 order by 1, 2")] == recount(db)
    assert daily(db) == before
    db.execute("delete from hits where item_id = 2")
    assert daily(db)["hits"] == 1
