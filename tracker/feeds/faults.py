"""Why a request failed: a class for backing off, and a reason that a person understands."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import aiohttp
import httpx

from tracker.feeds.guard import Forbidden

_CERTIFICATE_TROUBLES = {
    9: "it is not yet valid",
    10: "it has expired",
    18: "it is signed by itself",
    19: "its chain ends in an unknown authority",
    20: "its authority is unknown",
    62: "it was made for another name",
    64: "it was made for another name",
}
"""By OpenSSL's verification code."""
_PROXY_WANTS_SIGN_IN = 407
_NOT_HTTP = (aiohttp.ClientResponseError, aiohttp.http_exceptions.HttpProcessingError)


class FetchError(Exception):
    """No reply. ``error_class`` is one of dns, tls, connect, timeout, redirect, guard, size, protocol, proxy,
    config.
    """

    def __init__(self, error_class: str, reason: str) -> None:
        super().__init__(reason)
        self.error_class = error_class
        self.reason = reason


def from_exception(error: BaseException) -> FetchError:
    """The fault behind whatever httpx, aiohttp or the operating system raised."""
    chain = list(_causes(error))
    if any(isinstance(cause, Forbidden) for cause in chain):
        return FetchError("guard", "the address is not public; allow_networks in the settings can open it")
    if any(isinstance(cause, aiohttp.ClientProxyConnectionError) for cause in chain):
        return FetchError("proxy", "the proxy cannot be reached")
    refusals = [cause.status for cause in chain if isinstance(cause, aiohttp.ClientHttpProxyError)]
    if refusals:
        why = "it wants a sign-in" if refusals[0] == _PROXY_WANTS_SIGN_IN else "it lets nobody through to this feed"
        return FetchError("proxy", f"the proxy refuses ({refusals[0]}): {why}")
    if any(isinstance(cause, aiohttp.ClientConnectorDNSError) for cause in chain):
        return FetchError("dns", "the name of the server cannot be resolved")
    codes = [
        cause.verify_code
        for cause in chain
        if isinstance(cause, ssl.SSLCertVerificationError) and hasattr(cause, "verify_code")
    ]
    if codes:
        trouble = _CERTIFICATE_TROUBLES.get(codes[0], "it cannot be verified")
        return FetchError("tls", f"the server's certificate is not valid: {trouble}")
    if any(isinstance(cause, ssl.SSLError | aiohttp.ClientSSLError) for cause in chain):
        return FetchError("tls", "no secure connection could be agreed on with the server")
    if any(isinstance(cause, TimeoutError | httpx.TimeoutException) and not _dropped(cause) for cause in chain[-1:]):
        return FetchError("timeout", "the server did not answer in time")
    if any(isinstance(cause, httpx.InvalidURL | aiohttp.InvalidURL | httpx.UnsupportedProtocol) for cause in chain):
        return FetchError("redirect", "the address is no web address that can be asked")
    if any(isinstance(cause, aiohttp.ClientConnectorError | ConnectionRefusedError) for cause in chain):
        return FetchError("connect", "the server refuses connections or cannot be reached")
    if any(isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) for cause in chain):
        return FetchError("connect", "the server closed the connection without an answer")
    if any(isinstance(cause, aiohttp.ClientPayloadError | httpx.ReadError) for cause in chain):
        return FetchError("connect", "the connection broke off in the middle of the answer")
    if any(isinstance(cause, _NOT_HTTP) for cause in chain):
        return FetchError("protocol", "the server's answer is not proper HTTP, or its headers are too long")
    return FetchError("connect", "the connection failed")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        for name in ("os_error", "certificate_error"):
            inner = getattr(error, name, None)
            if isinstance(inner, BaseException):
                yield inner
        error = error.__cause__ or error.__context__


def _dropped(error: BaseException) -> bool:
    return isinstance(error.__cause__, aiohttp.ClientConnectionError) and not isinstance(error.__cause__, TimeoutError)
