"""Which addresses fetching may reach, judged where a socket is opened: no name and no redirect gets around it."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DNS_THREADS = 32
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(OSError):
    """The address is not public, and the settings do not open it."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "this address is not public")


class Guard:
    """Opens sockets to public addresses and to ``allow_networks``, to nothing else."""

    def __init__(self, allow_networks: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allow_networks)

    def may_reach(self, address: Address) -> bool:
        """Whether a connection to this address may be opened."""
        real = _embedded(address)
        if any(real in network for network in self._allowed if network.version == real.version):
            return True
        return real.is_global and not (real.is_multicast or real.is_reserved or real.is_unspecified)

    def open_socket(self, where: tuple[Any, ...]) -> socket.socket:
        """What aiohttp calls for every connection, after names are resolved. Raises Forbidden."""
        family, kind, protocol, _, place = where
        if not self.may_reach(ipaddress.ip_address(place[0].partition("%")[0])):
            raise Forbidden
        return socket.socket(family, kind, protocol)


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class Resolver(AbstractResolver):
    """Names to addresses in threads of its own, so that slow name servers hold back nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(DNS_THREADS, "dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of ``host``. Raises OSError where there is none."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads,
            lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG),
        )
        return [
            ResolveResult(
                hostname=host, host=str(place[0]), port=int(place[1]), family=kind, proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, place in found
        ]  # fmt: skip

    async def close(self) -> None:
        """Let the threads go; those that wait for an answer end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
