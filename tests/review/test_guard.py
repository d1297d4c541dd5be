"""What stands before and after every request."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import httpx
import pytest

from tests.review.conftest import Desk, Visitor
from tracker.review import serve
from tracker.settings import Settings

PLAIN = ["/tracker", "/tracker/hits", "/tracker?sql=select+1", "/tracker/hits/1"]
OURS = ["/", "/-/tracker/queue", "/-/tracker/feeds", "/-/tracker/nothing"]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "", "127.0.0.1@evil.example", "[::2]", "127.0.0.1:8077.evil.example"],
)
async def test_names_that_are_not_ours_are_refused(desk: Desk, ann: Visitor, host: str) -> None:
    answer = await ann.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "base_url" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost", "LOCALHOST:99", "[::1]:8001"])
async def test_names_of_this_machine_are_answered(ann: Visitor, host: str) -> None:
    assert (await ann.get("/", headers={"Host": host})).status_code == 200


async def test_a_form_from_another_site_is_refused(desk: Desk, ann: Visitor) -> None:
    answer = await ann.post("/-/tracker/undo", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert (await ann.post("/-/tracker/undo", headers={"Origin": "http://127.0.0.1:8001"})).status_code == 303


async def test_bodies_are_limited(ann: Visitor) -> None:
    assert (await ann.post("/-/tracker/undo", {"x": "y" * 300_000})).status_code == 413

    async def endless() -> object:
        yield b"x=y"

    answer = await ann.client.post("/-/tracker/undo", content=endless())  # type: ignore[arg-type]
    assert answer.status_code == 411


@pytest.mark.parametrize("path", [*PLAIN, *OURS, "/-/tracker/static/desk.css", "/nothing"])
async def test_security_headers_are_everywhere(ann: Visitor, path: str) -> None:
    headers = (await ann.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    script = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in script


@pytest.mark.parametrize("path", OURS)
async def test_our_pages_carry_no_inline_code(ann: Visitor, path: str) -> None:
    answer = await ann.get(path)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert " style=" not in answer.text
    assert "<style" not in answer.text
    assert "<script>" not in answer.text


async def test_errors_are_pages_in_words(desk: Desk, ann: Visitor) -> None:
    for path in ("/-/tracker/nothing", "/tracker/nothing", "/-/tracker/queue?hit=999", "/-/tracker/stories/99"):
        answer = await ann.get(path)
        assert answer.status_code == 404
        assert "There is no such page" in answer.text
    assert (await ann.get("/-/tracker/verdict")).status_code == 404
    endless = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"
    slow = await ann.get("/tracker", params={"sql": endless, "_timelimit": 50})
    assert slow.status_code == 400
    assert "That took too long" in slow.text
    assert "&lt;" not in slow.text
    assert "no such column: foo" in (await ann.get("/tracker?sql=select+foo")).text
    desk.db.execute("alter table alerts rename to gone")
    broken = await ann.get("/")
    assert broken.status_code == 500
    assert "Something broke here" in broken.text
    assert "no such table" not in broken.text


async def test_the_cookie_of_forms_is_not_for_scripts(desk: Desk) -> None:
    ann = await desk.signed_in("ann")
    cookies = (await ann.get("/-/tracker/queue")).headers.get_list("set-cookie")
    assert cookies
    assert all("httponly" in cookie.lower() for cookie in cookies)


async def test_pages_are_not_kept_by_caches(ann: Visitor) -> None:
    answer: httpx.Response = await ann.get("/tracker/hits")
    assert "no-store" in answer.headers["cache-control"]


TOOLS = ["allow-debug", "auth-token", "messages", "patterns", "permissions"]
ABOUT = ["databases", "metadata", "plugins", "settings", "threads", "versions"]


@pytest.mark.parametrize("open_reading", [True, False])
async def test_pages_of_datasette_about_itself_are_closed(
    settings: Settings, db: sqlite3.Connection, open_reading: bool
) -> None:
    datasette = serve.build(replace(settings, open_reading=open_reading))
    desk = Desk(datasette, db)
    stranger, ann = desk.visitor(), await desk.signed_in("ann")
    for name in TOOLS:
        assert (await stranger.get(f"/-/{name}")).status_code in (401, 404), name
        assert (await ann.get(f"/-/{name}")).status_code == 404, name
    for name in ABOUT:
        assert (await stranger.get(f"/-/{name}.json")).status_code == 401, name
        assert (await stranger.get(f"/-/{name}")).status_code == 401, name
        assert (await ann.get(f"/-/{name}.json")).status_code == 200, name
    serve.close(datasette)


async def test_a_form_older_than_its_session_keeps_the_note(ann: Visitor, db: sqlite3.Connection) -> None:
    fields = {"csrftoken": "of another session", "hit": "1", "verdict": "rejected", "note": "An <old> ship, не наш."}
    headers = {"Referer": "http://127.0.0.1:8001/-/tracker/queue?hit=1"}
    answer = await ann.client.post("/-/tracker/verdict", data=fields, headers=headers)
    assert answer.status_code == 403
    assert "Nothing was stored" in answer.text
    assert "An &lt;old&gt; ship, не наш." in answer.text
    assert 'href="/-/tracker/queue?hit=1"' in answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert db.execute("select status from hits where id = 1").fetchone()[0] == "new"
    elsewhere = {"Referer": "http://127.0.0.1:8001.evil.example/x"}
    about_feeds = await ann.client.post("/-/tracker/feeds/change", data={"csrftoken": "x"}, headers=elsewhere)
    assert about_feeds.status_code == 403
    assert "evil" not in about_feeds.text
    assert "Nothing was stored" in about_feeds.text


async def test_forbidden_forms_say_so_as_before(desk: Desk) -> None:
    rea = await desk.signed_in("rea")
    answer = await rea.post("/-/tracker/verdict", {"hit": "1", "verdict": "rejected"})
    assert answer.status_code == 403
    assert "Only analysts" in answer.text
