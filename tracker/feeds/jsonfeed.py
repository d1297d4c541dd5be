"""JSON Feed 1.0 and 1.1 -> items."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from tracker.feeds import dates
from tracker.feeds.cleaning import BODY_LIMIT, SHORT_LIMIT, SUMMARY_LIMIT, link_of, text_of, text_of_html, text_of_title
from tracker.feeds.document import ITEMS_LIMIT, NotAFeed, Parsed
from tracker.model import Item

GUID_LIMIT = 1_000


def parse(text: str, url: str, now: datetime) -> Parsed:
    """Read a JSON Feed. Raises NotAFeed."""
    try:
        found = json.loads(text)
    except RecursionError:
        raise NotAFeed("the JSON document nests too deeply") from None
    except ValueError as error:
        place = getattr(error, "pos", 0)
        broken_off = place >= len(text.rstrip()) - 1
        reason = "breaks off before its end" if broken_off else "is damaged"
        raise NotAFeed(f"the document looks like a JSON Feed but {reason}") from None
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        raise NotAFeed("the document is JSON, but no JSON Feed: it has no list of items")
    base = link_of(found.get("home_page_url"), url) or url
    items = tuple(_item(entry, base, now) for entry in found["items"][:ITEMS_LIMIT] if isinstance(entry, dict))
    return Parsed(items, text_of(_string(found.get("title")), SHORT_LIMIT), language_of(found.get("language")))


def language_of(value: object) -> str:
    """A language tag in lower case, or empty where it is none."""
    tag = str(value or "").strip().replace("_", "-").lower()
    return tag if re.fullmatch(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,4}", tag) else ""


def _item(entry: dict[str, Any], base: str, now: datetime) -> Item:
    content = text_of_html(_string(entry.get("content_html")), BODY_LIMIT) or text_of(
        _string(entry.get("content_text")), BODY_LIMIT
    )
    summary = text_of(_string(entry.get("summary")), SUMMARY_LIMIT)
    if not summary:
        summary, content = content[:SUMMARY_LIMIT], ""
    return Item(
        guid=text_of(_string(entry.get("id")), GUID_LIMIT),
        url=link_of(_string(entry.get("url")) or _string(entry.get("external_url")) or _string(entry.get("id")), base),
        title=text_of_title(_string(entry.get("title"))),
        summary=summary,
        body="" if content == summary else content,
        language=language_of(entry.get("language")),
        author=text_of(_author(entry), SHORT_LIMIT),
        published_at=dates.believable(
            dates.read(_string(entry.get("date_published")) or _string(entry.get("date_modified"))), now
        ),
    )


def _author(entry: dict[str, Any]) -> str:
    authors = entry.get("authors")
    listed = authors if isinstance(authors, list) else [entry.get("author")]
    return ", ".join(_string(author.get("name")) for author in listed if isinstance(author, dict))


def _string(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
