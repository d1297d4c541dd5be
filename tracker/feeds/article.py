"""Bytes of a web page -> the text of its article. Pure; meant to run in a process that can be killed."""

from __future__ import annotations

from importlib.util import find_spec

from tracker.feeds.cleaning import BODY_LIMIT, text_of
from tracker.feeds.diagnosis import is_bot_wall
from tracker.feeds.document import NoArticle

SHORTEST = 80
"""Characters; what is shorter is a headline or a cookie banner, no article."""
PAGE_LIMIT = 5_000_000
"""Characters of a page; real ones stay far below."""
EXTRA = "full text needs another package: pip install 'news-indicator-tracker[fulltext]'"


def is_installed() -> bool:
    """Whether what full text needs is there (the extra ``fulltext``)."""
    return find_spec("trafilatura") is not None and find_spec("protego") is not None


def extract(body: bytes, content_type: str, url: str) -> str:
    """The cleaned text of the article on a page served at ``url``. Raises NoArticle where there is none."""
    import trafilatura
    from w3lib.encoding import html_to_unicode

    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind not in ("text/html", "application/xhtml+xml", "application/xml", "text/xml"):
        raise NoArticle("the link leads to something that is no web page")
    _, page = html_to_unicode(content_type or None, body, default_encoding="utf-8")
    if len(page) > PAGE_LIMIT:
        raise NoArticle("the page is too long")
    # Precision first: a menu or a list of other headlines taken for the article would hit indicators.
    found = trafilatura.extract(page, url=url, include_comments=False, include_tables=True, favor_precision=True)
    text = text_of(found, BODY_LIMIT)
    if len(text) >= SHORTEST:
        return text
    if is_bot_wall(page):
        raise NoArticle("the server sent a page that keeps programs out (bot protection)")
    raise NoArticle("the page holds no article that can be told from what surrounds it")
