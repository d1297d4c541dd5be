"""The demo wire over real sockets: formats, encodings, validators, faults, and items that arrive later."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import httpx
import pytest
import yaml

from tracker.clock import iso
from tracker.demo import stories, wire
from tracker.feeds.checkup import stale_since

TODAY = datetime(2026, 2, 18, 9, 30, tzinfo=UTC)


class HandClock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock(TODAY)


@pytest.fixture
async def base(clock: HandClock) -> AsyncIterator[str]:
    served = wire.DemoWire(TODAY, clock)
    yield await served.start()
    await served.stop()


@pytest.fixture
async def client(base: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base) as opened:
        yield opened


SERVED = [outlet for outlet in stories.outlets() if not outlet.fault]


def expected(outlet_id: str, now: datetime) -> list[stories.DemoItem]:
    return [i for i in stories.items(TODAY) if i.outlet == outlet_id and i.published_at <= now]


def told(entry: feedparser.FeedParserDict) -> datetime:
    # feedparser files the dc:date of RSS 1.0 under "updated"
    return datetime(*(entry.get("published_parsed") or entry.updated_parsed)[:6], tzinfo=UTC)


@pytest.mark.parametrize("outlet", SERVED, ids=lambda outlet: outlet.id)
async def test_every_feed_reads_back_what_was_written(outlet: stories.Outlet, client: httpx.AsyncClient) -> None:
    reply = await client.get(f"/feed/{outlet.id}")
    assert reply.status_code == 200
    want = expected(outlet.id, TODAY)
    assert want
    if outlet.format == "jsonfeed":
        feed = reply.json()
        got = [(e["title"], e["content_text"], datetime.fromisoformat(e["date_published"])) for e in feed["items"]]
        title = feed["title"]
    else:
        parsed = feedparser.parse(reply.content, response_headers=dict(reply.headers))
        # text/xml without a charset counts as us-ascii by RFC 3023; publishers serve it all the same
        assert not parsed.bozo or isinstance(parsed.bozo_exception, feedparser.CharacterEncodingOverride)
        got = [(e.title, e.summary, told(e)) for e in parsed.entries]
        title = parsed.feed.title
    assert title == outlet.title
    assert [(t, when) for t, _, when in got] == [(i.title, i.published_at) for i in want]
    if outlet.markup:
        assert all("<p" in text and "/story/" in text for _, text, _ in got)
    else:
        assert [text for _, text, _ in got] == [i.summary for i in want]


def test_formats_and_encodings_are_varied() -> None:
    assert {o.format for o in SERVED} == {"rss2", "rss091", "rdf", "atom", "jsonfeed"}
    assert {o.encoding for o in SERVED} == {"utf-8", "windows-1251", "gb18030"}


@pytest.mark.parametrize(("outlet_id", "encoding"), [("priboy", "windows-1251"), ("huayue", "gb18030")])
async def test_bytes_are_in_the_declared_encoding(outlet_id: str, encoding: str, client: httpx.AsyncClient) -> None:
    body = (await client.get(f"/feed/{outlet_id}")).content
    assert f'encoding="{encoding}"'.encode() in body
    assert expected(outlet_id, TODAY)[0].title.encode(encoding) in body


async def test_unchanged_feed_answers_304_to_either_validator(client: httpx.AsyncClient) -> None:
    first = await client.get("/feed/meridian")
    by_etag = await client.get("/feed/meridian", headers={"If-None-Match": first.headers["etag"]})
    by_date = await client.get("/feed/meridian", headers={"If-Modified-Since": first.headers["last-modified"]})
    assert (by_etag.status_code, by_etag.content) == (304, b"")
    assert (by_date.status_code, by_date.content) == (304, b"")
    stale = await client.get(
        "/feed/meridian", headers={"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]}
    )
    assert stale.status_code == 200


async def test_gzip_is_served_where_it_is_asked_for(client: httpx.AsyncClient) -> None:
    plain = await client.get("/feed/meridian", headers={"Accept-Encoding": "identity"})
    async with client.stream("GET", "/feed/meridian", headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content


async def test_held_back_items_arrive_as_the_clock_moves(client: httpx.AsyncClient, clock: HandClock) -> None:
    later = [i for i in stories.items(TODAY) if i.published_at > TODAY]
    assert 5 <= len(later) <= 12
    assert max(i.published_at for i in later) <= TODAY + timedelta(minutes=20)
    item = min((i for i in later if i.about), key=lambda i: i.published_at)
    before = await client.get(f"/feed/{item.outlet}")
    assert (await client.get(f"/story/{item.id}")).status_code == 404
    clock.at = item.published_at
    after = await client.get(f"/feed/{item.outlet}", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert feedparser.parse(after.content).entries[0].title == item.title
    assert len(feedparser.parse(after.content).entries) == len(feedparser.parse(before.content).entries) + 1
    assert (await client.get(f"/story/{item.id}")).status_code == 200


async def test_one_feed_fails_and_one_is_stale(client: httpx.AsyncClient) -> None:
    broken = [o for o in stories.outlets() if o.fault]
    assert [(await client.get(f"/feed/{o.id}")).status_code for o in broken] == [503]
    newest = {o.id: expected(o.id, TODAY)[0].published_at for o in SERVED}
    assert [o for o, at in newest.items() if TODAY - at > timedelta(weeks=4)] == ["polar-monitor"]


async def test_links_lead_to_a_page_that_says_it_is_invented(client: httpx.AsyncClient) -> None:
    parsed = feedparser.parse((await client.get("/feed/derzhavny-kurier")).content)
    page = await client.get(parsed.entries[0].link)
    assert page.status_code == 200
    assert stories.NOTICE in page.text
    assert parsed.entries[0].title in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_pages_escape_what_they_show() -> None:
    item = stories.DemoItem("x", "meridian", "en", TODAY, "<script>1</script>", "a & <b>", "x", (), ())
    page = wire.pages.article(item, stories.outlets()[0]).decode()
    assert "<script>" not in page
    assert "a &amp; &lt;b&gt;" in page


async def test_front_page_lists_feeds_and_unknown_paths_are_404(client: httpx.AsyncClient) -> None:
    front = await client.get("/")
    assert all(f"/feed/{o.id}" in front.text for o in stories.outlets())
    for path in ("/feed/nobody", "/story/none", "/etc/passwd", "/story/"):
        assert (await client.get(path)).status_code == 404
    assert (await client.post("/feed/meridian")).status_code == 405
    head = await client.head("/feed/meridian")
    assert (head.status_code, head.content) == (200, b"")


async def test_stopping_frees_the_port_with_a_silent_client_connected(clock: HandClock) -> None:
    served = wire.DemoWire(TODAY, clock)
    base = await served.start()
    async with httpx.AsyncClient() as client:
        assert (await client.get(base)).status_code == 200
    port = int(base.rpartition(":")[2])
    _, silent = await asyncio.open_connection("127.0.0.1", port)
    await served.stop()
    silent.close()
    again = wire.DemoWire(TODAY, clock, port)
    assert await again.start() == base
    await again.stop()


async def test_written_catalogue_names_every_feed(tmp_path: Path, base: str) -> None:
    path = tmp_path / "feeds.yaml"
    wire.write_catalogue(path, base)
    text = path.read_text(encoding="utf-8")
    assert stories.NOTICE in text
    rows = yaml.safe_load(text)["feeds"]
    assert [(row["id"], row["url"]) for row in rows] == [(f.id, f.url) for f in wire.feeds(base)]
    assert len(rows) >= 12
    assert all(row["interval"] == wire.POLL_EVERY for row in rows)


def test_the_silent_feed_is_stale_by_its_own_rhythm_and_no_other_is() -> None:
    for ahead in range(7):
        today = TODAY + timedelta(days=ahead)
        dates: dict[str, list[str]] = {}
        for item in stories.items(today):
            if item.published_at <= today:
                dates.setdefault(item.outlet, []).append(iso(item.published_at))
        stale = [outlet for outlet, published in dates.items() if stale_since(published, today)]
        assert stale == ["polar-monitor"], today
