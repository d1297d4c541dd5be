"""Documents of every format, and documents that are none."""

from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feeds import samples
from tests.feeds.conftest import NOW
from tests.feeds.server import RSS
from tracker.feeds.document import NotAFeed, Parsed
from tracker.feeds.parse import parse
from tracker.model import FeedHints, Item

URL = "http://feed.example/rss.xml"


def read(document: str | bytes, content_type: str = "") -> Parsed:
    return parse(document if isinstance(document, bytes) else document.encode(), content_type, URL, NOW)


def refusal(document: str | bytes) -> NotAFeed:
    with pytest.raises(NotAFeed) as caught:
        read(document)
    return caught.value


def test_rss_two() -> None:
    parsed = read(RSS)
    assert (parsed.title, parsed.language, parsed.newest) == ("Harbour Post", "en", "2026-02-02T10:00:00Z")
    assert parsed.items[0] == Item(
        guid="h1",
        url="http://harbour.example/1",
        title="Two fleets begin a joint patrol",
        summary="Ships left at dawn.",
        published_at="2026-02-02T10:00:00Z",
    )


def test_rss_of_the_nineties() -> None:
    (item,) = read(samples.RSS_091).items
    assert (item.title, item.summary, item.published_at) == ("Grain shipments rise", "A good harvest.", None)


def test_rdf_with_full_text_beside_the_summary() -> None:
    parsed = read(samples.RSS_10)
    (item,) = parsed.items
    assert parsed.language == "de"
    assert (item.summary, item.body) == ("Kurz.", "Der Zug fährt wieder. Ab Montag.")
    assert (item.author, item.published_at) == ("A. Muster", "2026-02-02T10:00:00Z")


def test_atom_with_base_and_languages() -> None:
    parsed = read(samples.ATOM)
    first, second = parsed.items
    assert (parsed.title, parsed.language) == ("Степной вестник", "ru")
    assert (first.url, first.published_at) == ("http://atom.example/news/2026/1.html", "2026-02-01T07:00:00Z")
    assert (first.summary, first.body, first.language) == ("Движение восстановлено.", "", "")
    assert (second.title, second.url) == ("Bridge <open> again", "http://atom.example/2.html")
    assert (second.summary, second.body, second.language) == ("Short.", "Long text.", "en")


def test_json_feed() -> None:
    parsed = read("\ufeff" + samples.JSON_FEED)
    first, second, third = parsed.items
    assert (parsed.title, parsed.language) == ("Json Wire", "zh-cn")
    assert (first.guid, first.url, first.title) == ("1", "https://json.example/a", "港口 & 铁路")
    assert (first.summary, first.author, first.published_at) == ("码头重开。", "记者, 编辑", "2026-02-02T10:00:00Z")
    assert (second.guid, second.url, second.summary) == ("2", "https://other.example/b", "short")
    assert (second.body, second.language) == ("plain <b>stays</b>", "en")
    assert (third.title, third.summary) == ("", "")


def test_an_entry_that_lacks_things_is_an_item_all_the_same() -> None:
    items = read(samples.BARE).items
    assert len(items) == 7
    assert [item.title for item in items[:2]] == ["Only a title", ""]
    assert (items[1].summary, items[2].url) == ("Only a text", "http://bare.example/3")
    assert {item.published_at for item in items} == {None}


def test_what_publishers_ask_of_pollers() -> None:
    assert read(samples.HINTS).hints == FeedHints(ttl=5400, update_period=1800, skip_hours=(0, 1), skip_days=(5, 6))
    assert read(RSS).hints == FeedHints()


def test_packed_and_damaged_documents_are_read_as_far_as_they_go() -> None:
    assert len(read(gzip.compress(RSS)).items) == 2
    assert len(read(RSS.replace(b"</channel></rss>", b"")).items) == 2
    assert len(read(RSS.replace(b"dawn", b"d\x00\x0bwn &nbsp; <b>&undefined;")).items) == 2
    assert len(read(b"\n\n  " + RSS).items) == 2
    assert len(read(RSS, "text/html; charset=us-ascii").items) == 2


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "the document is empty"),
        (b" \n\x00 ", "the document is empty"),
        (samples.CHALLENGE, "keeps programs out"),
        ("<html><body>Hello</body></html>", "web page that names no feed"),
        (RSS[:150], "breaks off"),
        (bytes(range(256)) * 20, "neither text nor XML"),
        ("just words", "plain text"),
        ("<?xml version='1.0'?><note><to>you</to></note>", "no rss, feed or RDF element"),
        ("<opml version='2.0'><body><outline xmlUrl='http://x/'/></body></opml>", "tracker feeds import"),
        ('{"a": 1}', "no list of items"),
        ('{"items": [', "breaks off"),
        ('{"items": [}, {"id": 1}]}', "is damaged"),
        ("[" * 100_000, "nests too deeply"),
        (gzip.compress(RSS, mtime=0)[:40], "breaks off"),
        (b"\x1f\x8b" + b"junk" * 30, "compression is damaged"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_reason(document: str | bytes, reason: str) -> None:
    assert reason in refusal(document).reason


def test_a_web_page_leads_to_its_feed() -> None:
    refused = refusal(samples.PAGE)
    assert refused.suggestion == "http://feed.example/rss.xml?a=1&b=2"
    assert refused.suggestion in refused.reason


def test_a_feed_that_holds_nothing_now_is_a_feed() -> None:
    parsed = read(samples.EMPTY_CHANNEL)
    assert (parsed.items, parsed.title) == ((), "Quiet")
    assert read('<feed xmlns="http://www.w3.org/2005/Atom"><title>Quiet</title></feed>').items == ()
    assert read('{"version": "1", "items": []}').items == ()


def test_entities_neither_fill_the_memory_nor_read_files() -> None:
    started = time.monotonic()
    (item,) = read(samples.ENTITIES).items
    assert len(item.title) <= 1000
    assert item.url == "http://b.example/1"
    (leak,) = read(samples.EXTERNAL).items
    assert leak.title.replace("&x;", "").split() == ["before", "after"]
    assert time.monotonic() - started < 5


def test_a_bomb_in_the_body_is_refused() -> None:
    assert "unpacks to more than" in refusal(gzip.compress(b" " * 40_000_000)).reason


def items_or_reason(body: bytes) -> tuple[Item, ...]:
    try:
        return parse(body, "", URL, NOW).items
    except NotAFeed as refused:
        return (Item("", "", refused.reason, ""),)


@given(
    st.binary(max_size=300)
    | st.text(alphabet='<>/&;!?[]-="rsfedxmlitm :0\x00\ud800\u202e', max_size=300).map(
        lambda t: t.encode("utf-8", "replace")
    )
    | st.tuples(st.integers(0, len(RSS)), st.binary(max_size=20)).map(lambda p: RSS[: p[0]] + p[1] + RSS[p[0] + 9 :])
)
def test_any_bytes_give_clean_items_or_a_reason(body: bytes) -> None:
    for item in items_or_reason(body):
        text = "\n".join((item.guid, item.url, item.title, item.summary, item.body, item.author))
        text.encode("utf-8")
        assert "\x00" not in text
        assert item.url == "" or item.url.startswith("http")
