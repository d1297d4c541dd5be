"""Reading only what is new in a document gives what reading all of it gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feeds import samples
from tests.feeds.conftest import NOW
from tests.feeds.server import RSS
from tracker.feeds import entries
from tracker.feeds.document import NotAFeed
from tracker.feeds.parse import parse
from tracker.model import Item

TYPE, URL = "application/rss+xml", "http://feed.example/rss.xml"


def entry(number: int, more: str = "") -> str:
    return (
        f"<item><title>Item {number}</title><link>http://h.example/{number}</link><guid>g{number}</guid>"
        f"<description><![CDATA[<p>Text </item> {number}</p>]]>{more}</description></item>"
    )


def document(*items: str, built: str = "Monday", root: str = '<rss version="2.0">') -> bytes:
    head = f"{root}<channel><title>H</title><language>en</language><lastBuildDate>{built}</lastBuildDate>"
    return f"{head}\n{' '.join(items)}\n</channel></rss>".encode()


def items_of(body: bytes) -> tuple[Item, ...]:
    return parse(body, TYPE, URL, NOW).items


def whole(body: bytes) -> entries.Split:
    found = entries.split(body, TYPE)
    assert found is not None
    return found


def memory_of(body: bytes) -> bytes:
    memory = entries.remember(whole(body), items_of(body))
    assert memory
    return memory


def test_known_entries_are_known_whatever_stands_around_them() -> None:
    memory = memory_of(document(entry(1), entry(2)))
    assert entries.unknown(whole(document(entry(2), entry(1), built="Tuesday")), memory) == []


def test_new_and_changed_entries_alone_are_read() -> None:
    memory = memory_of(document(entry(1), entry(2)))
    body = document(entry(3), entry(1), entry(2, "changed"))
    found = whole(body)
    assert entries.unknown(found, memory) == [0, 2]
    fresh = items_of(found.with_only([0, 2]))
    assert fresh == tuple(items_of(body)[n] for n in (0, 2))
    assert entries.remember(found, fresh, memory) == memory_of(body)


@pytest.mark.parametrize(
    "body",
    [
        document(entry(1), built="x", root='<rss version="2.0" xmlns:a="urn:a">'),
        document(entry(1)).replace(b"<language>en", b"<language>ru"),
    ],
)
def test_what_surrounds_all_entries_counts_with_each(body: bytes) -> None:
    assert entries.unknown(whole(body), memory_of(document(entry(1)))) == [0]


def test_another_content_type_may_mean_another_encoding() -> None:
    body = document(entry(1))
    found = entries.split(body, "text/xml; charset=koi8-r")
    assert found
    assert entries.unknown(found, memory_of(body)) == [0]


@pytest.mark.parametrize(
    "body",
    [
        document(),
        samples.JSON_FEED.encode(),
        samples.ENTITIES.encode(),
        samples.ATOM.encode(),
        RSS.decode().encode("utf-16"),
        RSS.replace(b"dawn", "рассвет".encode("cp1251")),
        RSS.replace(b"<item>", b"<item><item>", 1),
        RSS.replace(b"</item>", b"", 1),
        RSS.replace(b"</item>\n", b"</item>stray text\n", 1),
        RSS.replace(b"<item>", b"<!-- <item> --><item>", 1),
        RSS.replace(b"dawn", b"<![CDATA[dawn", 1),
        RSS.replace(b"<item>", b"<item/><item>", 1),
        RSS.replace(b"<item>", b"<entry></entry><item>", 1),
        b"<html><body><item></item></body></html>",
    ],
)
def test_where_in_doubt_the_document_stays_whole(body: bytes) -> None:
    assert entries.split(body, TYPE) is None


def test_entries_that_share_a_guid_or_link_are_never_read_alone() -> None:
    for same in (b"<guid>h1</guid>", b"<link>http://harbour.example/1</link>"):
        other = same.replace(b"1<", b"2<")
        body = RSS.replace(other, same)
        assert entries.remember(whole(body), items_of(body)) == b""
    memory = memory_of(document(entry(1), entry(2)))
    clash = whole(document(entry(1), entry(2), entry(3).replace("g3", "g1")))
    (fresh,) = items_of(clash.with_only([2]))
    assert entries.remember(clash, [fresh], memory) == b""


def test_items_that_do_not_answer_to_entries_are_not_remembered() -> None:
    found = whole(document(entry(1), entry(2)))
    assert entries.remember(found, items_of(document(entry(1)))) == b""


def test_ill_formed_documents_are_told() -> None:
    assert entries.is_well_formed(RSS)
    assert not entries.is_well_formed(RSS.replace(b"dawn", b"dawn &nbsp;"))


PIECES = st.sampled_from(
    [
        b"<item>",
        b"</item>",
        b"<entry>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<guid>g1</guid>",
        b"&amp;",
        b"x",
        b"<b>",
    ]
)


@given(st.integers(0, 700), st.lists(PIECES, max_size=4), st.sets(st.integers(0, 3)))
def test_the_short_way_gives_the_same_items(at: int, pieces: list[bytes], fresh: set[int]) -> None:
    body = document(*(entry(n) for n in range(4)))
    body = body[:at] + b"".join(pieces) + body[at:]
    found = entries.split(body, TYPE)
    if found is None or not entries.is_well_formed(body):
        return
    try:
        items = items_of(body)
    except NotAFeed:
        return
    memory = entries.remember(found, items)
    if not memory:
        return
    wanted = sorted(number for number in fresh if number < len(items))
    old = b"".join(memory[24 * n : 24 * n + 24] for n in range(len(items)) if n not in wanted)
    assert entries.unknown(found, old) == wanted
    if wanted:
        assert items_of(found.with_only(wanted)) == tuple(items[n] for n in wanted)
