"""By which way an address is asked: straight, to public addresses only, or through a proxy that is trusted."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from tracker.feeds.credentials import with_secrets
from tracker.feeds.faults import FetchError
from tracker.feeds.guard import Guard, Network, Resolver

CONNECTIONS = 1_000
"""Sockets open at once; how many checks are under way is the sweep's business."""
DIRECT = "direct"
_PLAIN, _SECURE = "http", "https"
"""Names of the two transports without a proxy; no proxy is named like that."""
"""What a feed writes that must not use the proxy of the settings."""
_HOME_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class Routes:
    """Transports kept warm: one that reaches public addresses only, and one for each proxy that is in use."""

    def __init__(self, allow_networks: Sequence[Network] = (), *, proxy: str = "", allow_proxy: bool = False) -> None:
        self._guard = Guard(allow_networks)
        self._proxy, self._allow_proxy = proxy, allow_proxy
        self._transports: dict[str, AiohttpTransport] = {}
        self._trusted: ssl.SSLContext | None = None

    def to(self, url: str, proxy: str = "") -> AiohttpTransport:
        """The transport for an address, through ``proxy`` (a URL, "direct", or "" for what the settings say).

        Raises FetchError where a proxy is named that the settings do not allow.
        """
        chosen = with_secrets(proxy or self._proxy)
        if chosen in ("", DIRECT):
            secure = urlsplit(url).scheme == "https"
            return self._known(_SECURE if secure else _PLAIN) or self._straight(secure)
        if not self._allow_proxy:
            reason = "a proxy is named, but no address can be guarded behind one; allow_proxy = true in the settings"
            raise FetchError("config", f"{reason} says that this one is trusted")
        self._judge_by_name(url)
        return self._known(chosen) or self._through(chosen)

    async def close(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    def _known(self, proxy: str) -> AiohttpTransport | None:
        return self._transports.get(proxy)

    def _straight(self, secure: bool) -> AiohttpTransport:
        """One for secure addresses, and one without any authority, which spares reading them all (50 ms and more)."""
        trusted = self._certificates() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS, resolver=Resolver(), socket_factory=self._guard.open_socket, ttl_dns_cache=300,
            ssl=trusted, keepalive_timeout=20,
        )  # fmt: skip
        return self._keep(_SECURE if secure else _PLAIN, connector, None, trusted)

    def _through(self, proxy: str) -> AiohttpTransport:
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError("config", "the proxy is no web address; write one such as http://proxy.example:3128")
        sign_in = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2], path="", query="", fragment="").geturl()
        trusted = self._certificates()
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, resolver=Resolver(), ssl=trusted, keepalive_timeout=20)
        return self._keep(proxy, connector, httpx.Proxy(place, auth=sign_in), trusted)

    def _keep(
        self, name: str, connector: aiohttp.TCPConnector, proxy: httpx.Proxy | None, trusted: ssl.SSLContext
    ) -> AiohttpTransport:
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=("User-Agent",), trust_env=False
        )
        self._transports[name] = AiohttpTransport(client=session, proxy=proxy, verify=trusted)
        return self._transports[name]

    def _certificates(self) -> ssl.SSLContext:
        self._trusted = self._trusted or httpx.create_ssl_context()
        return self._trusted

    def _judge_by_name(self, url: str) -> None:
        """What can be told without resolving: the proxy itself must see that names lead to no private address."""
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
        private = host == "localhost" or host.endswith(_HOME_NAMES)
        with contextlib.suppress(ValueError):
            private = not self._guard.may_reach(ipaddress.ip_address(host))
        if private:
            raise FetchError("guard", "the address is not public; allow_networks in the settings can open it")
