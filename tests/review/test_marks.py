"""Tags, watched stories, silent feeds, near misses, and what filing by hand says of the queries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.review import sample
from tests.review.conftest import Desk, Visitor
from tracker.store.marks import tags_in

CODEBOOK = """
version: "1"
title: A test desk
lexicon:
  vessel: {en: [freighter, ship]}
indicators:
  - id: sanctions
    title: Western sanctions
    group: driver
    direction: toward
    query: sanction NEAR/8 @vessel
"""


async def test_tags_are_put_on_taken_off_and_searched_by(desk: Desk, ann: Visitor) -> None:
    assert (await ann.post("/-/tracker/tag", {"hit": "1", "tags": "Brief, 航运 #brief"})).status_code == 303
    assert [tuple(row) for row in desk.db.execute("select hit_id, tag, tagged_by from hit_tags order by tag")] == [
        (1, "brief", "ann"), (1, "航运", "ann"),
    ]  # fmt: skip
    assert 'value="brief 航运"' in (await ann.get("/-/tracker/queue?hit=1")).text
    tagged = (await ann.get("/-/tracker/list?tag=航运")).text
    assert re.findall(r'name="hit" value="(\d+)"', tagged) == ["1"]
    await ann.post("/-/tracker/tag", {"hit": "1", "tags": "brief"})
    assert desk.db.execute("select count(*) from hit_tags").fetchone()[0] == 1
    assert (await ann.post("/-/tracker/tag", {"hit": "999", "tags": "brief"})).status_code == 404
    rea = await desk.signed_in("rea")
    assert (await rea.post("/-/tracker/tag", {"hit": "1", "tags": "mine"})).status_code == 403


def test_what_is_no_word_is_no_tag() -> None:
    assert tags_in("One one <script> #two,two;three") == ("one", "two", "three")
    assert len(tags_in(" ".join(map(str, range(100))))) == 12


async def test_a_watched_story_is_told_when_it_grows(desk: Desk, ann: Visitor) -> None:
    assert (await ann.post("/-/tracker/watch", {"story": "1", "on": "1"})).status_code == 303
    board = (await ann.get("/")).text
    assert "Stories you watch" in board
    watched = board[board.index("Stories you watch") : board.index('class="indicators"')]
    assert "new</span>" not in watched
    desk.db.execute("begin immediate")
    sample.add_item(desk.db, "lantern", "zh", "货轮卸下炮弹", "", "2026-02-03", 1)
    desk.db.commit()
    assert "1 new</span>" in (await ann.get("/")).text
    assert "Stop watching" in (await ann.get("/-/tracker/stories/1")).text
    assert "1 new</span>" not in (await ann.get("/")).text
    await ann.post("/-/tracker/watch", {"story": "1"})
    assert "Stories you watch" not in (await ann.get("/")).text
    assert (await ann.post("/-/tracker/watch", {"story": "999", "on": "1"})).status_code == 404


async def test_filing_by_hand_is_evidence_of_a_miss_until_it_is_undone(desk: Desk, ann: Visitor) -> None:
    await ann.post("/-/tracker/file", {"item": "5", "indicator": "sanctions"})
    hit = desk.db.execute("select id from hits where item_id = 6").fetchone()[0]
    await ann.post("/-/tracker/file", {"item": "6", "indicator": "pact", "instead_of": str(hit), "seen": "0"})
    rows = "select item_id, indicator_id, stratum, probability, verdict, reviewer from samples order by item_id"
    assert [tuple(row) for row in desk.db.execute(rows)] == [
        (5, "sanctions", "non_hit", None, "confirmed", "ann"), (6, "pact", "non_hit", None, "confirmed", "ann"),
    ]  # fmt: skip
    await ann.post("/-/tracker/undo")
    await ann.post("/-/tracker/undo")
    assert desk.db.execute(rows).fetchall() == []


async def test_a_drawn_sample_is_judged_by_filing_and_unjudged_by_undoing(desk: Desk, ann: Visitor) -> None:
    desk.db.execute(
        """insert into samples (item_id, indicator_id, stratum, probability, drawn_at)
           values (5, 'pact', 'non_hit', 0.1, ?)""",
        (sample.STAMP,),
    )
    await ann.post("/-/tracker/file", {"item": "5", "indicator": "pact"})
    assert desk.db.execute("select verdict, probability from samples").fetchone()[:] == ("confirmed", 0.1)
    await ann.post("/-/tracker/undo")
    assert desk.db.execute("select verdict, probability from samples").fetchone()[:] == (None, 0.1)


async def test_a_feed_that_answers_but_falls_silent_is_stale(desk: Desk, ann: Visitor) -> None:
    desk.db.execute("begin immediate")
    for day in range(10, 22):
        sample.add_item(desk.db, "steppe", "ru", f"новость {day}", "", f"2026-01-{day}", None)
        sample.add_item(desk.db, "mirror", "en", f"news {day}", "", f"2026-01-{day}", None)
    desk.db.execute(
        """update items set published_at = '2026-01-09T00:00:00Z'
           where feed_id in ('steppe', 'mirror') and day > '2026-01-21'"""
    )
    desk.db.commit()
    page = (await ann.get("/-/tracker/feeds?status=stale")).text
    assert "nothing new since 2026-01-21" in page
    assert "Степной вестник" in page
    assert "Mirror Daily" not in page
    assert "Harbour Post" not in page


async def test_near_misses_and_expansions_come_after_a_moment(desk: Desk, ann: Visitor, tmp_path: Path) -> None:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    desk.db.execute("begin immediate")
    sample.add_item(
        desk.db, "harbour", "en", "Ships stay in harbour", "A freighter waits for papers.", "2026-02-03", None
    )
    desk.db.commit()
    assert "Being worked out" in (await ann.get("/-/tracker/indicators/sanctions")).text
    desk.datasette.desk.near_misses.wait(20)
    page = (await ann.get("/-/tracker/indicators/sanctions")).text
    assert "lacks <code>sanction" in page
    assert '<mark title="freighter">freighter</mark>' in page
    assert "<dt>@vessel</dt><dd>freighter, ship</dd>" in page
    assert re.search(r"<dt>sanction</dt><dd>[^<]*sanctions", page)


@pytest.mark.parametrize("text", [None, "indicators: 3"])
async def test_a_codebook_that_cannot_be_read_is_said(
    desk: Desk, ann: Visitor, tmp_path: Path, text: str | None
) -> None:
    if text:
        (tmp_path / "indicators.yaml").write_text(text)
    desk.datasette.desk.near_misses.latest()
    desk.datasette.desk.near_misses.wait(20)
    assert "cannot be read or holds an error" in (await ann.get("/-/tracker/indicators/sanctions")).text
