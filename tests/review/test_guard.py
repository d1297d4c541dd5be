"""What stands before and after every request."""

from __future__ import annotations

import httpx
import pytest

from tests.review.conftest import Desk, Visitor

PLAIN = ["/tracker", "/tracker/hits", "/tracker?sql=select+1", "/tracker/hits/1"]
OURS = ["/", "/-/tracker/queue", "/-/tracker/feeds", "/-/tracker/nothing"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "127.0.0.1@evil.example", "[::2]"])
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
