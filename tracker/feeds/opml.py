"""OPML, the list of feeds that readers exchange: read from any of them, written so that ours comes back whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from tracker.feeds.cleaning import text_of, text_of_title
from tracker.feeds.declared import url_trouble
from tracker.feeds.encoding import decode
from tracker.model import ConfigError, Feed, Problem

NAMESPACE = "urn:news-indicator-tracker:feed"
SIZE_LIMIT = 50_000_000
_PREFIX = "tracker:"
_BARE_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z]\w*|#\d+|#x[0-9A-Fa-f]+);)")


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed as an OPML file names it; ``feed.id`` is empty where the file is not ours."""

    feed: Feed
    line: int


def read(path: Path) -> list[Outline]:
    """Every feed of an OPML file, each address once. Raises ConfigError where the file cannot be used."""
    text = _text(path)
    try:
        outlines = _Reader(path).read(text)
    except expat.ExpatError:
        try:
            outlines = _Reader(path).read(_BARE_AMPERSAND.sub("&amp;", text))
        except expat.ExpatError as error:
            message = f"is no well-formed OPML here ({expat.ErrorString(error.code)}); export the list anew"
            raise ConfigError(Problem(str(path), error.lineno, error.offset + 1, message)) from None
    if not outlines:
        raise ConfigError(Problem(str(path), 0, 0, "names no feed: no outline has an xmlUrl"))
    problems = [
        Problem(str(path), outline.line, 0, f"xmlUrl {_without_secret(outline.feed.url)[:200]!r} {trouble}")
        for outline in outlines
        if (trouble := url_trouble(outline.feed.url))
    ]
    if problems:
        raise ConfigError(*problems)
    return list({outline.feed.url: outline for outline in reversed(outlines)}.values())[::-1]


def write(feeds: tuple[Feed, ...], title: str = "Feeds of tracker") -> str:
    """OPML 2.0 of these feeds. Headers stay out: they may name secrets."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:tracker="{NAMESPACE}">',
        f"  <head><title>{_escaped(title)}</title></head>",
        "  <body>",
        *(f"    <outline {_attributes(feed)}/>" for feed in feeds),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _attributes(feed: Feed) -> str:
    name = feed.title or feed.publisher or feed.id
    own = {
        "id": feed.id,
        "title": feed.title,
        "publisher": feed.publisher,
        "owner": feed.owner,
        "kind": feed.kind,
        "country": feed.country,
        "implies": ",".join(feed.implies),
        "interval": str(feed.interval or ""),
        "fulltext": "true" if feed.fulltext else "",
    }
    pairs = {"type": "rss", "text": name, "title": name, "xmlUrl": feed.url, "language": feed.language}
    pairs |= {_PREFIX + key: value for key, value in own.items()}
    return " ".join(f"{key}={quoteattr(value)}" for key, value in pairs.items() if value)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise ConfigError(Problem(str(path), 0, 0, "there is no such file")) from None
    except OSError:
        message = "cannot be read; check that it is a file and that you may read it"
        raise ConfigError(Problem(str(path), 0, 0, message)) from None
    if len(raw) > SIZE_LIMIT:
        raise ConfigError(Problem(str(path), 0, 0, f"is larger than {SIZE_LIMIT // 1_000_000} MB"))
    if not raw.strip():
        raise ConfigError(Problem(str(path), 0, 0, "is empty; an OPML file is wanted"))
    return decode(raw)


class _Reader:
    """Collects outlines; refuses entity declarations, with which a small file can fill the memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._outlines: list[Outline] = []
        self._root = ""

    def read(self, text: str) -> list[Outline]:
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EntityDeclHandler = self._refuse_entities
        self._parser.Parse(text.encode("utf-8"), True)
        return self._outlines

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._root:
            self._root = name
            if name.lower() != "opml":
                self._refuse(f"begins with <{name[:40]}>; an OPML file begins with <opml>")
        if name.lower() != "outline":
            return
        found = {key.lower(): value.strip() for key, value in attributes.items()}
        url = found.get("xmlurl") or (found.get("url", "") if found.get("type", "").lower() in ("rss", "atom") else "")
        if url:
            self._outlines.append(Outline(_feed(url, found), self._parser.CurrentLineNumber))

    def _refuse_entities(self, *_: Any) -> None:
        self._refuse("declares XML entities, which no list of feeds needs; remove its <!ENTITY …> lines")

    def _refuse(self, message: str) -> None:
        raise ConfigError(Problem(str(self._path), self._parser.CurrentLineNumber, 0, message))


def _feed(url: str, found: dict[str, str]) -> Feed:
    ours = {key.removeprefix(_PREFIX): value for key, value in found.items() if key.startswith(_PREFIX)}
    title = (
        text_of(ours.get("title"), 300) if "id" in ours else text_of_title(found.get("title") or found.get("text"), 300)
    )
    interval = ours.get("interval", "")
    return Feed(
        id=ours.get("id", ""),
        url="http" + url[4:] if url.startswith("feed://") else url,
        title=title,
        language=_language(found.get("language", "")),
        implies=tuple(filter(None, ours.get("implies", "").split(","))),
        interval=int(interval) if interval.isdigit() else None,
        fulltext=ours.get("fulltext") == "true",
        publisher=text_of(ours.get("publisher"), 300),
        owner=text_of(ours.get("owner"), 300),
        kind=text_of(ours.get("kind"), 300),
        country=text_of(ours.get("country"), 300),
    )


def _language(tag: str) -> str:
    tag = tag.replace("_", "-")
    return tag if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) else ""


def _without_secret(url: str) -> str:
    scheme, slashes, rest = url.partition("//")
    host, slash, path = rest.partition("/")
    return scheme + slashes + host.rpartition("@")[2] + slash + path
