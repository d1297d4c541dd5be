"""One guarded conditional GET: redirects by hand, bounded in time, bytes and hops, to public addresses only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
import httpx

from tracker import __version__
from tracker.feeds import credentials, decoding
from tracker.feeds.faults import FetchError, from_exception
from tracker.feeds.guard import Network
from tracker.feeds.routes import Routes
from tracker.model import Reply
from tracker.settings import Settings

RAW_LIMIT = 12_000_000
"""Bytes of a body as they come over the wire."""
DECODED_LIMIT = 24_000_000
"""Bytes of a body after its Content-Encoding is undone."""
REFUSAL_LIMIT = 100_000
"""Bytes that are read of an answer that brings no feed; enough to tell a bot wall."""
MAX_REDIRECTS = 5
CONNECT_TIMEOUT = 20.0

_PERMANENT = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)
_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


class Fetcher:
    """Connections kept warm between checks. Use it as an async context manager, from one event loop.

    ``contact`` goes into the User-Agent, ``allow_networks`` opens addresses that are not public, ``deadline`` bounds
    a check in seconds, all redirects included. ``proxy`` is used where a feed names none; ``allow_proxy`` must say that
    proxies are trusted, since behind one no address can be judged.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        allow_networks: Sequence[Network] = (),
        deadline: float = 60.0,
        proxy: str = "",
        allow_proxy: bool = False,
    ) -> None:
        self._routes = Routes(allow_networks, proxy=proxy, allow_proxy=allow_proxy)
        self._deadline = deadline
        self._timeout = httpx.Timeout(deadline, connect=min(CONNECT_TIMEOUT, deadline)).as_dict()
        about = f"; {contact}" if contact else ""
        self._headers = {
            "User-Agent": f"news-indicator-tracker/{__version__} (feed reader{about})",
            "Accept": _ACCEPT,
            "Accept-Encoding": decoding.ACCEPTED,
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._routes.close()

    async def get(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        headers: Sequence[tuple[str, str]] = (),
        proxy: str = "",
        before_hop: Callable[[str], Awaitable[None]] | None = None,
    ) -> Reply:
        """GET ``url``, conditionally where validators are given.

        ``headers`` go to the first host alone; ``${NAME}`` in them stands for a variable of the environment.
        ``proxy``: a URL, "direct", or empty for what the settings say. A 304 and a refusal (4xx, 5xx) are replies
        too. ``before_hop`` is asked before each redirect is followed; what it raises ends the request.
        Raises FetchError.
        """
        started = time.monotonic()
        private = credentials.expanded(headers)
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        common = self._headers | {name: value for name, value in conditions.items() if value}
        try:
            async with asyncio.timeout(self._deadline):
                return await self._follow(url, common, private, proxy, before_hop, started)
        except TimeoutError as error:
            raise FetchError("timeout", f"no complete answer within {self._deadline:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
            raise from_exception(error) from error

    async def _follow(
        self,
        url: str,
        common: Mapping[str, str],
        private: Mapping[str, str],
        proxy: str,
        before_hop: Callable[[str], Awaitable[None]] | None,
        started: float,
    ) -> Reply:
        first, settled, remark = url, True, ""
        moved_to: str | None = None
        for _ in range(MAX_REDIRECTS + 1):
            shown = {**common, **private} if credentials.may_see_secrets(first, url) else common
            answer = await self._ask(url, shown, proxy)
            if not answer.location:
                spent = int((time.monotonic() - started) * 1000)
                kept = None if remark else moved_to
                return Reply(answer.status, url, kept, answer.headers, answer.body, spent, remark)
            target = _target(url, answer.location)
            if url.startswith("https:") and target.startswith("http:"):
                remark = "the feed redirects from https to plain http"
            settled = settled and answer.status in _PERMANENT
            moved_to = target if settled else moved_to
            if before_hop is not None:
                await before_hop(target)
            url = target
        raise FetchError("redirect", f"more than {MAX_REDIRECTS} redirects")

    async def _ask(self, url: str, headers: Mapping[str, str], proxy: str) -> _Answer:
        # The transport alone: a client would keep cookies, and follow or choke on redirects, which are judged here.
        request = httpx.Request("GET", _checked(url), headers=headers, extensions={"timeout": self._timeout})
        response = await self._routes.to(url, proxy).handle_async_request(request)
        try:
            found = tuple(
                (_decoded_header(name).lower(), _decoded_header(value)) for name, value in response.headers.raw
            )
            location = next((value for name, value in found if name == "location"), "")
            if response.status_code in _REDIRECTS and location:
                return _Answer(response.status_code, found, location=location)
            if response.status_code == httpx.codes.OK:
                raw = await _read(response, RAW_LIMIT)
                return _Answer(response.status_code, found, _decoded(response, raw, DECODED_LIMIT))
            return _Answer(response.status_code, found, await _beginning(response))
        finally:
            await response.aclose()


def open_fetcher(settings: Settings) -> Fetcher:
    """A fetcher under these settings."""
    return Fetcher(
        contact=settings.contact,
        allow_networks=settings.allow_networks,
        deadline=settings.check_deadline,
        proxy=settings.proxy,
        allow_proxy=settings.allow_proxy,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    location: str = ""


def _decoded_header(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


async def _read(response: httpx.Response, limit: int) -> bytes:
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) > limit:
            raise FetchError("size", f"the body is larger than {limit / 1e6:g} MB")
    return bytes(raw)


async def _beginning(response: httpx.Response) -> bytes:
    """What a refusal says, where it is short; it matters only for telling why."""
    try:
        return _decoded(response, await _read(response, REFUSAL_LIMIT), 10 * REFUSAL_LIMIT)
    except FetchError:
        return b""


def _decoded(response: httpx.Response, raw: bytes, limit: int) -> bytes:
    encodings = response.headers.get("content-encoding", "")
    if not encodings or not raw:
        return raw
    try:
        return decoding.decode(raw, encodings, limit)
    except decoding.TooLarge:
        raise FetchError("size", f"the body unpacks to more than {limit / 1e6:g} MB") from None
    except decoding.Damaged:
        raise FetchError("protocol", "the body is damaged: it cannot be unpacked") from None


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError("guard", "only http and https addresses are asked")
    return url


def _target(url: str, location: str) -> str:
    target = urljoin(url, location.strip()).partition("#")[0]
    if urlsplit(target).scheme not in ("http", "https"):
        raise FetchError("guard", "the feed redirects to something that is no web address")
    return target
