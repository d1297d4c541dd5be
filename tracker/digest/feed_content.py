"""What a notice about feeds says: which cannot be read, which have gone silent, which are back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker.digest import clean, dates, plain, render
from tracker.digest.render import SUBJECT_LIMIT, Body
from tracker.store.notices import NotedEvent
from tracker.store.outbox import Entry

LINES = 100
"""Feeds named in one notice."""
NAMED = 3


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One feed and what there is to say of it."""

    title: str
    words: str


@dataclass(frozen=True, slots=True)
class FeedSection:
    """Feeds of which the same is to be said. ``summary`` says it of all at once."""

    title: str
    summary: str
    lines: tuple[FeedLine, ...]


@dataclass(frozen=True, slots=True)
class FeedContent:
    """A whole notice."""

    digest: str
    day: str
    short_day: str
    remark: str
    sections: tuple[FeedSection, ...]
    feeds_url: str
    entries: tuple[Entry, ...] = field(default=())
    alerts: tuple[tuple[str, str], ...] = field(default=())
    left_out: int = 0
    older: int = 0


def body(
    episodes: Sequence[tuple[NotedEvent, NotedEvent]],
    polled: int,
    base_url: str,
    now: datetime,
    zone: str,
    *,
    way_out: bool,
) -> Body:
    """Render a notice. ``episodes``: the first and the last event of each feed in it; ``polled``: feeds in all."""
    content = _gather(episodes, polled, base_url, now, zone)
    said = "; ".join(section.summary for section in content.sections)
    subject = clean.line(f"{said} — {content.short_day}", SUBJECT_LIMIT)
    away = render.WAY_OUT if way_out else ""
    html = render.to_html("feeds", content, subject, said, content.remark, away)
    return Body(subject, html, plain.feeds(content, said, away), content)


def _gather(
    episodes: Sequence[tuple[NotedEvent, NotedEvent]], polled: int, base_url: str, now: datetime, zone: str
) -> FeedContent:
    today = now.astimezone(ZoneInfo(zone)).date()
    lost = [last for _, last in episodes if last.event.what in ("failing", "gone")]
    silent = [last for _, last in episodes if last.event.what == "stale"]
    back = [(first, last) for first, last in episodes if last.event.what == "recovered"]
    sections = (
        FeedSection("Not readable", _count(lost, "cannot be read"), tuple(_lost(e, zone) for e in lost[:LINES])),
        FeedSection("Silent", _count(silent, "fell silent"), tuple(_silent(e, zone) for e in silent[:LINES])),
        FeedSection(
            "Back",
            _count([last for _, last in back], "readable again" if len(back) == 1 else "are readable again"),
            tuple(_back(first, last, zone) for first, last in back[:LINES]),
        ),
    )
    return FeedContent(
        digest="feeds",
        day=dates.long_day(today),
        short_day=dates.short_day(today),
        remark=f"{polled} {'feed is' if polled == 1 else 'feeds are'} on the list. "
        "What appears in a feed and vanishes while it cannot be read is missing.",
        sections=tuple(section for section in sections if section.lines),
        feeds_url=f"{base_url}/-/tracker/feeds",
    )


def _count(events: Sequence[NotedEvent], what: str) -> str:
    names = ", ".join(clean.line(event.title, 40) for event in events[:NAMED])
    if len(events) == 1:
        return f"{names} {'is ' if what.startswith('readable') else ''}{what}"
    return f"{len(events)} feeds {what}: {names}" + (" …" if len(events) > NAMED else "")


def _lost(noted: NotedEvent, zone: str) -> FeedLine:
    event = noted.event
    since = f"not readable since {dates.moment(event.since, zone)}" if event.since else "never read yet"
    return FeedLine(clean.line(noted.title, 80), f"{since}: {clean.line(event.reason, 120).rstrip('.')}.")


def _silent(noted: NotedEvent, zone: str) -> FeedLine:
    newest = dates.moment(noted.event.since, zone)
    return FeedLine(
        clean.line(noted.title, 80),
        f"answers, but its newest item is of {newest}, which is long by its own rhythm. "
        "Look whether the publisher has a newer feed.",
    )


def _back(first: NotedEvent, last: NotedEvent, zone: str) -> FeedLine:
    began = last.event.since or first.event.since
    since = f"since {dates.moment(began, zone)} " if began else ""
    return FeedLine(
        clean.line(last.title, 80), f"had not been in order {since}and was found well at {dates.moment(last.at, zone)}."
    )
