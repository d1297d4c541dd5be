"""Why a document is no feed, in words; and where the feed is that a page speaks of."""

from __future__ import annotations

import re
from html import unescape

from tracker.feeds.cleaning import link_of
from tracker.feeds.document import NotAFeed

HEAD = 100_000
"""Characters of a document that are looked at."""

_BOT_WALL = re.compile(
    r"""(?ix) just\ a\ moment | challenge-platform | cf-chl | cf-browser-verification
    | attention\ required!\ \|\ cloudflare
    | checking\ (?:if\ the\ site\ connection|your\ browser) | ddos-guard | stormwall | servicepipe | qrator | incapsula
    | _incap_ | perimeterx | px-captcha | datadome | akamai.{0,40}denied | sucuri | captcha
    | are\ you\ a\ (?:human|robot)
    | verify\ (?:that\ )?you\ are\ (?:a\ )?human | unusual\ traffic | enable\ javascript\ and\ cookies | challenge\(
    | access\ denied | request\ (?:has\ been\ )?blocked | bot\ (?:detection|protection)
    """
)
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<title[\s>]", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(rss|feed|RDF|channel)[\s>]")
_FEED_END = re.compile(r"</(?:\w+:)?(?:rss|feed|RDF)\s*>\s*(?:<!--.*?-->\s*)*$", re.DOTALL)
_LINK = re.compile(r"<(?:link|a)\s[^<>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


def is_html(text: str) -> bool:
    """Whether the document is a web page."""
    head = text[:2_000]
    return bool(_HTML.search(head)) and not _FEED_ROOT.search(head) and "<opml" not in head


def is_bot_wall(text: str) -> bool:
    """Whether a web page is one that keeps programs out."""
    return len(text) < HEAD and bool(_BOT_WALL.search(text))


def feed_links(page: str, url: str) -> list[str]:
    """Addresses of feeds that a web page names, most likely first."""
    found: dict[str, None] = {}
    for tag in _LINK.findall(page[: 5 * HEAD]):
        attributes = {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        if "alternate" in attributes.get("rel", "").lower() and attributes.get("type", "").lower() in _FEED_TYPES:
            link = link_of(attributes.get("href"), url)
            if link:
                found[link] = None
    return list(found)


def why_no_feed(body: bytes, text: str, url: str) -> NotAFeed | None:
    """The reason why a document without entries is no feed; None where it is a feed that holds nothing now."""
    if is_html(text):
        return _why_html(text, url)
    if _is_binary(body):
        return NotAFeed("the document is neither text nor XML")
    if not _FEED_ROOT.search(text[:HEAD]):
        if "<" not in text[:HEAD]:
            return NotAFeed("the document is plain text, no feed")
        if "<opml" in text[:HEAD]:
            return NotAFeed("the document is OPML, a list of feeds; `tracker feeds import` takes it")
        return NotAFeed("the document is XML but no feed: it has no rss, feed or RDF element")
    if not _FEED_END.search(text[-HEAD:].rstrip()):
        return NotAFeed("the document breaks off before its first entry ends")
    return None


def _why_html(text: str, url: str) -> NotAFeed:
    if is_bot_wall(text):
        return NotAFeed("the server sent a page that keeps programs out (bot protection) instead of the feed")
    links = feed_links(text, url)
    if links:
        return NotAFeed(f"the address leads to a web page; its feed is {links[0]}", links[0])
    return NotAFeed("the address leads to a web page that names no feed")


def _is_binary(body: bytes) -> bool:
    head = body[:1_000]
    odd = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return odd > len(head) / 20 and not head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00"))
