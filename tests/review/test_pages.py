"""Board, reading pages, feeds, and Datasette's own pages as we set them up."""

from __future__ import annotations

import re

import pytest

from tests.review import sample
from tests.review.conftest import Desk, Visitor
from tracker.review.metadata import QUERIES
from tracker.review.words import TABLES


async def test_the_board_counts_what_is_there(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/")).text
    for group in ("Drivers", "Cooperation", "Rhetoric", "Barriers", "Outcomes"):
        assert f"<h2>{group}</h2>" in page
    assert "Tuesday, 3 February 2026" in page
    assert "9 hits this week" in page
    assert "3 of 4</a> answered" in page
    assert "1 failing" in page
    assert page.count("not computed yet") == 3
    assert page.count('<svg class="spark') == len(sample.INDICATORS)
    assert "no stories in 90 days" in page
    assert "no hit yet" in page
    row = page[page.index('arms-transfer">Weapons change hands</a>', page.index("<table")) :].partition("</tr>")[0]
    assert "<strong>3</strong>" in row
    assert 'aria-label="3 to review"' in row


async def test_what_is_new_since_the_last_look(desk: Desk, ann: Visitor) -> None:
    assert "Mark all as seen" in (await ann.get("/")).text
    await ann.post("/-/tracker/seen", {"until": sample.STAMP})
    assert "0 new since" in (await ann.get("/")).text
    desk.db.execute("begin immediate")
    story = sample.add_story(desk.db, "2026-02-03")
    item = sample.add_item(desk.db, "harbour", "en", "More sanctions", "", "2026-02-03", story)
    hit = sample.add_hit(desk.db, 1, item, "sanctions", [("title", "sanctions")])
    desk.db.execute("update hits set found_at = '2026-02-03T06:10:00Z' where id = ?", (hit,))
    desk.db.commit()
    page = (await ann.get("/")).text
    assert "1 new since" in page
    assert ">1 new</span>" in page


async def test_an_empty_desk_says_what_to_do(desk: Desk, ann: Visitor) -> None:
    for table in ("hits", "daily_hits", "items", "stories", "indicators", "feeds"):
        desk.db.execute("pragma foreign_keys = off")
        desk.db.execute(f"delete from {table}")
    assert "No indicators yet" in (await ann.get("/")).text
    assert "tracker poll" in (await ann.get("/-/tracker/queue")).text
    assert "tracker feeds add URL" in (await ann.get("/-/tracker/feeds")).text
    assert "No verdicts yet" in (await ann.get("/-/tracker/history")).text


async def test_an_indicators_page(desk: Desk, ann: Visitor) -> None:
    desk.db.execute("update hits set status = 'confirmed' where id = 1")
    page = (await ann.get("/-/tracker/indicators/arms-transfer")).text
    for words in (
        "Weapons or ammunition handed over", "Museum pieces", "S12", "Each gains from the other.",
        "&#34;artillery shells&#34; OR снаряд* OR 炮弹", "1 confirmed, 0 rejected", "95 % interval 21–100 %",
        "Baseline: not computed yet", "ecall", "两国海军举行联合演习", "and <a href",
    ):  # fmt: skip
        assert words in page, words
    assert 'class="chart chart-toward wide"' in page
    assert page.count('<rect class="bar"') == 2 * 3
    assert (await ann.get("/-/tracker/indicators/arms-transfer?days=365")).status_code == 200
    assert (await ann.get("/-/tracker/indicators/nothing")).status_code == 404


async def test_a_storys_page_tells_who_told_it(ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/stories/1")).text
    for words in ("2 items", "2 outlets", "Harbour Post", "Mirror Daily", "Weapons change hands", "Joint exercises"):
        assert words in page


async def test_history_and_undo_from_it(desk: Desk, ann: Visitor) -> None:
    for hit in ("1", "2"):
        await ann.post("/-/tracker/verdict", {"hit": hit, "verdict": "confirmed", "seen": "0", "note": f"note {hit}"})
    page = (await ann.get("/-/tracker/history")).text
    assert page.index("note 2") < page.index("note 1")
    act = re.findall(r'name="act" value="(\d+)"', page)[-1]
    bob = await desk.signed_in("bob")
    assert (await bob.post("/-/tracker/undo", {"act": act})).status_code == 303
    page = (await ann.get("/-/tracker/history")).text
    assert "taken back by <bdi>bob</bdi>" in page
    assert "No such verdicts" in (await ann.get("/-/tracker/history?reviewer=bob")).text
    assert "note 1" in (await ann.get("/-/tracker/history?verdict=confirmed&reviewer=ann")).text


async def test_search_marks_what_it_found(ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/search", params={"q": "演习"})).text
    assert "1 item with" in page
    assert page.count('<mark title="found">演习</mark>') == 2
    page = (await ann.get("/-/tracker/search", params={"q": "УЧЕНИЯ"})).text
    assert '<mark title="found">учения</mark>' in page
    assert "Nothing found" in (await ann.get("/-/tracker/search?q=nothingatall")).text
    assert "All words must occur" in (await ann.get("/-/tracker/search")).text


async def test_feeds_are_paused_resumed_and_made_due(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/feeds")).text
    assert page.index("Mirror Daily") < page.index("Harbour Post")
    assert "the server did not answer in time, 4 times in a row" in page
    assert "4 d ago" in page
    for what, status in (("pause", "paused"), ("resume", "active")):
        assert (await ann.post("/-/tracker/feeds/change", {"feed": "harbour", "what": what})).status_code == 303
        assert desk.db.execute("select status from feeds where id = 'harbour'").fetchone()[0] == status
    await ann.post("/-/tracker/feeds/change", {"feed": "steppe", "what": "poll"})
    assert desk.db.execute("select next_due_at from feeds where id = 'steppe'").fetchone()[0] == sample.STAMP
    assert (await ann.post("/-/tracker/feeds/change", {"feed": "x", "what": "poll"})).status_code == 404
    assert (await ann.post("/-/tracker/feeds/change", {"feed": "steppe", "what": "drop"})).status_code == 404
    assert "None gone" in (await ann.get("/-/tracker/feeds?status=gone")).text


async def test_sources_of_archives_are_no_feeds(desk: Desk, ann: Visitor) -> None:
    desk.db.execute(
        """insert into feeds (id, url, declared_url, kind, status, added_at)
           values ('a', 'archive:a', 'archive:a', 'archive', 'paused', '2026-02-03T00:00:00Z')"""
    )
    page = (await ann.get("/-/tracker/feeds")).text
    assert "1 more" in page
    assert "all 4" in page
    assert "3 of 4</a> answered" in (await ann.get("/")).text


async def test_the_last_day_of_checks_is_drawn(desk: Desk, ann: Visitor) -> None:
    for at, outcome in (
        ("2026-02-03T05:10:00Z", "new"), ("2026-02-03T05:40:00Z", "failed"), ("2026-02-03T03:00:00Z", "failed"),
        ("2026-02-01T03:00:00Z", "new"),
    ):  # fmt: skip
        desk.db.execute("insert into checks (feed_id, at, outcome) values ('harbour', ?, ?)", (at, outcome))
    page = (await ann.get("/-/tracker/feeds")).text
    assert "answered in 1 of 24 hours, failed in 1" in page


async def test_plain_tables_have_facets_search_and_words(ann: Visitor) -> None:
    page = (await ann.get("/tracker/hits")).text
    assert "facet-results" in page
    assert "How strongly the query fired" in page
    assert 'class="desk-top"' in page
    for words, number in (("演习", 1), ("普京", 1), ("shells", 2), ("учения", 1)):
        rows = (await ann.get("/tracker/items.json", params={"_search": words, "_shape": "array"})).json()
        assert len(rows) == number, words
    assert (await ann.get("/tracker/hits.csv")).text.startswith("id,item_id")


@pytest.mark.parametrize("name", sorted(QUERIES))
async def test_canned_queries_run(ann: Visitor, name: str) -> None:
    answer = await ann.get(f"/tracker/{name}.json?_shape=array")
    assert answer.status_code == 200, answer.text


def test_every_table_and_column_is_described(desk: Desk) -> None:
    rows = desk.db.execute(
        """select m.name as name, c.name as column_name from sqlite_master m join pragma_table_info(m.name) c
           where m.type = 'table' and m.name not like 'items_fts%' and m.name not like 'sqlite%'
             and m.name not like '\\_sqlite\\_%' escape '\\'"""
    )
    missing = [f"{row[0]}.{row[1]}" for row in rows if row[1] not in TABLES.get(row[0], ("", {}))[1]]
    assert missing == [], "describe them in tracker/review/tables.toml"


def test_nothing_is_described_that_is_not_there(desk: Desk) -> None:
    for table, (_, columns) in TABLES.items():
        real = {row[1] for row in desk.db.execute(f"pragma table_info({table})")}
        assert set(columns) <= real, table
