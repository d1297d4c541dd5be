"""What a feed's own request carries beyond ours: headers, cookies, a sign-in. Secrets come from the environment."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from tracker.feeds.faults import FetchError
from tracker.model import Feed

Headers = tuple[tuple[str, str], ...]

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def private_headers(feed: Feed) -> Headers:
    """The headers that only this feed's host may see, with secrets still as ``${NAME}``; never kept, never logged.

    Raises FetchError where the sign-in names a variable that is not set.
    """
    headers = feed.headers
    if feed.cookies:
        headers += (("Cookie", "; ".join(f"{name}={value}" for name, value in feed.cookies)),)
    if feed.basic_auth:
        sign_in = base64.b64encode(with_secrets(feed.basic_auth).encode()).decode()
        headers += (("Authorization", f"Basic {sign_in}"),)
    return headers


def headers_for_page(feed: Feed, url: str) -> Headers:
    """What a request for an article of the feed may carry: the feed's own headers where the page is on its host."""
    return private_headers(feed) if may_see_secrets(feed.url, url) else ()


def expanded(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Headers with ``${NAME}`` replaced by variables of the environment. Raises FetchError where one is not set."""
    return {name: with_secrets(value) for name, value in headers}


def with_secrets(value: str) -> str:
    """``value`` with variables of the environment in their places. Raises FetchError where one is not set."""
    for name in _VARIABLE.findall(value):
        if name not in os.environ:
            raise FetchError("config", f"this feed wants a variable of the environment: {name} is not set")
    return _VARIABLE.sub(lambda found: os.environ[found[1]], value)


def may_see_secrets(first: str, url: str) -> bool:
    """A feed's own headers go to its own host; also after a step from http up to https."""
    a, b = urlsplit(first), urlsplit(url)
    if a.hostname != b.hostname:
        return False
    return (a.scheme, a.port) == (b.scheme, b.port) or (a.scheme == "http" and b.scheme == "https")
