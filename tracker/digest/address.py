"""Mail addresses: strict, because a loose one is a way to slip headers and recipients in."""

from __future__ import annotations

import re
from email.headerregistry import Address

import idna

from tracker.digest import clean

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAMED = re.compile(r"\s*(?:\"(?P<quoted>[^\"\\]*)\"|(?P<name>[^\"<>]*?))\s*<(?P<address>[^<>]*)>\s*")
NAME_LIMIT = 80
CHANNEL = "channel:"
"""What stands before the name of a chat channel in place of a mail address."""
_CHANNEL = re.compile(r"channel:[a-z0-9][a-z0-9_-]{0,39}")


class AddressError(ValueError):
    """The text is no mail address; the message says what is wrong, in words for the person who typed it."""


def normalise(text: str) -> str:
    """The one spelling of a mail address: domain in lower case and as ASCII (xn--…), the part before @ as it is.

    Raises AddressError.
    """
    if is_channel(text.strip()):
        return text.strip()
    local, at, domain = text.strip().rpartition("@")
    if not at or not local or not domain:
        raise AddressError(f"{_shown(text)} is no mail address; one looks like desk@example.org")
    if not local.isascii():
        raise AddressError(f"{_shown(text)}: the part before @ must be ASCII; most mail servers take nothing else")
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        raise AddressError(f"{_shown(text)}: the part before @ is not a plain mailbox name such as first.last")
    return f"{local}@{_domain(domain, text)}"


def parse_named(text: str) -> Address:
    """An address with or without a name: ``desk@example.org`` or ``News desk <desk@example.org>``.

    Raises AddressError.
    """
    named = _NAMED.fullmatch(text)
    if named is None:
        return with_name("", normalise(text))
    return with_name(named["quoted"] or named["name"] or "", normalise(named["address"]))


def with_name(name: str, normalised: str) -> Address:
    """A normalised address under a name as headers take it; whatever is harmful in the name is dropped."""
    local, _, domain = normalised.rpartition("@")
    return Address(clean.line(name, NAME_LIMIT), local, domain)


def is_channel(text: str) -> bool:
    """Whether it names a chat channel (channel:NAME) and no mailbox."""
    return _CHANNEL.fullmatch(text) is not None


def readable(normalised: str) -> str:
    """The address as people write it, with an international domain in its own letters."""
    local, at, domain = normalised.rpartition("@")
    if not at:
        return normalised
    try:
        return f"{local}@{idna.decode(domain)}"
    except idna.IDNAError:
        return normalised


def _domain(domain: str, text: str) -> str:
    try:
        encoded = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii").lower()
    except idna.IDNAError:
        raise AddressError(f"{_shown(text)}: the part after @ is no domain name such as example.org") from None
    if "." not in encoded and encoded != "localhost":
        raise AddressError(f"{_shown(text)}: the domain needs a dot, as in example.org")
    return encoded


def _shown(text: str) -> str:
    return repr(clean.line(text, 100))
