"""Which entries of a document were read before, told from the raw bytes, so that only the others are parsed.

Whatever could make an entry mean something else without its neighbours is a doubt, and then the whole document is
parsed. A test over real documents holds that the short way and the whole way give the same items.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.parsers import expat

from tracker.feeds.identity import canonical_url
from tracker.model import Item

READER_VERSION = b"1"
"""Part of every hash: raise it when parsing changes, and every entry is read anew."""
SIZE_LIMIT = 1_000_000
ENTRIES_LIMIT = 1_000

_HASH = 8
_RECORD = 3 * _HASH
_TOKEN = re.compile(rb"<(?:!\[CDATA\[|!--|(?P<open>item|entry)(?=[\s>])[^>]*>|/(?P<close>item|entry)\s*>)")
_DOUBTS = (b"\x00", b"<!DOCTYPE", b"xml:base", b"<item/", b"<entry/")
_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF)\b[^>]*>")
_LANGUAGE = re.compile(rb"<(?:dc:)?language>[^<]*<")


@dataclass(frozen=True, slots=True)
class Split:
    """A document taken apart: what stands before and after its entries, the entries, and their hashes."""

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes
    hashes: tuple[bytes, ...]

    def with_only(self, positions: Iterable[int]) -> bytes:
        """The document with these entries alone."""
        return self.head + b"\n".join(self.entries[position] for position in positions) + self.tail


def split(body: bytes, content_type: str) -> Split | None:
    """Take a document apart; None where it is in doubt whether its entries can be read one without the other."""
    if len(body) > SIZE_LIMIT or any(doubt in body for doubt in _DOUBTS) or not _is_utf8(body):
        return None
    root = _ROOT.search(body, 0, 5_000)
    spans = _spans(body) if root else []
    if not root or not spans or len(spans) > ENTRIES_LIMIT:
        return None
    if any(body[end:start].strip() for (_, end), (start, _) in pairwise(spans)):
        return None
    head, tail = body[: spans[0][0]], body[spans[-1][1] :]
    language = _LANGUAGE.search(head)
    spoken = content_type.encode("utf-8", "replace")
    context = (READER_VERSION, spoken, head[: root.end()], language[0] if language else b"")
    key = hashlib.blake2b(b"\x00".join(context), digest_size=32).digest()
    entries = tuple(body[start:end] for start, end in spans)
    return Split(head, entries, tail, tuple(_hash(entry, key) for entry in entries))


def unknown(whole: Split, memory: bytes) -> list[int]:
    """Positions of the entries that were not there when ``memory`` was made."""
    known = _records(memory)
    return [position for position, digest in enumerate(whole.hashes) if digest not in known]


def is_well_formed(body: bytes) -> bool:
    """Whether a strict parser accepts the document; a lenient one reads an ill-formed document as one piece."""
    try:
        expat.ParserCreate().Parse(body.lstrip(), True)
    except expat.ExpatError:
        return False
    return True


def remember(whole: Split, items: Sequence[Item], memory: bytes = b"") -> bytes:
    """What to keep so that every entry is known next time.

    ``items`` are those of the entries that ``memory`` does not hold, in order. Empty where the items do not answer to
    the entries one by one, or where two share a guid or link: then the store must always see the whole document.
    """
    known = _records(memory)
    fresh = [digest for digest in whole.hashes if digest not in known]
    if len(fresh) != len(items):
        return b""
    made = {
        digest: digest + _hash(item.guid.encode()) + _hash(canonical_url(item.url).encode())
        for digest, item in zip(fresh, items, strict=True)
    }
    records = [known.get(digest) or made[digest] for digest in whole.hashes]
    if any(_repeats(record[at : at + _HASH] for record in records) for at in range(0, _RECORD, _HASH)):
        return b""
    return b"".join(records)


def _records(memory: bytes) -> dict[bytes, bytes]:
    return {memory[at : at + _HASH]: memory[at : at + _RECORD] for at in range(0, len(memory), _RECORD)}


def _hash(text: bytes, key: bytes = b"") -> bytes:
    return hashlib.blake2b(text, digest_size=_HASH, key=key).digest()


def _repeats(hashes: Iterable[bytes]) -> bool:
    seen = [digest for digest in hashes if digest != _NOTHING]
    return len(set(seen)) < len(seen)


_NOTHING = _hash(b"")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _spans(body: bytes) -> list[tuple[int, int]]:
    """Where the entries begin and end; none where they overlap or mix, or where something hides or does not end."""
    spans: list[tuple[int, int]] = []
    opened: tuple[bytes, int] | None = None
    at = 0
    while token := _TOKEN.search(body, at):
        at = token.end()
        if token["open"]:
            if opened or token[0].endswith(b"/>"):
                return []
            opened = token["open"], token.start()
        elif token["close"]:
            if opened is None or opened[0] != token["close"]:
                return []
            spans.append((opened[1], at))
            opened = None
        else:
            at = body.find(b"]]>", at) + 3
            if token[0] == b"<!--" or at == 2:
                return []
    return spans if opened is None and len({body[start + 1 : start + 3] for start, _ in spans}) == 1 else []
