"""Bytes of a feed document -> items. Pure; meant to run in a process that can be killed."""

from __future__ import annotations

import zlib
from datetime import datetime

from tracker.feeds import jsonfeed, patient, quick
from tracker.feeds.diagnosis import why_no_feed
from tracker.feeds.document import NotAFeed, Parsed
from tracker.feeds.encoding import decode

UNPACKED_LIMIT = 32_000_000
"""Bytes of a document that lies compressed inside its own body."""


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
    parsed = quick.read(text, url, now) or patient.read(text, url, now)
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
