"""The patient reader: feedparser, which makes sense of whatever is served as a feed."""

from __future__ import annotations

import io
from datetime import datetime

from tracker.feeds.cleaning import SHORT_LIMIT, text_of_title
from tracker.feeds.diagnosis import is_html
from tracker.feeds.document import ITEMS_LIMIT, Parsed
from tracker.feeds.hints import of_channel
from tracker.feeds.jsonfeed import language_of
from tracker.feeds.making import item_of


def read(text: str, url: str, now: datetime) -> Parsed:
    """The items of a document without XML declaration, served at ``url``; none where it is a web page."""
    import feedparser  # slow to import and large; most documents never need it
    from feedparser import api

    api.PREFERRED_XML_PARSERS[:] = ["tracker.feeds.expat_buffered"]
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
    items = tuple(item_of(entry, url, language, now) for entry in found.entries[:ITEMS_LIMIT])
    return Parsed(items, text_of_title(dict.get(found.feed, "title"), SHORT_LIMIT), language, of_channel(text))
