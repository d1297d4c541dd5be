"""Items to feed documents, in the formats that publishers use: RSS 2.0, 0.91 and 1.0, Atom, JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from tracker.demo.stories import DemoItem, Outlet

Link = Callable[[DemoItem], str]

MEDIA_TYPES = {
    "rss2": "application/rss+xml",
    "rss091": "text/xml",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml",
    "jsonfeed": "application/feed+json",
}


def render(outlet: Outlet, items: Sequence[DemoItem], home: str, link: Link) -> bytes:
    """The feed document of ``outlet``, in its own format and encoding. ``home`` is its page, ``link`` an item's."""
    if outlet.format == "jsonfeed":
        return _json_feed(outlet, items, home, link).encode()
    document = _XML_FORMATS[outlet.format](outlet, items, home, link)
    prolog = f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'
    return (prolog + document).encode(outlet.encoding, "xmlcharrefreplace")


def _rss2(outlet: Outlet, items: Sequence[DemoItem], home: str, link: Link) -> str:
    entries = "".join(
        f"<item>{_tag('title', item.title)}{_tag('link', link(item))}"
        f'<guid isPermaLink="false">urn:demo:{item.id}</guid>'
        f"<pubDate>{_rfc822(item.published_at)}</pubDate>"
        f"{_tag('description', _description(outlet, item, link))}</item>\n"
        for item in items
    )
    return f'<rss version="2.0"><channel>{_channel(outlet, home)}<ttl>1</ttl>\n{entries}</channel></rss>\n'


def _rss091(outlet: Outlet, items: Sequence[DemoItem], home: str, link: Link) -> str:
    # 0.91 knows neither guid nor date; its publishers added pubDate all the same.
    entries = "".join(
        f"<item>{_tag('title', item.title)}{_tag('link', link(item))}{_tag('description', item.summary)}"
        f"{_tag('pubDate', _rfc822(item.published_at))}</item>\n"
        for item in items
    )
    return f'<rss version="0.91"><channel>{_channel(outlet, home)}\n{entries}</channel></rss>\n'


def _rdf(outlet: Outlet, items: Sequence[DemoItem], home: str, link: Link) -> str:
    contents = "".join(f"<rdf:li rdf:resource={quoteattr(link(item))}/>" for item in items)
    entries = "".join(
        f"<item rdf:about={quoteattr(link(item))}>{_tag('title', item.title)}{_tag('link', link(item))}"
        f"{_tag('description', item.summary)}{_tag('dc:date', item.published_at.isoformat())}</item>\n"
        for item in items
    )
    return (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel rdf:about={quoteattr(home)}>{_tag('title', outlet.title)}{_tag('link', home)}"
        f"{_tag('description', outlet.title)}{_tag('dc:language', outlet.language)}"
        f"<items><rdf:Seq>{contents}</rdf:Seq></items></channel>\n{entries}</rdf:RDF>\n"
    )


def _atom(outlet: Outlet, items: Sequence[DemoItem], home: str, link: Link) -> str:
    kind = "html" if outlet.markup else "text"
    entries = "".join(
        f'<entry>{_tag("title", item.title)}<link rel="alternate" href={quoteattr(link(item))}/>'
        f"<id>urn:demo:{item.id}</id>"
        f"<published>{item.published_at.isoformat()}</published><updated>{item.published_at.isoformat()}</updated>"
        f'<summary type="{kind}">{xml_escape(_description(outlet, item, link))}</summary></entry>\n'
        for item in items
    )
    updated = f"<updated>{items[0].published_at.isoformat()}</updated>" if items else ""
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">{_tag("title", outlet.title)}'
        f"<link href={quoteattr(home)}/><id>urn:demo:{outlet.id}</id>{updated}"
        f"<author>{_tag('name', outlet.publisher)}</author>\n{entries}</feed>\n"
    )


def _json_feed(outlet: Outlet, items: Sequence[DemoItem], home: str, link: Link) -> str:
    entries = [
        {
            "id": f"urn:demo:{item.id}",
            "url": link(item),
            "title": item.title,
            "content_text": item.summary,
            "date_published": item.published_at.isoformat(),
        }
        for item in items
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": home,
        "language": outlet.language,
        "items": entries,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


_XML_FORMATS: dict[str, Callable[[Outlet, Sequence[DemoItem], str, Link], str]] = {
    "rss2": _rss2,
    "rss091": _rss091,
    "rdf": _rdf,
    "atom": _atom,
}


def _description(outlet: Outlet, item: DemoItem, link: Link) -> str:
    """The summary, as plain text in escaped form or with the furniture that sites wrap around it."""
    if not outlet.markup:
        return item.summary if outlet.format == "atom" else escape(item.summary, quote=False)
    return (
        f'<p class="standfirst">{escape(item.summary)}</p>'
        f'<p><a href="{escape(link(item))}" rel="nofollow">Continue&nbsp;reading &raquo;</a></p>'
    )


def _channel(outlet: Outlet, home: str) -> str:
    return (
        f"{_tag('title', outlet.title)}{_tag('link', home)}{_tag('description', outlet.title)}"
        f"{_tag('language', outlet.language)}"
    )


def _tag(name: str, text: str) -> str:
    return f"<{name}>{xml_escape(text)}</{name}>"


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
