"""Bytes of a feed document -> items. Pure; meant to run in a process that can be killed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import feedparser
from feedparser import api

from tracker.feeds import dates, jsonfeed
from tracker.feeds.cleaning import BODY_LIMIT, SHORT_LIMIT, SUMMARY_LIMIT, link_of, text_of, text_of_html, text_of_title
from tracker.feeds.diagnosis import is_html, why_no_feed
from tracker.feeds.document import ITEMS_LIMIT, NotAFeed, Parsed
from tracker.feeds.encoding import decode
from tracker.feeds.hints import of_channel
from tracker.feeds.jsonfeed import GUID_LIMIT, language_of
from tracker.model import Item

Get = Callable[[str], Any]
UNPACKED_LIMIT = 32_000_000
"""Bytes of a document that lies compressed inside its own body."""

api.PREFERRED_XML_PARSERS[:] = ["tracker.feeds.expat_buffered"]


def parse(body: bytes, content_type: str, url: str, now: datetime) -> Parsed:
    """Read a feed of any format, served at ``url``. Dates more than two days after ``now`` count as absent.

    Raises NotAFeed, and nothing else whatever the bytes are.
    """
    body = _unpacked(body)
    if not body.strip(b"\x00 \t\r\n"):
        raise NotAFeed("the document is empty")
    text = decode(body, content_type)
    if text.lstrip()[:1] in ("{", "["):
        return jsonfeed.parse(text, url, now)
    parsed = _parse_xml(text, url, now)
    refusal = None if parsed.items else why_no_feed(body, text, url)
    if refusal is not None:
        raise refusal
    return parsed


def _unpacked(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    inflater = zlib.decompressobj(31)
    try:
        plain = inflater.decompress(body, UNPACKED_LIMIT)
    except zlib.error:
        raise NotAFeed("the document is compressed, and the compression is damaged") from None
    if not plain and not inflater.eof:
        raise NotAFeed("the document is compressed and breaks off")
    if inflater.unconsumed_tail:
        raise NotAFeed(f"the document unpacks to more than {UNPACKED_LIMIT // 1_000_000} MB")
    return plain


def _parse_xml(text: str, url: str, now: datetime) -> Parsed:
    found = feedparser.parse(
        io.BytesIO(text.lstrip().encode("utf-8")),
        # No content-location: guids must not depend on where the document lies. Links are resolved here.
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if is_html(text) and not found.version:
        return Parsed(())
    language = language_of(dict.get(found.feed, "language"))
    items = tuple(_item(entry, url, language, now) for entry in found.entries[:ITEMS_LIMIT])
    return Parsed(items, text_of_title(dict.get(found.feed, "title"), SHORT_LIMIT), language, of_channel(text))


def _item(entry: dict[str, Any], base: str, feed_language: str, now: datetime) -> Item:
    def get(key: str) -> Any:
        return dict.get(entry, key)  # FeedParserDict.get looks through renamed keys, slowly

    summary, body = _texts(get("summary"), get("content"))
    language = language_of((get("title_detail") or {}).get("language"))
    return Item(
        guid=text_of(get("id"), GUID_LIMIT),
        url=_link(get, base),
        title=text_of_title(get("title")),
        summary=summary,
        body=body,
        language="" if language == feed_language else language,
        author=text_of_title(get("author"), SHORT_LIMIT),
        published_at=_published(get, now),
    )


def _texts(summary: str | None, contents: list[Mapping[str, Any]] | None) -> tuple[str, str]:
    """Summary and body; an entry that has one text alone has it as its summary."""
    short = text_of_html(summary, SUMMARY_LIMIT)
    longer = [content.get("value") for content in contents or ()]
    others = [text for text in longer if text and text != summary]
    body = text_of_html(max(others, key=len), BODY_LIMIT) if others else ""
    if not short:
        return text_of(body, SUMMARY_LIMIT), ""
    return short, "" if body == short else body


def _link(get: Get, base: str) -> str:
    pages = [link.get("href") for link in get("links") or () if link.get("rel", "alternate") == "alternate"]
    own = get("link")
    if own and own == get("id") and not own.startswith(("http://", "https://")):
        own = None  # a guid that stands in for the link, but is no address
    return next(
        filter(None, (link_of(found, base) for found in (get("feedburner_origlink"), own, *pages) if found)), ""
    )


def _published(get: Get, now: datetime) -> str | None:
    for key in ("published", "updated", "created"):
        written = get(key)
        if written:
            moment = dates.published(get(f"{key}_parsed"), str(written), now)
            if moment:
                return moment
    return None
