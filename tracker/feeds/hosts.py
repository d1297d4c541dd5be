"""Which feeds share a host, and so a pace."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_SECOND_LEVEL = {
    "ac", "co", "com", "edu", "gob", "gouv", "gov", "go", "govt", "gv", "mil", "ne", "net", "nom", "or", "org",
}  # fmt: skip


def host_of(url: str) -> str:
    """Name and port: what a pause that a server asks for applies to."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def pace_key(url: str) -> str:
    """The registered domain (``news.example.co.uk`` → ``example.co.uk``), or host and port where it is an address.

    Servers of one publisher are often one machine, so one pace serves them all.
    """
    host = host_of(url)
    name = (urlsplit(url).hostname or "").rstrip(".")
    labels = name.split(".")
    if len(labels) < 3 or _is_address(name):
        return host if _is_address(name) or len(labels) < 2 else name
    country_code = len(labels[-1]) == 2
    return ".".join(labels[-3:] if country_code and labels[-2] in _SECOND_LEVEL else labels[-2:])


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
