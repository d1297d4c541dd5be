"""From a reply with a new body to its result, parsing as little as is safe."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from tracker.feeds import entries, judging, quick
from tracker.feeds.document import NotAFeed, Parsed
from tracker.feeds.encoding import decode
from tracker.model import CheckResult, FeedState, Reply

READ_HERE = 20_000
"""Bytes of a document that the quick reader may read in this process: whatever they hold, it takes milliseconds."""


class Parser(Protocol):
    """What parses; see `tracker.feeds.parsing.ParserPool`."""

    async def parse(self, body: bytes, content_type: str, url: str, now: datetime) -> Parsed:
        """Items of a document. Raises NotAFeed."""


async def read(state: FeedState, reply: Reply, parser: Parser, now: datetime) -> CheckResult:
    """Judge a 200 whose body is not the stored one: nothing new, new items, or no feed."""
    content_type = dict(reply.headers).get("content-type", "")
    whole = entries.split(reply.body, content_type)
    try:
        if whole and state.entry_memory:
            result = await _read_unknown(state, reply, whole, parser, now)
            if result is not None:
                return result
        parsed = await parser.parse(reply.body, content_type, reply.url, now)
    except NotAFeed as refusal:
        return judging.with_unreadable(state, reply, refusal, now)
    return judging.with_document(state, reply, parsed, entries.remember(whole, parsed.items) if whole else b"", now)


async def _read_unknown(
    state: FeedState, reply: Reply, whole: entries.Split, parser: Parser, now: datetime
) -> CheckResult | None:
    """The result where only unknown entries are parsed; None where the whole document must be."""
    unknown = entries.unknown(whole, state.entry_memory)
    if not unknown:
        return judging.with_known_entries(state, reply, entries.remember(whole, (), state.entry_memory), now)
    if not entries.is_well_formed(reply.body):
        return None
    content_type = dict(reply.headers).get("content-type", "")
    document = whole.with_only(unknown)
    parsed = None
    if len(document) <= READ_HERE:
        parsed = quick.read(decode(document, content_type), reply.url, now)
    if parsed is None:
        parsed = await parser.parse(document, content_type, reply.url, now)
    memory = entries.remember(whole, parsed.items, state.entry_memory)
    return judging.with_document(state, reply, parsed, memory, now) if memory else None
