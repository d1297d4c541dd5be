"""What a site's robots.txt lets us fetch, by RFC 9309. Feeds are meant for programs; article pages are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tracker.clock import iso
from tracker.feeds.faults import FetchError
from tracker.model import Reply

if TYPE_CHECKING:
    from protego import Protego

AGENT = "news-indicator-tracker"
SIZE_LIMIT = 500_000
"""Bytes that are read, as the standard has it."""
KEPT, RETRIED = timedelta(hours=24), timedelta(hours=1)
"""How long an answer holds, and for how long a site whose robots.txt cannot be had is left alone."""
LONGEST_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class Robots:
    """A site's rules. ``reachable``: False where they could not be had, so that nothing may be fetched for now."""

    text: str
    until: str
    """UTC; when to ask anew."""
    reachable: bool = True

    def allows(self, url: str) -> bool:
        """Whether we may fetch this page."""
        return self.reachable and (not self.text or bool(_rules(self.text).can_fetch(url, AGENT)))

    @property
    def delay(self) -> float:
        """Seconds that the site wants between requests; at most a minute."""
        wish = _rules(self.text).crawl_delay(AGENT) if self.text else None
        return min(max(float(wish or 0.0), 0.0), LONGEST_DELAY)


def origin_of(url: str) -> str:
    """Scheme, host and port: what one robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def of_reply(reply: Reply, now: datetime) -> Robots:
    """The rules that an answer to ``/robots.txt`` means: none where there is no such page, all where it has a fault."""
    if reply.status == 200:
        return Robots(_text(reply.body), iso(now + KEPT))
    if 400 <= reply.status < 500 and reply.status != 429:
        return Robots("", iso(now + KEPT))
    return unreachable(now)


def of_fault(fault: FetchError, now: datetime) -> Robots:
    """The rules where no answer came. A redirect that leads nowhere counts as no robots.txt."""
    return Robots("", iso(now + KEPT)) if fault.error_class == "redirect" else unreachable(now)


def unreachable(now: datetime) -> Robots:
    """Nothing may be fetched until the site answers."""
    return Robots("", iso(now + RETRIED), reachable=False)


def _text(body: bytes) -> str:
    return body[:SIZE_LIMIT].decode("utf-8", "replace").replace("\x00", "")


@lru_cache(maxsize=64)
def _rules(text: str) -> Protego:
    from protego import Protego

    return Protego.parse(text)
