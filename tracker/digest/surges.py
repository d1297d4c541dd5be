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
    return Surge(
        title=facts.title,
        name=facts.name,
        direction=facts.direction,
        words=_words(alert),
        url=f"{newsroom.base_url}/-/tracker/indicators/{facts.url_id}",
    )


def _words(alert: Alert) -> str:
    day = dates.short_day(date.fromisoformat(alert.day))
    if alert.week is not None and alert.week_expected is not None:
        return f"{_stories(alert.week)} in the week to {day} where {alert.week_expected:.2g} would be usual"
    return f"{_stories(alert.observed)} on {day} where {alert.expected:.2g} would be usual"


def _stories(count: float) -> str:
    return f"{count:g} {'story' if count == 1 else 'stories'}"


def headline(surges: Sequence[Surge]) -> str:
    """What they come to in a few words; empty where there are none."""
    if len(surges) > 1:
        return f"{len(surges)} indicators out of the ordinary, {surges[0].name} among them"
    return f"{surges[0].name} out of the ordinary" if surges else ""
