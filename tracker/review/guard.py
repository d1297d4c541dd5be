"""What stands before every request: known host names, same-origin writes, small bodies; security headers after it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import datasette

from tracker.review.desk import Desk
from tracker.review.stale_form import Watched, page_before

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

StalePage = Callable[[dict[str, str], str], Awaitable[str]]

LARGEST_BODY = 256 * 1024
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::[0-9]{1,5})?")
_COMMON = "default-src 'none'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
OUR_POLICY = f"{_COMMON}; script-src 'self'; style-src 'self'; img-src 'self'"
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_OURS = frozenset([name for name, _ in _HEADERS] + [b"content-security-policy"])


def guarded(app: App, desk: Desk, prefix: str, told_stale: StalePage) -> App:
    """``app`` behind the checks. ``prefix`` is the path under which a proxy shows us, such as "/".

    ``told_stale`` gives the page for a form that was older than its session: from what was written in it, and the path
    of the page that it stood on.
    """
    plain_policy = _policy_of_plain_pages()

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        ours = _is_ours(scope["path"], prefix)
        sealed = _sealing(send, OUR_POLICY if ours else plain_policy, desk.secure)
        headers = {name.lower(): value for name, value in scope["headers"]}
        refusal = _refusal(scope["method"], headers, desk)
        if refusal:
            await _refuse(sealed, *refusal)
            return
        if headers.get(b"authorization", b"").lower().startswith(b"bearer "):
            # A token speaks for itself: with it the cookie does not count, so it cannot excuse a missing CSRF token.
            scope = dict(scope, headers=[(n, v) for n, v in scope["headers"] if n.lower() != b"cookie"])
        if ours and scope["method"] == "POST":
            await _with_page_for_stale_forms(app, scope, receive, sealed, headers, told_stale)
        else:
            await app(scope, receive, sealed)

    return inner


async def _with_page_for_stale_forms(
    app: App, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], page: StalePage
) -> None:
    watched = Watched(receive, send)
    await app(scope, watched.receive, watched.send)
    if watched.stale:
        before = page_before(*(headers.get(name, b"").decode("latin-1") for name in (b"referer", b"host")))
        await _answer(send, 403, b"text/html; charset=utf-8", (await page(watched.written(), before)).encode())


def host_name(header: str) -> str:
    """The name in a Host header, without port and brackets, in lower case; empty where it is malformed."""
    found = _HOST.fullmatch(header)
    return (found[1] or found[2]).lower() if found else ""


def _refusal(method: str, headers: dict[bytes, bytes], desk: Desk) -> tuple[int, str] | None:
    host = headers.get(b"host", b"").decode("latin-1")
    if host_name(host) not in desk.hosts:
        return 400, "tracker does not answer to this name. Set base_url to the address by which people reach it."
    if method in ("GET", "HEAD", "OPTIONS"):
        return None
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin and origin != "null" and urlsplit(origin).netloc.lower() != host.lower():
        return 403, "This request came from another site."
    length = headers.get(b"content-length", b"")
    if not length.isdigit():
        return 411, "This request does not say how long it is."
    if int(length) > LARGEST_BODY:
        return 413, "This request is too long."
    return None


async def _refuse(send: Send, status: int, reason: str) -> None:
    await _answer(send, status, b"text/plain; charset=utf-8", reason.encode() + b"\n")


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _sealing(send: Send, policy: str, secure: bool) -> Send:
    async def sealed(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            given = [(name.lower(), value) for name, value in message.get("headers", [])]
            kept = [_cookie(name, value, secure) for name, value in given if name not in _OURS]
            message = dict(message, headers=[*kept, *_HEADERS, (b"content-security-policy", policy.encode())])
        await send(message)

    return sealed


def _cookie(name: bytes, value: bytes, secure: bool) -> tuple[bytes, bytes]:
    if name == b"set-cookie":
        lower = value.lower()
        value += b"" if b"httponly" in lower else b"; HttpOnly"
        value += b"; Secure" if secure and b"secure" not in lower else b""
    return name, value


def _is_ours(path: str, prefix: str) -> bool:
    route = "/" + path.removeprefix(prefix).lstrip("/")
    return route == "/" or route.startswith("/-/tracker/")


def _policy_of_plain_pages() -> str:
    """As strict as Datasette's own templates allow: their few inline scripts by hash, inline styles as they are."""
    templates = Path(datasette.__file__).parent / "templates"
    scripts = ["DATASETTE_ALLOW_FACET = true;", "DATASETTE_ALLOW_FACET = false;"]
    for path in sorted(templates.glob("*.html")):
        found = re.findall(r"(?s)<script>(.*?)</script>", path.read_text(encoding="utf-8"))
        scripts += [script for script in found if "{{" not in script and "{%" not in script]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in dict.fromkeys(scripts))
    return f"{_COMMON}; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
