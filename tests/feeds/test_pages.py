"""Articles behind links, on real sockets: manners, faults, and what is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest

from tests.feeds import server
from tests.feeds.conftest import LOOPBACK, NOW
from tests.feeds.server import Site
from tracker.clock import iso
from tracker.feeds import pages
from tracker.feeds.fetch import Fetcher
from tracker.feeds.hosts import Pace
from tracker.feeds.parsing import ParserPool
from tracker.feeds.robots import Robots
from tracker.model import Feed, PageResult, PageWanted

PARAGRAPH = "<p>Ships left the harbour at dawn, and the second squadron followed them before noon that day.</p>"
ARTICLE = (
    "<!doctype html><html><head><title>Drill</title></head>"
    "<body><nav><a href='/'>Home</a><a href='/w'>Weather</a></nav>"
    f"<article><h1>Two fleets</h1>{PARAGRAPH * 5}<p>The admiral called it a rehearsal.</p></article>"
    "<footer>Copyright Harbour Post</footer></body></html>"
).encode()
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
async def reader() -> AsyncIterator[ParserPool]:
    with ParserPool(workers=1) as pool:
        yield pool


def page(site: Site, path: str, number: int = 1, host: str = server.HOSTS[0]) -> PageWanted:
    return PageWanted(number, site.url(path, host), Feed("harbour", site.url("/feed")))


async def read(
    wanted: list[PageWanted], fetcher: Fetcher, reader: ParserPool, known: dict[str, Robots] | None = None,
    interval: float = 0.0,
) -> list[PageResult]:  # fmt: skip
    results = pages.read_pages(
        wanted, fetcher, reader, {} if known is None else known, now=lambda: NOW, pace=Pace(), host_interval=interval
    )
    async with aclosing(results):
        return [result async for result in results]


async def test_the_article_is_told_from_what_surrounds_it(site: Site, fetcher: Fetcher, reader: ParserPool) -> None:
    site.serve("/1", ARTICLE, headers=HTML)
    (found,) = await read([page(site, "/1")], fetcher, reader)
    assert found.outcome == "read"
    assert "The admiral called it a rehearsal." in found.text
    assert "Copyright" not in found.text
    assert "Weather" not in found.text
    assert [request.path for request in site.log] == ["/robots.txt", "/1"]
    assert site.log[1].headers["accept"].startswith("text/html")


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "gb18030"])
async def test_pages_are_decoded_by_what_they_say_of_themselves(
    site: Site, fetcher: Fetcher, reader: ParserPool, encoding: str
) -> None:
    text = "Корабли вышли на рассвете, за ними последовала вторая эскадра. " * 4
    body = f"<html><head><meta charset='{encoding}'></head><body><article><p>{text}</p></article></body></html>"
    site.serve("/1", body.encode(encoding), headers={"Content-Type": "text/html"})
    (found,) = await read([page(site, "/1")], fetcher, reader)
    assert found.text.startswith("Корабли вышли на рассвете")


async def test_robots_txt_is_asked_once_and_obeyed(site: Site, fetcher: Fetcher, reader: ParserPool) -> None:
    rules = b"User-agent: news-indicator-tracker\nDisallow: /members\n\nUser-agent: *\nDisallow: /\n"
    site.serve("/robots.txt", rules, headers={"Content-Type": "text/plain"})
    site.serve("/1", ARTICLE, headers=HTML)
    site.serve("/members/2", ARTICLE, headers=HTML)
    known: dict[str, Robots] = {}
    first = await read([page(site, "/1"), page(site, "/members/2", 2)], fetcher, reader, known)
    assert {found.item_id: found.outcome for found in first} == {1: "read", 2: "refused"}
    assert "robots.txt" in first[1].error
    await read([page(site, "/1", 3)], fetcher, reader, known)
    assert len(site.asked("/robots.txt")) == 1
    assert site.asked("/members/2") == []
    assert known[site.url("")].until == iso(NOW + timedelta(hours=24))


async def test_robots_txt_of_the_place_that_a_link_leads_to_is_obeyed(
    site: Site, fetcher: Fetcher, reader: ParserPool
) -> None:
    site.on("/go", server.redirect(302, site.url("/private", "127.0.0.2")))

    async def rules(request: server.Request, writer: asyncio.StreamWriter) -> None:
        text = b"User-agent: *\nDisallow: /private\n" if request.host == "127.0.0.2" else b""
        await server.reply(writer, 200, {"Content-Type": "text/plain"}, text)

    site.on("/robots.txt", rules)
    site.serve("/private", ARTICLE, headers=HTML)
    (found,) = await read([page(site, "/go")], fetcher, reader)
    assert (found.outcome, site.asked("/private")) == ("refused", [])


@pytest.mark.parametrize(
    ("status", "outcome"), [(404, "read"), (403, "read"), (500, "failed"), (503, "failed"), (429, "failed")]
)
async def test_no_robots_txt_allows_and_a_faulty_one_keeps_us_out(
    site: Site, fetcher: Fetcher, reader: ParserPool, status: int, outcome: str
) -> None:
    site.serve("/robots.txt", b"", status)
    site.serve("/1", ARTICLE, headers=HTML)
    (found,) = await read([page(site, "/1")], fetcher, reader)
    assert found.outcome == outcome
    assert len(site.asked("/1")) == (outcome == "read")


async def test_pages_of_one_site_come_one_by_one_at_its_pace(site: Site, fetcher: Fetcher, reader: ParserPool) -> None:
    site.serve("/robots.txt", b"User-agent: *\nCrawl-delay: 0.3\n")
    for n in range(3):
        site.serve(f"/{n}", ARTICLE, headers=HTML)
    wanted = [page(site, f"/{n}", n) for n in range(3)]
    await read([*wanted, page(site, "/0", 9, "127.0.0.2")], fetcher, reader, interval=0.1)
    here = [request for request in site.log if request.host == "127.0.0.1"]
    assert len(here) == 4
    assert here[-1].at - here[1].at > 0.45


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("/missing", "refused", "(404)"),
        ("/broken", "failed", "(500)"),
        ("/pdf", "refused", "no web page"),
        ("/short", "refused", "no article"),
        ("/wall", "refused", "bot protection"),
        ("/private", "refused", "not public"),
        ("/endless", "refused", "larger than 12 MB"),
        ("/bomb", "refused", "unpacks to more than 24 MB"),
        ("/cut", "failed", "broke off"),
        ("/hang", "failed", "no complete answer"),
    ],
)
async def test_what_goes_wrong_is_named_and_no_failure_of_another(
    site: Site, reader: ParserPool, path: str, outcome: str, reason: str
) -> None:
    site.serve("/broken", b"", 500)
    site.serve("/pdf", b"%PDF-1.7", headers={"Content-Type": "application/pdf"})
    site.serve("/short", b"<html><body><p>Sign in to read.</p></body></html>", headers=HTML)
    site.serve("/wall", b"<!doctype html><title>Just a moment...</title>", headers=HTML)
    site.on("/private", server.redirect(302, "http://10.0.0.1/"))
    site.on("/endless", server.endless)
    site.serve("/bomb", server.gzip_bomb(60), headers={**HTML, "Content-Encoding": "gzip"})
    site.on("/cut", server.cut_off)
    site.on("/hang", server.hang)
    site.serve("/good", ARTICLE, headers=HTML)
    async with Fetcher(allow_networks=LOOPBACK, deadline=2) as fetcher:
        found = await read([page(site, path), page(site, "/good", 2, "127.0.0.2")], fetcher, reader)
    by_id = {result.item_id: result for result in found}
    assert (by_id[1].outcome, by_id[2].outcome) == (outcome, "read")
    assert reason in by_id[1].error


async def test_a_hung_host_costs_one_deadline(site: Site, reader: ParserPool) -> None:
    for n in range(6):
        site.on(f"/{n}", server.hang)
    wanted = [page(site, f"/{n}", n) for n in range(6)]
    async with Fetcher(allow_networks=LOOPBACK, deadline=1) as fetcher:
        found = await read(wanted, fetcher, reader)
    assert [(result.item_id, result.outcome) for result in found] == [(0, "failed")]


async def test_a_host_that_asks_for_a_pause_gets_it(site: Site, fetcher: Fetcher, reader: ParserPool) -> None:
    site.serve("/busy", b"", 503, {"Retry-After": "600"})
    site.serve("/1", ARTICLE, headers=HTML)
    (found,) = await read([page(site, "/busy"), page(site, "/1", 2)], fetcher, reader)
    assert (found.outcome, found.retry_after) == ("failed", 600)
    assert site.asked("/1") == []


async def test_a_page_made_to_be_slow_costs_its_time_limit_and_no_more(site: Site, fetcher: Fetcher) -> None:
    site.serve("/deep", b"<html><body>" + b"<div><table><tr><td>" * 60_000 + b"x", headers=HTML)
    site.serve("/good", ARTICLE, headers=HTML)
    started = time.process_time()
    with ParserPool(workers=1, time_limit=2) as reader:
        found = await read([page(site, "/deep"), page(site, "/good", 2)], fetcher, reader)
    assert [result.outcome for result in found] == ["refused", "read"]
    assert time.process_time() - started < 2


async def test_a_run_that_is_stopped_leaves_nothing_behind(site: Site, fetcher: Fetcher, reader: ParserPool) -> None:
    site.on("/hang", server.hang)
    before = asyncio.all_tasks()
    results = pages.read_pages(
        [page(site, "/hang")], fetcher, reader, {}, now=lambda: NOW, pace=Pace(), host_interval=0
    )
    task = asyncio.ensure_future(anext(results))
    await asyncio.to_thread(site.wait_for, "/hang")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await results.aclose()
    assert asyncio.all_tasks() == before
