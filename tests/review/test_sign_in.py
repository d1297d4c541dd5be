"""Who may come in, and what each may do."""

from __future__ import annotations

import stat
from dataclasses import replace

import httpx
import pytest

from tests.review.conftest import BASE, Desk, Visitor
from tracker.clock import real
from tracker.model import ConfigError
from tracker.review import serve
from tracker.review.session import secret_beside
from tracker.settings import Settings
from tracker.store import users

READ_PATHS = [
    "/", "/-/tracker/queue", "/-/tracker/feeds", "/-/tracker/history", "/-/tracker/search?q=shells",
    "/-/tracker/indicators/sanctions", "/-/tracker/stories/1", "/tracker", "/tracker/items", "/tracker/hits.json",
    "/tracker/hits.csv", "/tracker?sql=select+1", "/tracker.json?sql=select+1", "/-/metadata.json", "/-/plugins.json",
    "/-/settings.json", "/.json", "/tracker/hits/1", "/tracker/confirmed_stories",
]  # fmt: skip


@pytest.mark.parametrize("path", READ_PATHS)
async def test_anonymous_sees_nothing(desk: Desk, path: str) -> None:
    answer = await desk.visitor().get(path)
    assert answer.status_code == 401
    assert "Freighter" not in answer.text
    assert "sanctions" not in answer.text


@pytest.mark.parametrize("path", READ_PATHS)
async def test_a_reader_sees_everything(desk: Desk, path: str) -> None:
    rea = await desk.signed_in("rea")
    assert (await rea.get(path)).status_code == 200


async def test_a_link_works_once_and_not_for_prefetching(desk: Desk) -> None:
    link = users.link(desk.db, "ann", BASE, real())
    visitor = desk.visitor()
    assert (await visitor.get(link, headers={"Sec-Purpose": "prefetch"})).status_code == 204
    assert (await visitor.client.head(link)).status_code == 204
    answer = await visitor.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    again = await desk.visitor().get(link)
    assert again.status_code == 403
    assert "no longer works" in again.text


async def test_signing_out_forgets(desk: Desk, ann: Visitor) -> None:
    assert (await ann.get("/")).status_code == 200
    assert (await ann.post("/-/tracker/sign-out")).status_code == 303
    assert (await ann.get("/")).status_code == 401


async def test_a_removed_user_is_out_at_once_even_if_the_name_returns(desk: Desk, ann: Visitor) -> None:
    users.remove(desk.db, "ann", real())
    assert (await ann.get("/")).status_code == 401
    users.add(desk.db, "ann", "analyst", real())
    assert (await ann.get("/")).status_code == 401


async def test_a_cookie_signed_with_another_secret_is_nothing(desk: Desk) -> None:
    visitor = desk.visitor()
    visitor.client.cookies.set("ds_actor", "eyJhIjp7ImlkIjoiYW5uIn19.AAAA")
    assert (await visitor.get("/")).status_code == 401


@pytest.mark.parametrize(
    "path", ["/-/tracker/verdict", "/-/tracker/undo", "/-/tracker/seen", "/-/tracker/feeds/change"]
)
async def test_readers_change_nothing(desk: Desk, path: str) -> None:
    rea = await desk.signed_in("rea")
    fields = {"hit": "1", "verdict": "confirmed", "seen": "0", "feed": "harbour", "what": "pause"}
    assert (await rea.post(path, fields)).status_code == 403
    assert desk.db.execute("select count(*) from reviews").fetchone()[0] == 0
    assert desk.db.execute("select count(*) from feeds where status = 'paused'").fetchone()[0] == 0


async def test_a_post_without_the_token_of_its_page_is_refused(desk: Desk, ann: Visitor) -> None:
    await ann.get("/-/tracker/queue")
    fields = {"hit": "1", "verdict": "confirmed", "seen": "0"}
    assert (await ann.client.post("/-/tracker/verdict", data=fields)).status_code == 403
    assert (await ann.client.post("/-/tracker/verdict", data={**fields, "csrftoken": "x"})).status_code == 403
    bearer = {"Authorization": "Bearer x"}
    assert (await ann.client.post("/-/tracker/verdict", data=fields, headers=bearer)).status_code in (401, 403)
    assert (await ann.client.post("/-/tracker/verdict", json=fields)).status_code == 403
    assert desk.db.execute("select count(*) from reviews").fetchone()[0] == 0


async def test_scripts_read_with_a_token_and_never_write(desk: Desk) -> None:
    headers = {"Authorization": "Bearer " + users.api_token(desk.db, "ann", real())}
    visitor = desk.visitor()
    answer = await visitor.get("/tracker/hits.json?_shape=array", headers=headers)
    assert answer.status_code == 200
    assert len(answer.json()) == desk.db.execute("select count(*) from hits").fetchone()[0]
    fields = {"hit": "1", "verdict": "confirmed", "seen": "0"}
    assert (await visitor.client.post("/-/tracker/verdict", data=fields, headers=headers)).status_code == 403
    assert (await visitor.get("/tracker/hits.json", headers={"Authorization": "Bearer no"})).status_code == 401


async def test_tokens_and_addresses_are_not_for_everybody(desk: Desk, ann: Visitor) -> None:
    assert (await ann.get("/tracker/tokens")).status_code == 403
    assert (await ann.get("/tracker/secrets")).status_code == 403
    for sql in ("select hash from tokens", "select * from secrets", "with t as (select * from tokens) select * from t"):
        answer = await ann.get("/tracker.json", params={"sql": sql})
        assert answer.status_code == 400, sql
        assert not answer.json().get("rows")


async def test_datasettes_own_ways_in_are_shut(desk: Desk) -> None:
    assert (await desk.visitor().get("/-/auth-token?token=")).status_code == 404
    assert (await desk.visitor().get("/tracker.db")).status_code in (401, 403)


async def test_open_reading_shows_news_but_no_people(settings: Settings, desk: Desk) -> None:
    open_desk = serve.build(replace(settings, open_reading=True))
    visitor = Visitor(httpx.AsyncClient(transport=httpx.ASGITransport(open_desk.app()), base_url=BASE))
    for path in ("/", "/-/tracker/queue", "/tracker/hits", "/-/tracker/history"):
        assert (await visitor.get(path)).status_code == 200
    for path in ("/tracker/users", "/tracker/subscribers", "/tracker/deliveries", "/tracker?sql=select+1"):
        assert (await visitor.get(path)).status_code in (400, 401, 403), path
    assert (await visitor.post("/-/tracker/verdict", {"hit": "1"})).status_code in (401, 403)
    serve.close(open_desk)


def test_the_secret_is_kept_and_only_its_owner_reads_it(settings: Settings) -> None:
    first = secret_beside(settings.db)
    path = settings.db.with_name("tracker.db.secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert secret_beside(settings.db) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("short")
    with pytest.raises(ConfigError, match="too short"):
        secret_beside(settings.db)


async def test_sessions_survive_a_restart(settings: Settings, desk: Desk, ann: Visitor) -> None:
    again = serve.build(settings)
    transport = httpx.ASGITransport(again.app())
    later = httpx.AsyncClient(transport=transport, base_url=BASE, cookies=ann.client.cookies)
    assert (await later.get("/")).status_code == 200
    serve.close(again)
