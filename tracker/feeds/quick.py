"""A quick reader of plain documents: well-formed RSS and Atom of known elements, read by expat in one pass.

It says what feedparser would say of the same document, or nothing: at any doubt the document is left to feedparser.
A test over real documents compares the two. What is known here of feedparser's ways: elements are told apart by
namespace and lower-case name, the last title and link win, a guid stands in for an absent link, texts are stripped.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.parsers import expat

from tracker.feeds import dates
from tracker.feeds.cleaning import SHORT_LIMIT, text_of_title
from tracker.feeds.document import ITEMS_LIMIT, Parsed
from tracker.feeds.hints import of_channel
from tracker.feeds.jsonfeed import language_of
from tracker.feeds.making import item_of
from tracker.feeds.names import BARE, CHANNEL, CHILDREN, ITEM, Namespaces

SIZE_LIMIT = 4_000_000
"""Characters of a document; larger ones are left to the patient reader."""

_EXTRA_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)/+")
_BROKEN_QUERY = re.compile(r"&([A-Za-z0-9_]+);")
_CONTROLS = re.compile("[\x80-\x9f]")
_AS_CP1252 = {n: bytes([n]).decode("cp1252") for n in range(0x80, 0xA0) if n not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_HTML = ("text/html", "html", "application/xhtml+xml", "xhtml")
_LANGUAGE = "http://www.w3.org/XML/1998/namespace\nlang\nxml"
_CONTEXT = {
    _LANGUAGE,
    "http://www.w3.org/XML/1998/namespace\nbase\nxml",
    "http://www.w3.org/XML/1998/namespace\nspace\nxml",
}

Entry = dict[str, Any]


class Doubt(Exception):
    """The document holds something whose meaning only feedparser knows."""


def read(text: str, url: str, now: datetime) -> Parsed | None:
    """The items of a document without XML declaration, served at ``url``; None where there is any doubt."""
    if len(text) > SIZE_LIMIT or "<!DOCTYPE" in text:
        return None
    reader = _Reader()
    try:
        reader.read(text.lstrip())
        if not reader.entries or len(reader.entries) > ITEMS_LIMIT:
            return None
        language = language_of(reader.channel.get("language"))
        items = tuple(item_of(entry, url, language, now) for entry in reader.entries)
    except (Doubt, expat.ExpatError):
        return None
    return Parsed(items, text_of_title(reader.channel.get("title"), SHORT_LIMIT), language, of_channel(text))


class _Reader:
    """One pass over a document. ``channel`` and ``entries`` hold values under feedparser's names."""

    def __init__(self) -> None:
        self.channel: Entry = {}
        self.entries: list[Entry] = []
        self._entry: Entry | None = None
        self._names = Namespaces()
        self._path: list[str] = []
        self._text: list[str] = []
        self._permalink = self._in_link = False
        self._entry_depth = 0
        self._finish: dict[str, Callable[[Entry, str], None]] = {
            "title": _keep("title"), "description": _keep("summary"), "summary": _keep("summary"),
            "content": _content, "content:encoded": _content, "link": self._link_ends, "guid": self._guid_ends,
            "id": self._guid_ends, "pubdate": _date("published"), "published": _date("published"),
            "updated": _date("updated"), "dc:date": _date("updated"), "dc:creator": _keep("author"),
            "author": self._author_ends, "itunes:author": _keep("author"),
            "feedburner:origlink": _keep("feedburner_origlink"),
        }  # fmt: skip

    def read(self, text: str) -> None:
        """Raises Doubt and ExpatError."""
        parser = expat.ParserCreate("utf-8", "\n")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.StartNamespaceDeclHandler = self._names.declare
        parser.StartElementHandler = self._starts
        parser.EndElementHandler = self._ends
        parser.CharacterDataHandler = self._text.append
        parser.Parse(text, True)

    def _starts(self, written: str, attributes: dict[str, str]) -> None:
        name = self._names.meaning(written)
        path = self._path
        depth = len(path)
        if self._entry is not None:
            if depth > self._entry_depth:
                self._expect_child(name, attributes)
            else:
                self._starts_in_entry(name, attributes)
        elif depth == 0:
            self._root(name, attributes)
        elif depth == self._entry_depth - 1:
            self._starts_in_channel(name, attributes)
        elif depth >= self._entry_depth:
            self._expect_child(name, attributes)
        elif name != "channel" or attributes:
            raise Doubt
        path.append(name)
        self._text.clear()

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name == "feed" and attributes.keys() <= {_LANGUAGE}:
            self._entry_depth = 2
            if attributes:
                self.channel["language"] = attributes[_LANGUAGE]
        elif name == "rss" and attributes.keys() <= {"version"}:
            self._entry_depth = 3
        else:
            raise Doubt

    def _starts_in_channel(self, name: str, attributes: dict[str, str]) -> None:
        if name == ("item" if self._entry_depth == 3 else "entry"):
            if attributes:
                raise Doubt
            self._entry = {}
            self.entries.append(self._entry)
        elif name not in CHANNEL or _channel_key(name) in self.channel:
            raise Doubt
        elif attributes:
            _refuse_context(attributes)

    def _starts_in_entry(self, name: str, attributes: dict[str, str]) -> None:
        entry = self._entry
        assert entry is not None
        if name not in ITEM:
            raise Doubt
        if name == "link" and attributes:
            _link_with_address(entry, attributes)
            return
        self._in_link = name == "link"
        if name in self._finish:
            if entry.get(f" {name}"):
                raise Doubt
            entry[f" {name}"] = True
            if name in ("description", "summary") and " description" in entry and " summary" in entry:
                raise Doubt
        if name in ("guid", "id"):
            self._permalink = attributes.pop("isPermaLink", "true") == "true"
            if attributes:
                raise Doubt
        if not attributes:
            return
        if name in BARE:
            declared = attributes.keys() - _CONTEXT if name != "title" else attributes.keys()
            if declared and (declared != {"type"} or attributes["type"].lower() not in BARE[name]):
                raise Doubt
        else:
            _refuse_context(attributes)

    def _expect_child(self, name: str, attributes: dict[str, str]) -> None:
        if name not in CHILDREN.get(self._path[-1], ()) or "".join(self._text).strip():
            raise Doubt
        if attributes:
            _refuse_context(attributes)

    def _ends(self, written: str) -> None:
        name = self._path.pop()
        depth = len(self._path)
        if self._entry is None:
            if depth == self._entry_depth - 1 and (key := _channel_key(name)):
                self.channel[key] = _mended("".join(self._text).strip())
        elif depth < self._entry_depth:
            self._entry = None
        elif depth > self._entry_depth:
            if self._path[-1] == "author":
                self._entry[f" {name}"] = "".join(self._text).strip()
        elif name in self._finish:
            self._finish[name](self._entry, "".join(self._text).strip())
        self._text.clear()

    def _link_ends(self, entry: Entry, text: str) -> None:
        if not self._in_link:
            return
        self._in_link = False
        address = _mended(_address(text))
        if "&" in address:
            address = _BROKEN_QUERY.sub(r"&\1", address.replace("&amp;", "&"))
        entry["link"] = address
        entry.setdefault("links", []).append({"href": address})

    def _guid_ends(self, entry: Entry, text: str) -> None:
        if "id" in entry:
            raise Doubt
        guid = _mended(_address(text) if self._permalink else text)
        entry["id"] = guid
        if self._permalink:
            entry.setdefault("link", guid)

    def _author_ends(self, entry: Entry, text: str) -> None:
        name, email = entry.get(" name", ""), entry.get(" email", "")
        entry["author"] = f"{name} ({email})" if name and email else name or email or _mended(text)


def _keep(key: str) -> Callable[[Entry, str], None]:
    def keep(entry: Entry, text: str) -> None:
        entry[key] = _mended(text)

    return keep


def _content(entry: Entry, text: str) -> None:
    text = _mended(text)
    entry.setdefault("content", []).append({"value": text})
    entry.setdefault("summary", text)


def _date(key: str) -> Callable[[Entry, str], None]:
    def keep(entry: Entry, text: str) -> None:
        moment = dates.plain(text)
        if text and moment is None:
            raise Doubt
        entry[key] = text
        entry[f"{key}_parsed"] = moment

    return keep


def _link_with_address(entry: Entry, attributes: dict[str, str]) -> None:
    _refuse_context(attributes)
    address = attributes.get("href")
    if not address or "url" in attributes or "uri" in attributes:
        raise Doubt
    address = _address(address)
    relation = attributes.get("rel", "alternate").lower()
    entry.setdefault("links", []).append({"href": address, "rel": relation})
    if relation == "alternate" and attributes.get("type", "text/html").lower() in _HTML:
        entry["link"] = address


def _address(text: str) -> str:
    return _EXTRA_SLASHES.sub(r"\1", text) if ":///" in text else text


def _refuse_context(attributes: dict[str, str]) -> None:
    """A language or a base of one element changes what its text and links mean."""
    for name in attributes:
        if name.lower() in ("lang", "base", "mode", "src") or name.startswith("http://www.w3.org/XML/"):
            raise Doubt


def _channel_key(name: str) -> str:
    return "language" if name == "dc:language" else name if name in ("title", "language") else ""


def _mended(text: str) -> str:
    """UTF-8 that was taken for Latin-1, and Windows characters among the controls."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.translate(_AS_CP1252) if _CONTROLS.search(text) else text
