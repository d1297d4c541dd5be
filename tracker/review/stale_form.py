"""A form that was older than its session: what the CSRF check answers in a line becomes a page that keeps the note."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from asgi_csrf import error_messages  # type: ignore[import-untyped]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_ANSWERS = frozenset(text.encode() for text in error_messages.values())
_KEPT = 4000


class Watched:
    """One posted form on its way in, and the answer on its way out.

    Give ``receive`` and ``send`` to the application instead of its own. Where the answer is the bare line of the CSRF
    check, ``stale`` is true after ``app`` returned, nothing but the headers has been held back, and a page can be sent.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._body = bytearray()
        self._held: Message | None = None
        self.stale = False

    async def receive(self) -> Message:
        """The next piece of the form, remembered."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        """Pass an answer on, unless it is the bare line."""
        if message["type"] == "http.response.start" and message["status"] == 403:
            self._held = message
            return
        if self._held is not None:
            held, self._held = self._held, None
            if message.get("body") in _ANSWERS:
                self.stale = True
                return
            await self._send(held)
        await self._send(message)

    def written(self) -> dict[str, str]:
        """What the reader had written: verdict, note and the number of the hit, where the form had them."""
        fields = parse_qs(bytes(self._body).decode("utf-8", "replace"), max_num_fields=2000)
        return {name: fields[name][0][:_KEPT] for name in ("verdict", "act", "note", "hit", "tags") if name in fields}


def page_before(referer: str, host: str) -> str:
    """The path of the page that the form stood on; empty where that was not one of ours."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return ""
    if parts.netloc != host or not parts.path.startswith("/") or parts.path.startswith("//"):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
