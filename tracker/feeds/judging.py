"""What an answer means: pure decisions over a reply and what is known of its feed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from tracker.feeds.dates import as_text
from tracker.feeds.diagnosis import is_bot_wall
from tracker.feeds.document import NotAFeed, Parsed
from tracker.feeds.faults import FetchError
from tracker.feeds.hints import with_headers
from tracker.model import CheckResult, FeedHints, FeedState, Reply

_REASONS = {
    400: "the server takes the request for faulty (400)",
    401: "the server wants a sign-in (401)",
    402: "the server wants payment (402)",
    403: "the server refuses us (403)",
    404: "there is nothing at this address (404)",
    406: "the server has no form of the feed that we take (406)",
    407: "the proxy wants a sign-in (407)",
    410: "the feed is gone for good (410)",
    429: "the server asks for fewer requests (429)",
    451: "the feed is withheld for legal reasons (451)",
}


def body_hash(body: bytes) -> str:
    """Hash of a body, by which an unchanged one is known again: 32 hexadecimal digits."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def must_ask_again(state: FeedState, reply: Reply) -> bool:
    """Whether a 304 is a lie, because we hold no body that could have stayed the same."""
    return reply.status == 304 and not state.body_hash


def is_unchanged(state: FeedState, reply: Reply) -> bool:
    """Whether the reply brings, byte for byte, the body that is stored already."""
    return reply.status == 200 and bool(state.body_hash) and body_hash(reply.body) == state.body_hash


def without_document(state: FeedState, reply: Reply, now: datetime) -> CheckResult:
    """The result of every reply whose body need not be parsed: 304, an unchanged body, a refusal."""
    headers = dict(reply.headers)
    if reply.status == 304:
        if must_ask_again(state, reply):
            reason = "the server says 'not modified' to a request that asked for the whole feed"
            return _failed(state, reply, now, "lying304", reason)
        return _ok(state, reply, now, "not_modified", with_headers(FeedHints(), headers, now))
    if reply.status == 200:
        return _ok(state, reply, now, "unchanged", with_headers(FeedHints(), headers, now), state.body_hash)
    return _refused(state, reply, now)


def with_known_entries(state: FeedState, reply: Reply, memory: bytes, now: datetime) -> CheckResult:
    """The result of a reply whose document changed around its entries alone."""
    hints = with_headers(FeedHints(), dict(reply.headers), now)
    return replace(_ok(state, reply, now, "unchanged", hints, body_hash(reply.body)), entry_memory=memory)


def with_document(state: FeedState, reply: Reply, parsed: Parsed, memory: bytes, now: datetime) -> CheckResult:
    """The result of a reply whose document was read; ``memory`` is what its entries are known by next time."""
    result = _ok(state, reply, now, "new", with_headers(parsed.hints, dict(reply.headers), now), body_hash(reply.body))
    return replace(result, items=parsed.items, title=parsed.title, language=parsed.language, entry_memory=memory)


def with_unreadable(state: FeedState, reply: Reply, refusal: NotAFeed, now: datetime) -> CheckResult:
    """The result of a reply whose document is no feed. Its validators are not kept: they vouch for nothing stored."""
    return replace(_failed(state, reply, now, "parse", refusal.reason), suggestion=refusal.suggestion)


def without_reply(state: FeedState, fault: FetchError, now: datetime, milliseconds: int) -> CheckResult:
    """The result where no answer came."""
    return CheckResult(
        state.feed.id,
        as_text(now),
        "failed",
        milliseconds=milliseconds,
        error=fault.reason,
        error_class=fault.error_class,
    )


def _refused(state: FeedState, reply: Reply, now: datetime) -> CheckResult:
    status = reply.status
    page = reply.body.decode("utf-8", "replace")
    hints = with_headers(FeedHints(), dict(reply.headers), now)
    hints = FeedHints(retry_after=hints.retry_after)
    if status in (403, 429, 503) and is_bot_wall(page):
        reason = f"the server keeps programs out (bot protection, {status})"
    elif 300 <= status < 400:
        reason = f"the server redirects without saying where ({status})"
    elif 200 <= status < 300:
        reason = f"the server sends no document ({status})"
    else:
        reason = _REASONS.get(status) or _other_refusal(status)
    if status == 429 or (status == 503 and hints.retry_after):
        error_class = "throttled"
        if status == 503:
            reason = "the server is busy and names a time to come again (503)"
    else:
        error_class = "http5xx" if status >= 500 else "http4xx"
    return replace(_failed(state, reply, now, error_class, reason), hints=hints, gone=status == 410)


def _other_refusal(status: int) -> str:
    return f"the server has a fault ({status})" if status >= 500 else f"the server refuses ({status})"


def _ok(state: FeedState, reply: Reply, now: datetime, outcome: str, hints: FeedHints, digest: str = "") -> CheckResult:
    headers = dict(reply.headers)
    return CheckResult(
        state.feed.id, as_text(now), outcome, reply.status,  # type: ignore[arg-type]
        etag=headers.get("etag", ""), last_modified=headers.get("last-modified", ""), body_hash=digest,
        moved_to=_moved(state, reply), bytes=len(reply.body), milliseconds=reply.milliseconds, hints=hints,
        remark=reply.remark,
    )  # fmt: skip


def _failed(state: FeedState, reply: Reply, now: datetime, error_class: str, reason: str) -> CheckResult:
    return CheckResult(
        state.feed.id, as_text(now), "failed", reply.status, bytes=len(reply.body), milliseconds=reply.milliseconds,
        error=reason, error_class=error_class, remark=reply.remark,
    )  # fmt: skip


def _moved(state: FeedState, reply: Reply) -> str:
    return reply.moved_to if reply.moved_to and reply.moved_to != state.url else ""
