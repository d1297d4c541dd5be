"""Which addresses may be reached."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.feeds.guard import Forbidden, Guard

PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "64:ff9b::a9fe:a9fe",
)  # fmt: skip
PUBLIC = ("93.184.216.34", "1.1.1.1", "2606:2800:220:1::1", "::ffff:1.1.1.1")


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_forbidden(address: str) -> None:
    assert not Guard().may_reach(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_open(address: str) -> None:
    assert Guard().may_reach(ipaddress.ip_address(address))


def test_settings_open_a_network_and_nothing_beside_it() -> None:
    guard = Guard((ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fc00::/7")))
    assert guard.may_reach(ipaddress.ip_address("127.3.4.5"))
    assert guard.may_reach(ipaddress.ip_address("::ffff:127.0.0.1"))
    assert guard.may_reach(ipaddress.ip_address("fc00::1"))
    assert not guard.may_reach(ipaddress.ip_address("10.0.0.1"))
    assert not guard.may_reach(ipaddress.ip_address("::1"))


def test_a_socket_is_opened_only_where_allowed() -> None:
    where = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 80))
    with pytest.raises(Forbidden):
        Guard().open_socket(where)
    with pytest.raises(Forbidden):
        Guard().open_socket((socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("fe80::1%lo", 80, 0, 1)))
    with Guard((ipaddress.ip_network("10.0.0.0/8"),)).open_socket(where) as opened:
        assert opened.family == socket.AF_INET


@given(st.ip_addresses())
def test_an_address_inside_another_is_judged_by_what_it_reaches(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if isinstance(address, ipaddress.IPv4Address):
        mapped = ipaddress.IPv6Address(f"::ffff:{address}")
        assert Guard().may_reach(mapped) == Guard().may_reach(address)
    assert not (address.is_private and Guard().may_reach(address))
