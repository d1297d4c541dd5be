"""A site on loopback, and fetcher and parser that may reach it."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import settings

from tests.feeds.server import Site, running
from tracker.feeds.fetch import Fetcher

settings.register_profile("feeds", deadline=None)
settings.load_profile("feeds")

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 2, 3, 6, 0, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as found:
        yield found


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(contact="desk@example.org", allow_networks=LOOPBACK, deadline=5) as found:
        yield found
