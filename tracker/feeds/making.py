"""What a document says of an entry -> the item that is stored; the same whichever reader found the entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tracker.feeds import dates
from tracker.feeds.cleaning import BODY_LIMIT, SHORT_LIMIT, SUMMARY_LIMIT, link_of, text_of, text_of_html, text_of_title
from tracker.feeds.jsonfeed import GUID_LIMIT, language_of
from tracker.model import Item

Get = Callable[[str], Any]


def item_of(entry: dict[str, Any], base: str, feed_language: str, now: datetime) -> Item:
    """The item of an entry under feedparser's names (id, link, links, title, summary, content, published …).

    ``base`` is what relative links are relative to.
    """

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
