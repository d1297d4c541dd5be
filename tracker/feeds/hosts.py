"""Which feeds share a host, and so a pace."""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


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
