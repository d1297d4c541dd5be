"""What an alert says: indicators beyond their baseline, and stories on indicators that tell much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tracker.digest import clean, dates, plain, render
from tracker.digest.choose import Choice
from tracker.digest.newsroom import Newsroom, Story
from tracker.digest.placeholders import WAY_OUT
from tracker.digest.render import SUBJECT_LIMIT, Body
from tracker.digest.surges import Surge, surge
from tracker.digest.surges import headline as headline_of
from tracker.store.digests import Window
from tracker.store.notices import Alert
from tracker.store.outbox import Entry


@dataclass(frozen=True, slots=True)
class AlertContent:
    """A whole alert."""

    digest: str
    day: str
    short_day: str
    span: str
    surges: tuple[Surge, ...]
    stories: tuple[Story, ...]
    left_out: int
    queue_url: str
    entries: tuple[Entry, ...]
    alerts: tuple[tuple[str, str], ...]
    older: int = 0


def body(
    newsroom: Newsroom, choice: Choice, alerts: Sequence[Alert], window: Window, zone: str, *, way_out: bool
) -> Body:
    """Render an alert."""
    content = _gather(newsroom, choice, alerts, window, zone)
    away = WAY_OUT if way_out else ""
    said = headline(content)
    subject = f"Alert: {said} — {content.short_day}"
    preheader = " · ".join([one.words for one in content.surges] + [s.plain_title for s in content.stories[:3]])
    html = render.to_html("alerts", content, subject, said, preheader, away)
    return Body(subject, html, plain.alert(content, said, away), content)


def headline(content: AlertContent) -> str:
    """The news: which indicator rose, which story came; how many where there are many."""
    parts = []
    if len(content.surges) == 1:
        parts.append(f"{content.surges[0].name}, {content.surges[0].words}")
    elif content.surges:
        parts.append(headline_of(content.surges))
    stories = len(content.stories) + content.left_out
    if stories == 1:
        parts.append(f"{content.stories[0].indicator_title}: {content.stories[0].plain_title}")
    elif stories:
        busiest, _ = Counter(story.indicator_title for story in content.stories).most_common(1)[0]
        parts.append(f"{stories:,} stories, most on {busiest}" if stories > 2 else f"2 stories, one on {busiest}")
    return clean.line("; ".join(parts) or "nothing to tell", SUBJECT_LIMIT - 20)


def _gather(newsroom: Newsroom, choice: Choice, alerts: Sequence[Alert], window: Window, zone: str) -> AlertContent:
    today = newsroom.now.astimezone(ZoneInfo(zone)).date()
    return AlertContent(
        digest="alerts",
        day=dates.long_day(today),
        short_day=dates.short_day(today),
        span=f"{dates.moment(window.start, zone)} to {dates.moment(window.end, zone)} ({zone})",
        surges=tuple(surge(newsroom, alert) for alert in alerts),
        stories=tuple(newsroom.stories(choice.told, zone)),
        left_out=choice.left_out,
        queue_url=f"{newsroom.base_url}/-/tracker/queue",
        entries=choice.told,
        alerts=tuple((alert.indicator, alert.day) for alert in alerts),
    )
