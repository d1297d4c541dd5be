"""What an alert says: indicators beyond their baseline, and stories on indicators that tell much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from tracker.digest import clean, dates, languages, plain, render, surges
from tracker.digest.choose import Choice
from tracker.digest.newsroom import Newsroom, Story
from tracker.digest.placeholders import WAY_OUT
from tracker.digest.render import PAGE_LIMIT, SUBJECT_LIMIT, Body
from tracker.digest.surges import SHOWN as SURGES_SHOWN
from tracker.digest.surges import Surge, surge
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
    surges_url: str
    older: int = 0
    surges_shown: int = SURGES_SHOWN


def body(
    newsroom: Newsroom, choice: Choice, alerts: Sequence[Alert], window: Window, zone: str, *, way_out: bool
) -> Body:
    """Render an alert, with fewer of the stories where they would make too much HTML."""
    away = WAY_OUT if way_out else ""

    def make(room: int) -> tuple[AlertContent, str]:
        fewer = replace(choice, told=choice.told[:room], left_out=choice.left_out + len(choice.told[room:]))
        content = _gather(newsroom, fewer, alerts, window, zone)
        said = headline(content, PAGE_LIMIT)
        preheader = " · ".join([one.words for one in content.surges[:1]] + [s.plain_title for s in content.stories[:3]])
        return content, render.to_html("alerts", content, _subject(content), said, preheader, away)

    content, html = render.fitting(make, max(1, len(choice.told)))
    return Body(_subject(content), html, plain.alert(content, headline(content, PAGE_LIMIT), away), content)


def _subject(content: AlertContent) -> str:
    return f"Alert: {headline(content, SUBJECT_LIMIT - 20)} — {content.short_day}"


def headline(content: AlertContent, limit: int) -> str:
    """The news: which indicator rose, which story came; how many where there are many."""
    parts = []
    if len(content.surges) == 1:
        parts.append(f"{content.surges[0].name}, {content.surges[0].words}")
    elif content.surges:
        parts.append(surges.headline(content.surges))
    more = len(content.stories) + content.left_out - 1
    if content.stories:
        # The first that readers of the mail's own language can read; the first of all where there is none.
        lead = min(content.stories, key=lambda story: not languages.is_own(story.language))
        parts.append(render.headline_of(lead, more, limit - sum(map(len, parts)) - 2, name_it=not more))
    return clean.line("; ".join(parts) or "nothing to tell", limit)


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
        surges_url=f"{newsroom.base_url}/-/tracker/alerts",
        alerts=tuple((alert.indicator, alert.day) for alert in alerts),
    )
