"""A very small HTTP/1.1 server for 127.0.0.1: GET and HEAD, validators, gzip; one answer per connection."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

_HEADER_LIMIT = 16_384
_PATIENCE = 10.0
"""Seconds that a client has for sending its request, and for taking the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler returns. With ``modified`` (aware, UTC) the answer carries validators and may become a 304."""

    body: bytes
    media_type: str
    status: int = 200
    modified: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[str], Answer]
"""From the request's path, without its query, to the answer."""


class Loopback:
    """Serves ``handler`` on 127.0.0.1. Port 0 takes a free one."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self._handler = handler
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Begin to serve; returns the base URL without a slash at its end. OSError when the port is taken."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, limit=_HEADER_LIMIT)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Stop listening and end every open connection. Harmless when not started."""
        if self._server is None:
            return
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            async with asyncio.timeout(_PATIENCE):
                writer.write(self._respond(await reader.readuntil(b"\r\n\r\n")))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client went away, never finished its request, or the wire is stopping
        finally:
            self._open.discard(task)
            writer.close()

    def _respond(self, head: bytes) -> bytes:
        request, *lines = head.decode("latin-1").split("\r\n")
        asked = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, _, rest = request.partition(" ")
        if method not in {"GET", "HEAD"}:
            return _message(Answer(b"", "text/plain", 405, headers={"Allow": "GET, HEAD"}), {})
        answer = self._handler(rest.partition(" ")[0].partition("?")[0])
        reply = _message(answer, asked)
        return reply if method == "GET" else reply[: reply.index(b"\r\n\r\n") + 4]


def _message(answer: Answer, asked: Mapping[str, str]) -> bytes:
    """Status line, headers and body as they go over the wire."""
    headers = {"Content-Type": answer.media_type, **answer.headers, "Connection": "close"}
    status, body = answer.status, answer.body
    if answer.modified is not None:
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers |= {"ETag": etag, "Last-Modified": format_datetime(answer.modified, usegmt=True)}
        if _has_it(asked, etag, answer.modified):
            status, body = 304, b""
    if body and "gzip" in asked.get("accept-encoding", ""):
        body = gzip.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers |= {"Vary": "Accept-Encoding"}
    if status != HTTPStatus.NOT_MODIFIED:
        headers["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _has_it(asked: Mapping[str, str], etag: str, modified: datetime) -> bool:
    """If-None-Match decides where it is sent; else If-Modified-Since does (RFC 9110, 13.2.2)."""
    if "if-none-match" in asked:
        return etag in asked["if-none-match"] or asked["if-none-match"] == "*"
    try:
        return parsedate_to_datetime(asked["if-modified-since"]) >= modified.replace(microsecond=0)
    except (KeyError, ValueError, TypeError):
        return False
