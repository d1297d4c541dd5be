"""Filters with a name: one's own, kept in the database, changed by nobody else, shared by an address."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.review.conftest import BASE, Desk, Visitor
from tracker.review.saved_pages import name_of
from tracker.store import saved_filters


def names_on(page: str) -> list[str]:
    """The filters that a page lists as chips, current one first."""
    listed = re.search(r'<p class="saved">(.*?)</p>', page, re.DOTALL)
    return [unescape(name) for name in re.findall(r"<bdi>(.*?)</bdi>", listed[1])] if listed else []


async def save(visitor: Visitor, name: str, query: str, **more: str) -> str:
    """Save filters; returns the page that follows."""
    answer = await visitor.post("/-/tracker/filters", {"act": "save", "name": name, "query": query, **more})
    assert answer.status_code == 303
    return (await visitor.get(answer.headers["location"])).text


async def test_a_filter_is_saved_listed_renamed_and_deleted(desk: Desk, ann: Visitor) -> None:
    page = (await ann.get("/-/tracker/queue?language=ru&order=score")).text
    assert 'value="language=ru&amp;order=score"' in page
    page = await save(ann, "  Russian,\tstrongest ", "language=ru&order=score")
    assert "Saved. It stands in your list" in page
    assert names_on(page) == ["Russian, strongest"]
    assert 'href="/-/tracker/queue?language=ru&amp;order=score" aria-current="true"' in page
    for place in ("/", "/-/tracker/queue", "/-/tracker/list"):
        assert names_on((await ann.get(place)).text) == ["Russian, strongest"]

    (kept,) = saved_filters.saved(desk.db, "ann")
    fields = {"act": "rename", "filter": str(kept.id), "name": "Moscow first"}
    answer = await ann.post("/-/tracker/filters", fields)
    assert names_on((await ann.get(answer.headers["location"])).text) == ["Moscow first"]

    await ann.post("/-/tracker/filters", {"act": "remove", "filter": str(kept.id)})
    assert saved_filters.saved(desk.db, "ann") == []
    assert names_on((await ann.get("/-/tracker/queue")).text) == []


async def test_saving_under_a_name_of_ones_own_replaces_it(desk: Desk, ann: Visitor) -> None:
    await save(ann, "mine", "language=ru")
    assert "in place of what you had called so" in await save(ann, "mine", "language=zh", view="list")
    assert [(one.name, one.query) for one in saved_filters.saved(desk.db, "ann")] == [("mine", "language=zh")]


async def test_each_analyst_has_their_own_and_changes_no_others(desk: Desk, ann: Visitor) -> None:
    bob = await desk.signed_in("bob")
    await save(ann, "mine", "language=ru")
    await save(bob, "mine", "language=zh")
    (anns,) = saved_filters.saved(desk.db, "ann")
    for act in ("rename", "remove"):
        answer = await bob.post("/-/tracker/filters", {"act": act, "filter": str(anns.id), "name": "bob was here"})
        assert answer.status_code == 404
    assert saved_filters.saved(desk.db, "ann") == [anns]
    assert names_on((await bob.get("/-/tracker/queue")).text) == ["mine"]


async def test_any_reader_may_follow_the_address_of_one(desk: Desk, ann: Visitor) -> None:
    await save(ann, "mine", "language=ru&min_score=0.4")
    (kept,) = saved_filters.saved(desk.db, "ann")
    reader = await desk.signed_in("rea")
    answer = await reader.get(f"/-/tracker/filters/{kept.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/-/tracker/queue?language=ru&min_score=0.4")
    assert (await reader.get("/-/tracker/filters/999")).status_code == 404
    assert (await desk.visitor().get(f"/-/tracker/filters/{kept.id}")).status_code == 401


async def test_readers_and_forms_without_a_token_save_nothing(desk: Desk, ann: Visitor) -> None:
    reader = await desk.signed_in("rea")
    fields = {"act": "save", "name": "mine", "query": "language=ru"}
    assert (await reader.post("/-/tracker/filters", fields)).status_code == 403
    assert "Save these filters" not in (await reader.get("/-/tracker/queue?language=ru")).text
    assert (await ann.client.post(f"{BASE}/-/tracker/filters", data=fields)).status_code == 403
    assert desk.db.execute("select count(*) from saved_filters").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        (" \u202e\u200b ", "language=ru", "a filter needs a name"),
        ("all", "", "no filter is set"),
        ("all", "language=e+n&nonsense=1", "no filter is set"),
    ],
)
async def test_what_is_no_filter_is_not_saved(desk: Desk, ann: Visitor, name: str, query: str, said: str) -> None:
    assert said in await save(ann, name, query)
    assert saved_filters.saved(desk.db, "ann") == []


async def test_two_filters_never_bear_one_name_and_there_is_an_end_to_them(desk: Desk, ann: Visitor) -> None:
    for number in range(saved_filters.MOST):
        saved_filters.save(desk.db, "ann", f"filter {number:02}", "language=ru", "2026-02-03T00:00:00Z")
    assert "as many filters as the list holds" in await save(ann, "one more", "language=ru")
    first = saved_filters.saved(desk.db, "ann")[0]
    answer = await ann.post("/-/tracker/filters", {"act": "rename", "filter": str(first.id), "name": "filter 01"})
    assert "another filter of that name" in (await ann.get(answer.headers["location"])).text
    assert len(saved_filters.saved(desk.db, "ann")) == saved_filters.MOST


def test_a_name_is_one_line_of_letters() -> None:
    assert name_of("a\r\nb\x00\u202ec  " + "x" * 100) == "a b c " + "x" * 54


async def test_a_hostile_name_is_shown_as_text(ann: Visitor) -> None:
    page = await save(ann, '"><script>alert(1)</script>', "language=ru")
    assert "<script>alert" not in page
    assert names_on(page) == ['"><script>alert(1)</script>']
