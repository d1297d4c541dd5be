"""The queue over HTTP, as somebody without JavaScript meets it."""

from __future__ import annotations

import re
import threading
import time
from html import unescape

import pytest

from tests.review import sample
from tests.review.conftest import Desk, Visitor, hidden
from tracker.store.connect import connect


def shown(page: str) -> int:
    return int(hidden(page)["hit"][0])


async def decide(visitor: Visitor, page: str, verdict: str, **more: object) -> str:
    """Press a button of the page and follow to the next."""
    fields = {name: values for name, values in hidden(page).items() if name != "csrftoken"}
    answer = await visitor.post("/-/tracker/verdict", {**fields, "verdict": verdict, **more})
    assert answer.status_code == 303, answer.text
    return (await visitor.get(answer.headers["location"])).text


async def test_the_item_is_shown_with_its_evidence_and_definition(ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/queue?indicator=arms-transfer")).text
    assert '<mark title="artillery shells">artillery shells</mark>' in page
    assert page.count("<mark") == 2
    for words in (
        "Weapons or ammunition handed over", "Museum pieces", "Dual-use exports", "Harbour Post", "Joint exercises",
        "Told elsewhere too (1)", "Mirror Daily", 'href="https://news.example.org/1"', "noreferrer",
    ):  # fmt: skip
        assert words in page


async def test_a_session_of_forms(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/queue")).text
    judged = []
    for verdict in ("confirmed", "rejected", "unsure"):
        judged.append(shown(page))
        page = await decide(ann, page, verdict, note=f"because {verdict}")
    rows = desk.db.execute("select hit_id, verdict, note, reviewer, at from reviews order by id").fetchall()
    assert [tuple(row) for row in rows] == [
        (hit, verdict, f"because {verdict}", "ann", sample.STAMP)
        for hit, verdict in zip(judged, ("confirmed", "rejected", "unsure"), strict=True)
    ]
    for hit in reversed(judged):
        answer = await ann.post("/-/tracker/undo")
        assert f"hit={hit}" in answer.headers["location"]
        page = (await ann.get(answer.headers["location"])).text
        assert shown(page) == hit
        assert "Taken back" in page
    answer = await ann.post("/-/tracker/undo")
    assert "no verdict left" in (await ann.get(answer.headers["location"])).text
    assert desk.db.execute("select count(*) from hits where status != 'new'").fetchone()[0] == 0


async def test_the_queue_ends_and_says_what_is_left(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/queue")).text
    skip = unescape(re.search(r'href="([^"]*)" data-click-key="s j"', page)[1])  # type: ignore[index]
    page = (await ann.get(skip)).text
    while 'class="verdicts"' in page:
        page = await decide(ann, page, "rejected")
    assert "That was the last one here" in page
    assert "1 hit that you skipped" in page
    page = await decide(ann, (await ann.get("/-/tracker/queue")).text, "confirmed")
    assert "Nothing waits for review" in (await ann.get("/-/tracker/queue")).text
    assert "Nothing waits under these filters" in (await ann.get("/-/tracker/queue?language=ru")).text


async def test_filters_go_along_with_the_verdict(ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/queue?group=cooperation&language=ru")).text
    fields = hidden(page)
    answer = await ann.post("/-/tracker/verdict", {**fields, "verdict": "confirmed"})
    assert "group=cooperation&language=ru&after=" in answer.headers["location"]
    answer = await ann.post("/-/tracker/undo", {"query": fields["query"][0]})
    assert "group=cooperation&language=ru&hit=" in answer.headers["location"]


async def test_one_verdict_for_the_copies_that_the_page_listed(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/queue?indicator=arms-transfer")).text
    assert "and its copy" in page
    page = await decide(ann, page, "rejected", with_copies="1")
    assert "and 1 more" in page
    rows = desk.db.execute("select hit_id, act_id from reviews").fetchall()
    assert len(rows) == 2
    assert len({row["act_id"] for row in rows}) == 1
    await ann.post("/-/tracker/undo")
    assert desk.db.execute("select count(*) from hits where status = 'rejected'").fetchone()[0] == 0


async def test_without_the_tick_copies_are_left_alone(desk: Desk, ann: Visitor) -> None:
    await decide(ann, (await ann.get("/-/tracker/queue?indicator=arms-transfer")).text, "rejected")
    assert desk.db.execute("select count(*) from reviews").fetchone()[0] == 1


async def test_two_analysts_at_once(desk: Desk, ann: Visitor) -> None:
    bob = await desk.signed_in("bob")
    first, second = (await ann.get("/-/tracker/queue")).text, (await bob.get("/-/tracker/queue")).text
    assert shown(first) != shown(second)
    hit = shown(first)
    theirs = (await bob.get(f"/-/tracker/queue?hit={hit}")).text
    assert "ann</bdi> has this hit on the desk" in theirs
    await decide(bob, theirs, "rejected", note="a game, not a drill")
    answer = await ann.post("/-/tracker/verdict", {**hidden(first), "verdict": "confirmed"})
    assert answer.status_code == 409
    for words in ("bob", "rejected", "a game, not a drill", "was not stored"):
        assert words in answer.text
    assert [row[0] for row in desk.db.execute("select verdict from reviews")] == ["rejected"]


async def test_a_verdict_can_be_changed_and_the_page_says_who_gave_it(desk: Desk, ann: Visitor) -> None:
    await decide(ann, (await ann.get("/-/tracker/queue?hit=1")).text, "confirmed")
    bob = await desk.signed_in("bob")
    page = (await bob.get("/-/tracker/queue?hit=1")).text
    assert "Judged so far" in page
    assert "ann" in page
    await decide(bob, page, "unsure")
    assert desk.db.execute("select status from hits where id = 1").fetchone()[0] == "unsure"
    assert desk.db.execute("select previous_status from reviews order by id desc").fetchone()[0] == "confirmed"


async def test_readers_look_and_leave_no_lease(desk: Desk) -> None:
    rea = await desk.signed_in("rea")
    page = (await rea.get("/-/tracker/queue")).text
    assert "Only analysts judge" in page
    assert "Confirm" not in page[page.index("<main") : page.index("</main")]
    assert desk.db.execute("select count(*) from hits where leased_by is not null").fetchone()[0] == 0


async def test_a_changed_item_is_shown_as_it_was_found(desk: Desk, ann: Visitor) -> None:
    desk.db.execute(
        """insert into item_versions (item_id, title, summary, body, content_hash, replaced_at)
           select id, title, summary, body, content_hash, '2026-02-03T05:30:00Z' from items where id = 1"""
    )
    desk.db.execute(
        "update items set title = 'Correction', summary = 'Nothing happened', content_hash = 'n' where id = 1"
    )
    page = (await ann.get("/-/tracker/queue?hit=1")).text
    assert "The publisher has changed the text since. This is the text as it was" in page
    assert page.count("<mark") == 2
    desk.db.execute("delete from item_versions")
    page = (await ann.get("/-/tracker/queue?hit=1")).text
    assert "the earlier one was not kept" in page
    assert "<mark" not in page
    assert "2 of the spans that fired no longer fit" in page


async def test_a_hit_that_is_no_longer_found_says_so(desk: Desk, ann: Visitor) -> None:
    assert "no longer finds" not in (await ann.get("/-/tracker/queue?hit=1")).text
    with desk.db:
        desk.db.execute("update hits set status = 'confirmed', lost_by = 1 where id = 1")
        desk.db.execute("update hits set status = 'withdrawn' where id = 2")
    kept = (await ann.get("/-/tracker/queue?hit=1")).text
    assert "The query no longer finds this item since the codebook of" in kept
    assert "The hit stays, because it was judged." in kept
    withdrawn = (await ann.get("/-/tracker/queue?hit=2")).text
    assert "it was withdrawn and counts no more" in withdrawn
    assert 'name="verdict"' not in withdrawn
    item = desk.db.execute("select item_id from hits where id = 1").fetchone()[0]
    assert "no longer found by the query" in (await ann.get(f"/-/tracker/items/{item}")).text


async def test_hostile_text_stays_text(desk: Desk, ann: Visitor) -> None:
    for hit in sample.add_hostile(desk.db):
        page = (await ann.get(f"/-/tracker/queue?hit={hit}")).text
        assert "<script>window" not in page
        assert "<img" not in page
        assert "<b onclick" not in page
        assert '<a href="javascript' not in page
        assert "<div style" not in page
        assert "<svg onload" not in page
        assert "not one to follow" in page
        assert "<mark" in page
        assert len(page) < 40_000
    for path in ("/", "/-/tracker/search?q=sanctions", "/-/tracker/indicators/sanctions", "/tracker/items"):
        page = (await ann.get(path)).text
        assert "<script>window" not in page
        assert "<b onclick" not in page
        assert 'href="javascript' not in page


@pytest.mark.parametrize("fields", [{"verdict": "maybe", "hit": "1"}, {"verdict": "confirmed", "hit": "999"}, {}])
async def test_forms_that_make_no_sense_change_nothing(desk: Desk, ann: Visitor, fields: dict[str, str]) -> None:
    assert (await ann.post("/-/tracker/verdict", fields)).status_code == 404
    assert (await ann.post("/-/tracker/undo", {"act": "77"})).status_code == 404
    assert desk.db.execute("select count(*) from reviews").fetchone()[0] == 0


@pytest.mark.parametrize("held", [1.5, pytest.param(8.0, marks=pytest.mark.soak)])
async def test_a_verdict_while_the_daemon_writes_waits_and_succeeds(desk: Desk, ann: Visitor, held: float) -> None:
    page = (await ann.get("/-/tracker/queue")).text
    daemon = connect(desk.datasette.desk.settings.db)
    daemon.execute("begin immediate")
    release = threading.Timer(held, daemon.commit)
    began = time.monotonic()
    release.start()
    await decide(ann, page, "confirmed")
    assert time.monotonic() - began >= held
    assert desk.db.execute("select count(*) from reviews").fetchone()[0] == 1
    daemon.close()


async def test_looking_does_not_wait_for_the_daemon(desk: Desk, ann: Visitor) -> None:
    daemon = connect(desk.datasette.desk.settings.db)
    daemon.execute("begin immediate")
    began = time.monotonic()
    page = (await ann.get("/-/tracker/queue")).text
    assert "Freighter" in page
    assert (await ann.get("/-/tracker/queue?hit=2")).status_code == 200
    assert time.monotonic() - began < 5
    daemon.rollback()
    daemon.close()
    await decide(ann, page, "confirmed")
