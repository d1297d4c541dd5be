"""Which feeds share a host, and so a pace."""

from __future__ import annotations

import ipaddress
import time
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


_REMEMBERED = 5_000
"""Domains after which those that may be asked again are forgotten."""


def host_of(url: str) -> str:
    """Name and port: what a pause that a server asks for applies to."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def pace_key(url: str) -> str:
    """The registered domain (``news.example.co.uk`` → ``example.co.uk``), or host and port where it is an address.

    Servers of one publisher are often one machine, so one pace serves them all. Sites under a suffix that a company
    lets (github.io, blogspot.com) share its machines, and so a pace.
    """
    host = host_of(url)
    name = (urlsplit(url).hostname or "").rstrip(".")
    if "." not in name or _is_address(name):
        return host
    return _suffixes().privatesuffix(name) or name


class Pace:
    """When each registered domain may be asked next; one for all that ask, so that side by side they keep it too."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    def ready_at(self, key: str) -> float:
        """The moment (of `time.monotonic`) from which the domain may be asked; 0 where it may be asked at once."""
        return self._next.get(key, 0.0)

    def start(self, key: str, interval: float) -> None:
        """A request to the domain starts now; the next may start ``interval`` seconds later."""
        now = time.monotonic()
        if len(self._next) >= _REMEMBERED:
            self._next = {known: moment for known, moment in self._next.items() if moment > now}
        self._next[key] = now + interval


@cache
def _suffixes() -> PublicSuffixList:
    """The list of public suffixes that the library brings along; nothing is fetched."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
