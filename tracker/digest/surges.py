"""Baseline alerts as mails show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.digest import dates
from tracker.digest.newsroom import Newsroom
from tracker.store.notices import Alert


@dataclass(frozen=True, slots=True)
class Surge:
    """One baseline alert as it is shown."""

    title: str
    name: str
    """The title as it fits into a sentence."""
    direction: str
    words: str
    url: str


def surge(newsroom: Newsroom, alert: Alert) -> Surge:
    """The alert in words: what was seen, and what would be usual."""
    facts = newsroom.indicators[alert.indicator]
    observed = f"{alert.observed:g} {'story' if alert.observed == 1 else 'stories'}"
    day = dates.short_day(date.fromisoformat(alert.day))
    return Surge(
        title=facts.title,
        name=facts.name,
        direction=facts.direction,
        words=f"{observed} on {day} where {alert.expected:.2g} would be usual",
        url=f"{newsroom.base_url}/-/tracker/indicators/{facts.url_id}",
    )


def headline(surges: Sequence[Surge]) -> str:
    """What they come to in a few words; empty where there are none."""
    if len(surges) > 1:
        return f"{len(surges)} indicators out of the ordinary, {surges[0].name} among them"
    return f"{surges[0].name} out of the ordinary" if surges else ""
