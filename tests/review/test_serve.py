"""Serving: inside a loop, on a port, until told to stop."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tests.review.conftest import Desk, Visitor
from tracker.cli import tracker
from tracker.model import ConfigError
from tracker.review import serve
from tracker.review.counted import Counts, key_of
from tracker.review.desk import READ_AT_ONCE
from tracker.review.warm import WALKED, walk_indexes, warm_up
from tracker.settings import Settings


async def test_it_serves_inside_a_loop_and_stops_with_the_event(settings: Settings) -> None:
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(
        serve.serve(settings, port=0, ready=lambda *where: listening.set_result(where), stop=stop)
    )
    address, sign_in = await asyncio.wait_for(listening, 20)
    assert sign_in.startswith(address + "/-/tracker/sign-in/")
    async with httpx.AsyncClient(follow_redirects=True) as client:
        page = await client.get(sign_in)
        assert page.status_code == 200
        assert "No indicators yet" in page.text
    stop.set()
    await asyncio.wait_for(running, 10)


async def test_links_made_meanwhile_name_the_port_in_use(settings: Settings) -> None:
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(
        serve.serve(settings, port=0, ready=lambda *where: listening.set_result(where), stop=stop)
    )
    address, _ = await asyncio.wait_for(listening, 20)
    words = ["--db", str(settings.db), "users", "link"]
    made = await asyncio.to_thread(CliRunner().invoke, tracker, words)
    assert made.output.startswith(f"{address}/-/tracker/sign-in/")
    stop.set()
    await asyncio.wait_for(running, 10)
    later = await asyncio.to_thread(CliRunner().invoke, tracker, words)
    assert later.output.startswith("http://127.0.0.1:8001/-/tracker/sign-in/")
    assert list(settings.db.parent.glob("*.address")) == []


@pytest.mark.parametrize("host", ["", "  "])
async def test_no_host_does_not_mean_every_network(settings: Settings, host: str) -> None:
    with pytest.raises(ConfigError, match=r"--host.*is empty"):
        await serve.serve(settings, host=host, port=0)


async def test_cancelling_stops_it_too(settings: Settings) -> None:
    listening = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve.serve(settings, port=0, ready=lambda *where: listening.set_result(where)))
    address, _ = await asyncio.wait_for(listening, 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(address)


async def test_a_taken_port_is_said_in_words(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match="choose another --port"):
            await serve.serve(settings, port=other.getsockname()[1])


async def test_a_file_that_is_no_database_is_said_in_words(settings: Settings, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(b"not a database at all" * 100)
    with pytest.raises(ConfigError, match="no SQLite database"):
        serve.build(replace(settings, db=wrong))


async def test_behind_a_proxy_with_a_path_and_https(settings: Settings) -> None:
    proxied = serve.build(replace(settings, base_url="https://desk.example.org/tracker-desk"))
    link = serve.first_link(proxied.desk.settings)
    assert link.startswith("https://desk.example.org/tracker-desk/-/tracker/sign-in/")
    client = httpx.AsyncClient(transport=httpx.ASGITransport(proxied.app()), base_url="https://desk.example.org")
    answer = await client.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tracker-desk/")
    assert "Secure" in answer.headers["set-cookie"]
    page = await client.get("/tracker-desk/")
    assert page.status_code == 200
    assert 'href="/tracker-desk/-/tracker/queue"' in page.text
    assert "unsafe" not in page.headers["content-security-policy"]
    style = await client.get("/tracker-desk/-/tracker/static/desk.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css")
    serve.close(proxied)


async def test_a_verdict_does_not_wait_for_pages_that_are_only_read(desk: Desk, ann: Visitor) -> None:
    await ann.get("/-/tracker/queue")
    for _ in range(READ_AT_ONCE):
        await desk.datasette.desk.reading.acquire()
    board = asyncio.create_task(ann.get("/"))
    answer = await ann.post("/-/tracker/verdict", {"hit": "1", "seen": "0", "verdict": "confirmed"})
    assert answer.status_code == 303
    assert (await ann.get(answer.headers["location"])).status_code == 200
    assert not board.done()
    desk.datasette.desk.reading.release()
    assert (await asyncio.wait_for(board, 10)).status_code == 200


async def test_counts_are_kept_until_something_is_changed_here(desk: Desk, ann: Visitor) -> None:
    before = (await ann.get("/tracker/hits.json?_facet=status&_size=0")).json()
    with desk.db:
        desk.db.execute("update hits set status = 'unsure' where id = 1")
    kept = (await ann.get("/tracker/hits.json?_facet=status&_size=0")).json()
    assert kept["facet_results"] == before["facet_results"], "another process wrote: told within some seconds"
    form = {"hit": "2", "seen": "0", "verdict": "rejected"}
    assert (await ann.post("/-/tracker/verdict", form)).status_code == 303
    after = (await ann.get("/tracker/hits.json?_facet=status&_size=0")).json()
    counted = {one["value"]: one["count"] for one in after["facet_results"]["status"]["results"]}
    assert counted["rejected"] == 1
    assert counted["unsure"] == 1


def test_kept_counts_grow_old() -> None:
    now = [0.0]
    counts = Counts(lambda: now[0])
    key = key_of("select count(*) from items ", {"p": 1})
    assert key is not None
    counts.put(key, 3, "answer")
    assert counts.get(key, 3) == "answer"
    assert counts.get(key, 4) is None
    now[0] = 15.1
    assert counts.get(key, 3) is None
    assert key_of("select * from items", None) is None
    for number in range(500):
        counts.put((f"select count(*) from t{number} ", ()), 0, number)
    assert len(counts._known) <= 200


def test_what_is_read_at_the_start_lies_in_covering_indexes(desk: Desk) -> None:
    for sql in WALKED:
        plan = [row["detail"] for row in desk.db.execute("explain query plan " + sql)]
        assert all("USING COVERING INDEX" in step for step in plan), plan
    walk_indexes(desk.db)


async def test_what_the_first_reader_needs_is_made_ready(desk: Desk, ann: Visitor) -> None:
    await warm_up(desk.datasette, asyncio.Event())
    ready = {name for _, name in list(desk.datasette.jinja_env.cache.keys())}
    assert {"desk_board.html", "desk_report.html", "desk_macros.html", "table.html", "_table.html"} <= ready
    assert desk.datasette.internal_db_created


async def test_a_server_that_ends_at_once_makes_nothing_ready(desk: Desk) -> None:
    ended = asyncio.Event()
    ended.set()
    await warm_up(desk.datasette, ended)
    assert not desk.datasette.internal_db_created
