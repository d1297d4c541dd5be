"""Lists, many verdicts at once, exports, the Atom feed, filing by hand and assigning."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET

import pytest

from tests.review import sample
from tests.review.conftest import Desk, Visitor
from tracker.review.list_pages import as_csv
from tracker.store.listing import COLUMNS

ATOM = "{http://www.w3.org/2005/Atom}"


async def test_a_list_under_filters_in_pages(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/list")).text
    assert page.count('name="hit"') == 10
    page = (await ann.get("/-/tracker/list?language=ru")).text
    assert page.count('name="hit"') == 3
    assert "Посол назвал" in page
    sample.add_past(desk.db, 80)
    first = (await ann.get("/-/tracker/list?status=confirmed")).text
    assert "More</a>" in first
    assert 'name="hit"' not in first
    assert "No hits under these filters" in (await ann.get("/-/tracker/list?group=outcome")).text


async def test_many_verdicts_are_shown_before_they_are_given_and_undone_as_one(desk: Desk, ann: Visitor) -> None:
    await ann.post("/-/tracker/verdict", {"hit": "4", "verdict": "confirmed", "seen": "0"})
    ticked = {"hit": ["1", "2", "4"], "verdict": "rejected", "note": "all noise"}
    preview = await ann.post("/-/tracker/bulk", ticked)
    assert preview.status_code == 200
    assert "Reject 2 hits?" in preview.text
    assert "1 of those you ticked has been judged meanwhile" in preview.text
    assert desk.db.execute("select count(*) from reviews").fetchone()[0] == 1
    done = await ann.post("/-/tracker/bulk", {**ticked, "sure": "1"})
    assert "judged=2" in done.headers["location"]
    assert "2 judged." in (await ann.get(done.headers["location"])).text
    rows = desk.db.execute("select hit_id, verdict, note from reviews where verdict = 'rejected'").fetchall()
    assert [tuple(row) for row in rows] == [(1, "rejected", "all noise"), (2, "rejected", "all noise")]
    await ann.post("/-/tracker/undo")
    assert desk.db.execute("select count(*) from hits where status = 'rejected'").fetchone()[0] == 0
    assert desk.db.execute("select status from hits where id = 4").fetchone()[0] == "confirmed"


async def test_nothing_ticked_does_nothing(desk: Desk, ann: Visitor) -> None:
    assert "Tick some hits first" in (await ann.post("/-/tracker/bulk", {"verdict": "rejected"})).text
    assert (await ann.post("/-/tracker/bulk", {"verdict": "rejected", "sure": "1"})).status_code == 303
    assert (await ann.post("/-/tracker/bulk", {"verdict": "all"})).status_code == 404
    rea = await desk.signed_in("rea")
    assert (await rea.post("/-/tracker/bulk", {"verdict": "rejected", "hit": "1", "sure": "1"})).status_code == 403
    assert desk.db.execute("select count(*) from reviews").fetchone()[0] == 0


async def test_exports_carry_the_filters(ann: Visitor) -> None:
    answer = await ann.get("/-/tracker/hits.csv?indicator=joint-drill")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["indicator"] for row in rows] == ["joint-drill"] * 3
    assert rows[2]["title"] == "两国海军举行联合演习，普京致贺电"
    found = (await ann.get("/-/tracker/hits.json?indicator=joint-drill")).json()
    assert [row["hit"] for row in found] == [int(row["hit"]) for row in rows]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(start: str) -> None:
    row = dict.fromkeys(COLUMNS, "") | {"title": f"{start}cmd()", "score": -1.5}
    cells = next(csv.DictReader(io.StringIO(as_csv([row]))))
    assert cells["title"] == f"'{start}cmd()"
    assert cells["score"] == "-1.5"


async def test_the_atom_feed_holds_confirmed_hits(desk: Desk, ann: Visitor) -> None:
    hostile = sample.add_hostile(desk.db)
    desk.db.execute("update items set title = title || char(7) || char(0x1b) where id > 8")
    for hit in (1, hostile[0], hostile[1]):
        await ann.post("/-/tracker/verdict", {"hit": str(hit), "verdict": "confirmed", "seen": "0"})
    answer = await ann.get("/-/tracker/confirmed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.text)
    titles = [entry.findtext(f"{ATOM}title") or "" for entry in feed.findall(f"{ATOM}entry")]
    assert len(titles) == 3
    assert titles[-1] == "Weapons change hands: Freighter unloads artillery shells at dawn"
    assert "<script>" in titles[-2]
    links = [entry.find(f"{ATOM}link").get("href") for entry in feed.findall(f"{ATOM}entry")]  # type: ignore[union-attr]
    assert not any("javascript" in (link or "") for link in links)
    assert (await desk.visitor().get("/-/tracker/confirmed.atom")).status_code == 401


async def test_a_hit_that_the_queries_missed(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/items/5")).text
    assert "Missed by a query?" in page
    fields = {"item": "5", "indicator": "pact", "note": "it says so between the lines"}
    answer = await ann.post("/-/tracker/file", fields)
    hit = desk.db.execute("select * from hits where indicator_id = 'pact'").fetchone()
    assert answer.headers["location"].endswith(f"hit={hit['id']}")
    assert (hit["status"], hit["origin"], hit["primary_in_story"], hit["day"]) == (
        "confirmed",
        "analyst",
        1,
        "2026-01-31",
    )
    day = desk.db.execute("select stories, confirmed from daily_hits where indicator_id = 'pact'").fetchone()
    assert tuple(day) == (1, 1)
    again = await ann.post("/-/tracker/file", fields)
    assert "already=1" in again.headers["location"]
    await ann.post("/-/tracker/undo")
    assert desk.db.execute("select status from hits where indicator_id = 'pact'").fetchone()[0] == "withdrawn"
    assert (await ann.post("/-/tracker/file", fields)).status_code == 303
    assert desk.db.execute("select status from hits where indicator_id = 'pact'").fetchone()[0] == "confirmed"


async def test_refiling_rejects_here_and_confirms_there_in_one_act(desk: Desk, ann: Visitor) -> None:
    fields = {"item": "5", "indicator": "pact", "instead_of": "7", "seen": "0"}
    hit = desk.db.execute("select id from hits where item_id = 5").fetchone()[0]
    await ann.post("/-/tracker/file", {**fields, "instead_of": str(hit)})
    states = dict(desk.db.execute("select indicator_id, status from hits where item_id = 5").fetchall())
    assert states == {"doubts": "rejected", "pact": "confirmed"}
    await ann.post("/-/tracker/undo")
    states = dict(desk.db.execute("select indicator_id, status from hits where item_id = 5").fetchall())
    assert states == {"doubts": "new", "pact": "withdrawn"}


async def test_refiling_a_stale_hit_changes_nothing(desk: Desk, ann: Visitor) -> None:
    hit = desk.db.execute("select id from hits where item_id = 5").fetchone()[0]
    bob = await desk.signed_in("bob")
    await bob.post("/-/tracker/verdict", {"hit": str(hit), "verdict": "confirmed", "seen": "0"})
    fields = {"item": "5", "indicator": "pact", "instead_of": str(hit), "seen": "0"}
    assert (await ann.post("/-/tracker/file", fields)).status_code == 409
    assert desk.db.execute("select count(*) from hits where indicator_id = 'pact'").fetchone()[0] == 0
    for wrong in ({"item": "999"}, {"indicator": "nothing"}, {"instead_of": "1"}):
        assert (await ann.post("/-/tracker/file", {**fields, **wrong})).status_code == 404


async def test_assigned_hits_are_left_to_their_analyst(desk: Desk, ann: Visitor) -> None:
    assert (await ann.post("/-/tracker/assign", {"hit": "1", "to": "bob"})).status_code == 303
    assert "Freighter" not in (await ann.get("/-/tracker/queue?indicator=arms-transfer")).text.partition("<aside")[0]
    bob = await desk.signed_in("bob")
    page = (await bob.get("/-/tracker/queue?assigned=bob")).text
    assert "Freighter" in page
    assert "<strong>1</strong> wait" in page
    for wrong in ({"hit": "1", "to": "rea"}, {"hit": "1", "to": "nobody"}, {"hit": "999", "to": ""}):
        assert (await ann.post("/-/tracker/assign", wrong)).status_code == 404
    await ann.post("/-/tracker/assign", {"hit": "1", "to": ""})
    assert desk.db.execute("select assigned_to from hits where id = 1").fetchone()[0] is None


async def test_an_items_page_shows_its_earlier_texts(desk: Desk, ann: Visitor) -> None:
    desk.db.execute(
        """insert into item_versions (item_id, title, summary, body, content_hash, replaced_at)
           values (2, 'The first headline', 's', '', 'x', '2026-02-03T05:30:00Z')"""
    )
    page = (await ann.get("/-/tracker/items/2")).text
    assert "The first headline" in page
    assert "Weapons change hands" in page
    assert (await ann.get("/-/tracker/items/999")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("since=yesterday", "a day such as"), ("min_score=nan", "from 0 to 1"), ("status=withdrawn", "new or conf"),
        ("order=random()", "newest or score"), ("indicatr=x", "no filter"), ("indicator=no-such", "no indicator"),
        ("feed=no-such", "no feed"), ("copies=2", "must be 1"), ("direction=sideways", "toward or away"),
        ("language=e+n", "without spaces"),
    ],
)  # fmt: skip
async def test_an_export_under_a_wrong_filter_is_refused_with_the_reason(ann: Visitor, asked: str, reason: str) -> None:
    for kind in ("json", "csv"):
        answer = await ann.get(f"/-/tracker/hits.{kind}?{asked}")
        assert answer.status_code == 400
        assert reason in answer.json()["error"]


@pytest.mark.parametrize("page", ["queue", "list"])
async def test_a_page_under_a_wrong_filter_says_so(ann: Visitor, page: str) -> None:
    answer = await ann.get(f"/-/tracker/{page}?min_score=lots")
    assert answer.status_code == 400
    assert "from 0 to 1" in answer.text
    plain = "status=new&order=newest&min_score=0&since=&language=&after=1"
    assert (await ann.get(f"/-/tracker/{page}?{plain}")).status_code == 200
