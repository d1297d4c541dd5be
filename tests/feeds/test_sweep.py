"""Rounds of polling against a real server: pacing, faults, and what answers mean."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from itertools import pairwise

import pytest

from tests.feeds import samples, server
from tests.feeds.conftest import LOOPBACK, NOW
from tests.feeds.server import RSS, XML, Site
from tracker.feeds import sweep as sweeping
from tracker.feeds.document import Parsed
from tracker.feeds.fetch import Fetcher
from tracker.feeds.hosts import Pace
from tracker.feeds.judging import body_hash
from tracker.feeds.parse import parse
from tracker.feeds.sweep import sweep
from tracker.model import CheckResult, Feed, FeedState


class InProcess:
    """Reads at once; the pool has tests of its own."""

    async def parse(self, body: bytes, content_type: str, url: str, now: datetime) -> Parsed:
        return parse(body, content_type, url, now)


def feed(url: str, name: str = "harbour", **known: object) -> FeedState:
    return FeedState(Feed(name, url), url, **known)  # type: ignore[arg-type]


async def swept(
    states: Sequence[FeedState], fetcher: Fetcher, interval: float = 0.0, concurrency: int = 200
) -> list[CheckResult]:
    results = sweep(states, fetcher, InProcess(), now=lambda: NOW, host_interval=interval, concurrency=concurrency)
    return [result async for result in results]


async def one(state: FeedState, fetcher: Fetcher) -> CheckResult:
    (result,) = await swept([state], fetcher)
    return result


async def test_a_new_document_brings_its_items_and_what_vouches_for_them(site: Site, fetcher: Fetcher) -> None:
    headers = {**XML, "ETag": '"1"', "Last-Modified": "Mon, 02 Feb 2026 10:00:00 GMT", "Cache-Control": "max-age=600"}
    found = await one(feed(site.serve("/feed", headers=headers)), fetcher)
    assert (found.outcome, found.status, found.at) == ("new", 200, "2026-02-03T06:00:00Z")
    assert [item.guid for item in found.items] == ["h1", "h2"]
    assert (found.etag, found.last_modified, found.body_hash) == ('"1"', headers["Last-Modified"], body_hash(RSS))
    assert (found.title, found.language, found.bytes, found.hints.max_age) == ("Harbour Post", "en", len(RSS), 600)


async def test_the_same_body_is_unchanged_and_not_read_again(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/feed", samples.HINTS.encode(), headers={**XML, "ETag": '"2"'})
    found = await one(feed(url, body_hash=body_hash(samples.HINTS.encode()), etag='"1"'), fetcher)
    assert (found.outcome, found.items, found.etag) == ("unchanged", (), '"2"')
    assert site.log[0].headers["if-none-match"] == '"1"'


async def test_a_document_that_changes_around_its_entries_is_unchanged(site: Site, fetcher: Fetcher) -> None:
    first = await one(feed(site.serve("/feed")), fetcher)
    changed = RSS.replace(b"News of the harbour", b"All the news")
    url = site.serve("/feed", changed, headers={**XML, "ETag": '"2"'})
    found = await one(feed(url, body_hash=first.body_hash, entry_memory=first.entry_memory), fetcher)
    assert (found.outcome, found.items, found.etag) == ("unchanged", (), '"2"')
    assert (found.body_hash, found.entry_memory) == (body_hash(changed), first.entry_memory)


async def test_of_a_document_with_a_new_entry_that_alone_is_read(site: Site, fetcher: Fetcher) -> None:
    first = await one(feed(site.serve("/feed")), fetcher)
    body = RSS.replace(b"<item>", b"<item><title>Third</title><guid>h3</guid></item><item>", 1)
    site.serve("/feed", body)
    known = {"body_hash": first.body_hash, "entry_memory": first.entry_memory}
    found = await one(feed(site.url("/feed"), **known), fetcher)
    assert (found.outcome, [item.guid for item in found.items]) == ("new", ["h3"])
    whole = await one(feed(site.url("/feed")), fetcher)
    assert [item.guid for item in whole.items] == ["h3", "h1", "h2"]
    assert whole.entry_memory == found.entry_memory
    site.serve("/feed", body.replace(b"Third", b"Third &nbsp;"))
    assert len((await one(feed(site.url("/feed"), **known), fetcher)).items) == 3


async def test_not_modified(site: Site, fetcher: Fetcher) -> None:
    found = await one(feed(site.serve("/feed", b"", 304), body_hash="h", last_modified="Mon"), fetcher)
    assert (found.outcome, found.status, found.error) == ("not_modified", 304, "")
    assert site.log[0].headers["if-modified-since"] == "Mon"


async def test_validators_without_a_stored_body_are_not_sent(site: Site, fetcher: Fetcher) -> None:
    found = await one(feed(site.serve("/feed"), etag='"1"'), fetcher)
    assert found.outcome == "new"
    assert "if-none-match" not in site.log[0].headers


async def test_a_304_for_a_body_we_never_had_is_asked_again_and_then_refused(site: Site, fetcher: Fetcher) -> None:
    answers = [304, 200]

    async def first_lies(request: server.Request, writer: asyncio.StreamWriter) -> None:
        status = answers.pop(0)
        await server.reply(writer, status, XML, RSS)

    assert (await one(feed(site.on("/once", first_lies)), fetcher)).outcome == "new"
    found = await one(feed(site.serve("/always", b"", 304)), fetcher)
    assert (found.outcome, found.error_class, found.etag) == ("failed", "lying304", "")
    assert len(site.asked("/always")) == 2


@pytest.mark.parametrize(
    ("status", "headers", "error_class", "gone", "retry_after"),
    [
        (404, {}, "http4xx", False, None),
        (410, {}, "http4xx", True, None),
        (401, {}, "http4xx", False, None),
        (429, {"Retry-After": "120"}, "throttled", False, 120),
        (429, {}, "throttled", False, None),
        (503, {"Retry-After": "Tue, 03 Feb 2026 07:00:00 GMT"}, "throttled", False, 3600),
        (503, {}, "http5xx", False, None),
        (500, {}, "http5xx", False, None),
        (301, {}, "http4xx", False, None),
        (204, {}, "http4xx", False, None),
    ],
)
async def test_refusals(
    site: Site,
    fetcher: Fetcher,
    status: int,
    headers: dict[str, str],
    error_class: str,
    gone: bool,
    retry_after: int | None,
) -> None:
    found = await one(feed(site.serve("/feed", b"" if status == 204 else b"no", status, headers)), fetcher)
    assert (found.outcome, found.status, found.error_class, found.gone) == ("failed", status, error_class, gone)
    assert found.hints.retry_after == retry_after
    assert str(status) in found.error


async def test_documents_that_are_no_feed_say_why_and_vouch_for_nothing(site: Site, fetcher: Fetcher) -> None:
    validators = {"Content-Type": "text/html", "ETag": '"1"'}
    page = await one(feed(site.serve("/page", samples.PAGE.encode(), headers=validators)), fetcher)
    assert (page.outcome, page.error_class, page.etag, page.body_hash) == ("failed", "parse", "", "")
    assert page.suggestion == site.url("/rss.xml?a=1&b=2")
    wall = await one(feed(site.serve("/wall", samples.CHALLENGE.encode(), headers=validators)), fetcher)
    assert "bot protection" in wall.error
    shut = await one(feed(site.serve("/shut", samples.CHALLENGE.encode(), 403, validators)), fetcher)
    assert shut.error == "the server keeps programs out (bot protection, 403)"


async def test_an_empty_feed_is_no_failure(site: Site, fetcher: Fetcher) -> None:
    found = await one(feed(site.serve("/feed", samples.EMPTY_CHANNEL.encode())), fetcher)
    assert (found.outcome, found.items, found.error) == ("new", (), "")


async def test_a_permanent_move_is_reported(site: Site, fetcher: Fetcher) -> None:
    site.serve("/new")
    found = await one(feed(site.on("/old", server.redirect(301, "/new"))), fetcher)
    assert (found.outcome, found.moved_to) == ("new", site.url("/new"))


async def test_failing_and_hanging_feeds_harm_no_other(site: Site) -> None:
    site.serve("/feed")
    bad = {
        "hang": server.hang, "drip": server.drip, "reset": server.reset, "cut": server.cut_off,
        "loop": server.redirect(302, "/loop"), "private": server.redirect(302, "http://10.0.0.1/"),
    }  # fmt: skip
    states = [feed(site.on(f"/{name}", handler), name) for name, handler in bad.items()]
    states += [feed(site.url("/feed", server.HOSTS[n % 4]) + f"?{n}", f"good{n}") for n in range(50)]
    for n in range(50):
        site.serve(f"/feed?{n}")
    async with Fetcher(allow_networks=LOOPBACK, deadline=3) as fetcher:
        results = await swept(states, fetcher)
    outcomes = {result.feed_id: (result.outcome, result.error_class) for result in results}
    assert len(results) == len(states)
    assert {name: outcomes[name][1] for name in bad} == {
        "hang": "timeout", "drip": "timeout", "reset": "connect", "cut": "connect", "loop": "redirect",
        "private": "guard",
    }  # fmt: skip
    assert {outcomes[f"good{n}"] for n in range(50)} == {("new", "")}
    assert [result.feed_id for result in results[-2:]] in (["hang", "drip"], ["drip", "hang"])


async def test_hanging_feeds_give_their_places_to_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "SLOW_AFTER", 0.05)
    site.on("/hang", server.hang)
    site.serve("/feed")
    states = [feed(site.url("/hang"), f"hang{n}") for n in range(6)] + [feed(site.url("/feed"), "good")]
    async with Fetcher(allow_networks=LOOPBACK, deadline=30) as fetcher:
        results = sweep(states, fetcher, InProcess(), now=lambda: NOW, host_interval=0, concurrency=2)
        async with aclosing(results), asyncio.timeout(10):
            assert (await anext(results)).feed_id == "good"


async def test_requests_to_one_host_keep_their_distance_and_hosts_do_not_wait_for_each_other(
    site: Site, fetcher: Fetcher
) -> None:
    states = []
    for n in range(4):
        for host in server.HOSTS:
            site.serve(f"/{n}")
            states.append(feed(site.url(f"/{n}", host), f"{host}-{n}"))
    started = time.monotonic()
    assert len(await swept(states, fetcher, interval=0.2)) == 16
    assert time.monotonic() - started < 3
    for host in server.HOSTS:
        times = [request.at for request in site.log if request.host == host]
        assert min(later - earlier for earlier, later in pairwise(times)) > 0.02
        assert times[-1] - times[0] > 0.45


async def test_sweeps_side_by_side_keep_one_pace(site: Site, fetcher: Fetcher) -> None:
    pace = Pace()
    states = [feed(site.serve(f"/{n}"), f"f{n}") for n in range(6)]

    async def half(mine: Sequence[FeedState]) -> int:
        found = sweep(mine, fetcher, InProcess(), now=lambda: NOW, host_interval=0.1, pace=pace)
        return len([result async for result in found])

    assert await asyncio.gather(half(states[:3]), half(states[3:])) == [3, 3]
    times = sorted(request.at for request in site.log)
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.03
    assert times[-1] - times[0] > 0.45


async def test_a_hung_feed_does_not_hold_back_its_own_host(site: Site) -> None:
    site.on("/hang", server.hang)
    site.serve("/feed")
    async with Fetcher(allow_networks=LOOPBACK, deadline=1) as fetcher:
        states = [feed(site.url("/hang"), "hang"), feed(site.url("/feed"), "good")]
        results = await swept(states, fetcher, interval=0.05)
    assert [result.feed_id for result in results] == ["good", "hang"]


async def test_a_host_that_asks_for_a_pause_is_asked_no_more(site: Site, fetcher: Fetcher) -> None:
    site.serve("/busy", b"", 429, {"Retry-After": "60"})
    site.serve("/feed")
    here = [feed(site.url("/busy"), "busy"), *(feed(site.url("/feed"), f"here{n}") for n in range(3))]
    there = [feed(site.url("/feed", "127.0.0.2"), f"there{n}") for n in range(3)]
    results = await swept(here + there, fetcher, interval=0.2)
    assert {result.feed_id for result in results} == {"busy", "there0", "there1", "there2"}


async def test_a_sweep_that_is_stopped_drops_what_is_under_way(site: Site, fetcher: Fetcher) -> None:
    site.on("/hang", server.hang)
    site.serve("/feed")
    states = [feed(site.url("/feed"), "good"), *(feed(site.url("/hang"), f"hang{n}") for n in range(5))]
    before = asyncio.all_tasks()
    results = sweep(states, fetcher, InProcess(), now=lambda: NOW, host_interval=0)
    assert (await anext(results)).feed_id == "good"
    await results.aclose()
    assert asyncio.all_tasks() == before


async def test_a_cancelled_sweep_ends_at_once(site: Site, fetcher: Fetcher) -> None:
    states = [feed(site.on("/hang", server.hang), f"hang{n}") for n in range(5)]
    before = asyncio.all_tasks()
    task = asyncio.create_task(swept(states, fetcher))
    await asyncio.to_thread(site.wait_for, "/hang", 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == before


async def test_a_slow_consumer_holds_the_sweep_back(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "WAITING_RESULTS", 3)
    site.serve("/feed")
    states = [feed(site.url("/feed"), f"f{n}") for n in range(40)]
    results = sweep(states, fetcher, InProcess(), now=lambda: NOW, host_interval=0, concurrency=5)
    async with aclosing(results):
        await anext(results)
        await asyncio.sleep(0.3)
        assert len(site.log) < 15
        assert len([result async for result in results]) == 39


async def test_an_error_of_our_own_is_one_feeds_failure(site: Site, fetcher: Fetcher) -> None:
    class Broken:
        async def parse(self, body: bytes, content_type: str, url: str, now: datetime) -> Parsed:
            raise ZeroDivisionError("secret detail")

    results: AsyncIterator[CheckResult] = sweep(
        [feed(site.serve("/feed"))], fetcher, Broken(), now=lambda: NOW, host_interval=0
    )
    (found,) = [result async for result in results]
    assert (found.outcome, found.error_class, found.error) == (
        "failed", "internal", "an error in tracker itself; see its log",
    )  # fmt: skip


async def test_nothing_to_ask_is_nothing_to_do(fetcher: Fetcher) -> None:
    assert await swept([], fetcher) == []
