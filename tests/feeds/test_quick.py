"""The quick reader says what feedparser says, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feeds import samples
from tests.feeds.conftest import NOW
from tests.feeds.server import RSS
from tracker.feeds import patient, quick
from tracker.feeds.encoding import decode

URL = "http://feed.example/rss.xml"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Pier</title><id>urn:pier</id>'
    "<author><name>Desk</name></author><entry>{}</entry></feed>"
)
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:x="urn:x"'
)
ELEMENTS = (
    "<title>Two &amp; two</title>", "<title>Å Ã¤ \x92</title>", "<title></title>", "<title>  Fleet\n sails </title>",
    "<link>http://a.example/1?a=1&amp;b=2</link>", "<link>/relative</link>", "<link/>", "<link>http:///three</link>",
    '<atom:link href="http://a.example/self" rel="self"/>', '<atom:link href="http://a.example/alt"/>',
    '<guid isPermaLink="false">tag:1</guid>', "<guid>http://a.example/g</guid>", "<guid>plain</guid>", "<guid/>",
    "<description>&lt;p&gt;Ships &amp;amp; crews&lt;/p&gt;</description>", "<description/>",
    "<description><![CDATA[<b>Bold</b> text]]></description>", "<description>a<b>nested</b></description>",
    "<content:encoded><![CDATA[<p>The whole long text</p>]]></content:encoded>", "<summary>Short</summary>",
    "<pubDate>Mon, 02 Feb 2026 10:00:00 +0300</pubDate>", "<pubDate>2 February</pubDate>", "<pubDate/>",
    "<dc:date>2026-02-02T10:00:00Z</dc:date>", "<dc:creator>A. Writer</dc:creator>", "<author>a@b.example (A)</author>",
    "<category>news</category>", "<x:other a='1'>text</x:other>", "<x:other><x:inner/></x:other>",
    "<media:thumbnail url='http://a.example/p.jpg'/>", "<media:title>Picture</media:title>",
    "<slash:comments>3</slash:comments>",
    "<source url='http://b.example/'>B</source>", "<enclosure url='http://a.example/p.mp3' type='audio/mpeg'/>",
    "<dc:language>fr</dc:language>", "<unheard/>",
)  # fmt: skip
ATOM_ELEMENTS = (
    "<title>Plain</title>", '<title type="html">&lt;b&gt;Bold&lt;/b&gt;</title>', "<id>urn:1</id>",
    '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">X</div></title>', "<id>http://a.example/id</id>",
    '<link href="http://a.example/1"/>', '<link href="/rel" rel="alternate" type="text/html"/>',
    '<link href="http://a.example/j" type="application/json"/>', '<link href="http://a.example/e" rel="edit"/>',
    "<updated>2026-02-02T10:00:00Z</updated>", "<published>2026-02-01T10:00:00.5+01:00</published>",
    "<summary>Short</summary>", '<summary type="html">&lt;p&gt;Short&lt;/p&gt;</summary>',
    '<content type="html">&lt;p&gt;Long text&lt;/p&gt;</content>', "<content>Long</content>",
    '<content type="html" xml:lang="ru">Текст</content>', '<title xml:lang="ru">Заголовок</title>',
    "<author><name>Anna</name><email>a@b.example</email></author>", "<author><name>Boris</name></author>",
    "<author>loose<name>Carl</name></author>", "<author><uri>http://c.example/</uri></author>",
    '<category term="news"/>', "<rights>none</rights>",
)  # fmt: skip


def agrees(document: str | bytes) -> bool:
    """Whether the quick reader read it. Fails where it reads otherwise than feedparser."""
    text = decode(document if isinstance(document, bytes) else document.encode())
    found = quick.read(text, URL, NOW)
    if found is not None:
        assert found == patient.read(text, URL, NOW)
    return found is not None


def rss(*entries: str, head: str = "<title>T</title><language>en</language>") -> str:
    items = "".join(f"<item>{entry}</item>" for entry in entries)
    return f'<?xml version="1.0"?><rss version="2.0" {NAMESPACES}><channel>{head}{items}</channel></rss>'


@given(st.lists(st.lists(st.sampled_from(ELEMENTS), max_size=8).map("".join), min_size=1, max_size=3))
def test_rss_of_any_elements_in_any_order(entries: list[str]) -> None:
    agrees(rss(*entries))


@given(st.lists(st.sampled_from(ATOM_ELEMENTS), max_size=8).map("".join))
def test_atom_of_any_elements_in_any_order(entry: str) -> None:
    agrees(ATOM.format(entry))


@pytest.mark.parametrize(
    "entry",
    [e for e in ELEMENTS if not any(odd in e for odd in ("nested", "inner", "2 Feb", "media:title", "unheard"))],
)
def test_plain_elements_leave_no_doubt(entry: str) -> None:
    assert agrees(rss(entry))


def test_ordinary_documents_leave_no_doubt() -> None:
    assert agrees(RSS)
    assert agrees(
        ATOM.format('<title>A</title><link href="http://a.example/1"/><updated>2026-02-02T10:00:00Z</updated>')
    )


@pytest.mark.parametrize(
    "document", [value for name, value in vars(samples).items() if name.isupper() and isinstance(value, str)]
)
def test_samples_of_every_format(document: str) -> None:
    agrees(document)


@pytest.mark.parametrize(
    "document",
    [
        rss("<title>A</title>").replace("<rss", "<!DOCTYPE rss [<!ENTITY a 'b'>]><rss"),
        rss("<title>A</title>").replace("<channel>", '<channel xml:base="http://other.example/">'),
        rss("<x:title>A</x:title>").replace("urn:x", "http://purl.org/dc/elements/1.1/"),
        rss("<dc:creator>A</dc:creator>").replace("http://purl.org/dc/elements/1.1/", "urn:not-dublin"),
        rss("<title>A</title>")[:-9],
        rss("<title>&nbsp;A</title>"),
        rss("<title>A</title><title>B</title>"),
        rss(),
        "<html><head><title>A</title></head></html>",
        "",
    ],
)  # fmt: skip
def test_doubtful_documents_are_left_to_feedparser(document: str) -> None:
    assert not agrees(document)
