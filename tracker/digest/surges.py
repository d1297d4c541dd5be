"""Baseline alerts as mails show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.digest import clean, dates
from tracker.digest.choose import BRIEF_LIMIT
from tracker.digest.newsroom import Newsroom
from tracker.store.notices import Alert

HALF = 0.5
SHOWN = 12
"""Alerts in one mail; the rest is counted, with a link."""


@dataclass(frozen=True, slots=True)
class Surge:
    """One baseline alert as it is shown."""

    indicator: str
    title: str
    name: str
    """The title as it fits beside the news."""
    direction: str
    words: str
    url: str


def surge(newsroom: Newsroom, alert: Alert) -> Surge:
    """The alert in words: what was seen, and what would be usual."""
    facts = newsroom.indicators[alert.indicator]
    return Surge(
        indicator=facts.id,
        title=facts.title,
        name=clean.line(facts.brief, BRIEF_LIMIT),
        direction=facts.direction,
        words=_words(alert),
        url=f"{newsroom.base_url}/-/tracker/indicators/{facts.url_id}",
    )


def _words(alert: Alert) -> str:
    day = dates.short_day(date.fromisoformat(alert.day))
    if alert.week is not None and alert.week_expected is not None:
        usual = _usual(alert.week_expected, "weeks")
        return f"{_stories(alert.week)} in the week to {day} where {usual} would be usual"
    return f"{_stories(alert.observed)} on {day} where {_usual(alert.expected, 'days')} would be usual"


def _usual(expected: float, spans: str) -> str:
    """3.1, or one in 14 days where that says more than 0.072."""
    return f"one in {1 / expected:.0f} {spans}" if 0 < expected < HALF else f"{expected:.2g}"


def _stories(count: float) -> str:
    return f"{count:g} {'story' if count == 1 else 'stories'}"


def headline(surges: Sequence[Surge]) -> str:
    """What they come to in a few words; empty where there are none."""
    if len(surges) > 1:
        return f"{surges[0].name} and {len(surges) - 1} more out of the ordinary"
    return f"{surges[0].name} out of the ordinary" if surges else ""
