"""By which way an address is asked: straight, to public addresses only, or through a proxy that is trusted."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiohttp
import certifi

from tracker.feeds.credentials import with_secrets
from tracker.feeds.faults import FetchError
from tracker.feeds.guard import Guard, Network, Resolver

CONNECTIONS = 1_000
"""Sockets open at once; how many checks are under way is the sweep's business."""
DIRECT = "direct"
"""What a feed writes that must not use the proxy of the settings."""
_HOME_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Route:
    """A session, with the proxy that it goes through where there is one."""

    session: aiohttp.ClientSession
    proxy: str | None = None
    sign_in: aiohttp.BasicAuth | None = None


class Routes:
    """Sessions kept warm: one that reaches public addresses only, and one for each proxy that is in use."""

    def __init__(
        self,
        allow_networks: Sequence[Network] = (),
        *,
        timeout: aiohttp.ClientTimeout | None = None,
        proxy: str = "",
        allow_proxy: bool = False,
    ) -> None:
        self._guard = Guard(allow_networks)
        self._timeout = timeout or aiohttp.ClientTimeout()
        self._proxy, self._allow_proxy = proxy, allow_proxy
        self._routes: dict[str, Route] = {}
        self._trusted: ssl.SSLContext | None = None

    async def ask(self, url: str, headers: Mapping[str, str], proxy: str = "") -> aiohttp.ClientResponse:
        """One GET; redirects are not followed, cookies not kept, bodies not unpacked. The caller closes the response.

        ``proxy``: a URL, "direct", or "" for what the settings say. Raises FetchError where one is named that the
        settings do not allow, and whatever aiohttp raises.
        """
        route = self._to(url, proxy)
        secure = route.proxy is not None or url[:6].lower() == "https:"
        return await route.session.request(
            "GET",
            url,
            headers=headers,
            allow_redirects=False,
            ssl=self._certificates() if secure else True,
            proxy=route.proxy,
            proxy_auth=route.sign_in,
        )

    async def close(self) -> None:
        """Close every connection."""
        for route in self._routes.values():
            await route.session.close()
        self._routes.clear()

    def _to(self, url: str, proxy: str) -> Route:
        chosen = with_secrets(proxy or self._proxy)
        if chosen in ("", DIRECT):
            return self._routes.get("") or self._straight()
        if not self._allow_proxy:
            reason = "a proxy is named, but no address can be guarded behind one; allow_proxy = true in the settings"
            raise FetchError("config", f"{reason} says that this one is trusted")
        self._judge_by_name(url)
        return self._routes.get(chosen) or self._through(chosen)

    def _straight(self) -> Route:
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS, resolver=Resolver(), socket_factory=self._guard.open_socket, ttl_dns_cache=300,
            keepalive_timeout=20,
        )  # fmt: skip
        return self._keep("", Route(self._session(connector)))

    def _through(self, proxy: str) -> Route:
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError("config", "the proxy is no web address; write one such as http://proxy.example:3128")
        name, password = unquote(parts.username or ""), unquote(parts.password or "")
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2], path="", query="", fragment="").geturl()
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, resolver=Resolver(), keepalive_timeout=20)
        sign_in = aiohttp.BasicAuth(name, password, "utf-8") if name else None
        return self._keep(proxy, Route(self._session(connector), place, sign_in))

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=("User-Agent",),
            trust_env=False, auto_decompress=False, timeout=self._timeout,
        )  # fmt: skip

    def _keep(self, name: str, route: Route) -> Route:
        self._routes[name] = route
        return route

    def _certificates(self) -> ssl.SSLContext:
        """Made when the first secure address is asked: reading all authorities takes a while."""
        if self._trusted is None:
            file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
            if file or folder:
                self._trusted = ssl.create_default_context(cafile=file, capath=folder)
            else:
                self._trusted = ssl.create_default_context(cafile=certifi.where())
        return self._trusted

    def _judge_by_name(self, url: str) -> None:
        """What can be told without resolving: the proxy itself must see that names lead to no private address."""
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
        private = host == "localhost" or host.endswith(_HOME_NAMES)
        with contextlib.suppress(ValueError):
            private = not self._guard.may_reach(ipaddress.ip_address(host))
        if private:
            raise FetchError("guard", "the address is not public; allow_networks in the settings can open it")
