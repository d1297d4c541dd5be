"""What a notice about feeds says: which cannot be read, which have gone silent, which are back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker.clock import parse_iso
from tracker.digest import clean, dates, plain, render
from tracker.digest.placeholders import WAY_OUT
from tracker.digest.render import SUBJECT_LIMIT, Body
from tracker.store.notices import NotedEvent
from tracker.store.outbox import Entry

LINES = 100
"""Feeds named in one section of a notice, fewer where they would make too much HTML."""
NAMED = 3
SILENT = (
    "They answer, but bring nothing new for longer than their own rhythm explains. "
    "Look whether the publisher has a newer feed."
)


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
    advice: str = ""
    unnamed: int = 0
    """Feeds that found no room."""


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
    away = WAY_OUT if way_out else ""

    def make(room: int) -> tuple[FeedContent, str]:
        content = _gather(episodes, polled, base_url, now, zone, room)
        return content, render.to_html("feeds", content, _subject(content), _said(content), content.remark, away)

    content, html = render.fitting(make, LINES)
    return Body(_subject(content), html, plain.feeds(content, _said(content), away), content)


def _subject(content: FeedContent) -> str:
    return f"{clean.line(_said(content), SUBJECT_LIMIT - 12)} — {content.short_day}"


def _said(content: FeedContent) -> str:
    return "; ".join(section.summary for section in content.sections) or "All feeds are in order"


def _gather(
    episodes: Sequence[tuple[NotedEvent, NotedEvent]], polled: int, base_url: str, now: datetime, zone: str, room: int
) -> FeedContent:
    today = now.astimezone(ZoneInfo(zone)).date()
    lost = [last for _, last in episodes if last.event.what in ("failing", "gone")]
    silent = [last for _, last in episodes if last.event.what == "stale"]
    back = [(first, last) for first, last in episodes if last.event.what == "recovered"]
    sections = (
        _section("Not readable", _count(lost, "cannot be read"), [_lost(noted, zone) for noted in lost]),
        _section("Silent", _count(silent, "fell silent"), [_silent(n, zone) for n in silent], SILENT),
        _section("Back", _count_back([last for _, last in back]), [_back(*pair, zone) for pair in back]),
    )
    return FeedContent(
        digest="feeds",
        day=dates.long_day(today),
        short_day=dates.short_day(today),
        remark=f"{polled} {'feed is' if polled == 1 else 'feeds are'} on the list. "
        "What appears in a feed and vanishes while it cannot be read is missing.",
        sections=tuple(_shortened(section, room) for section in sections if section.lines),
        feeds_url=f"{base_url}/-/tracker/feeds",
    )


def _section(title: str, summary: str, lines: Sequence[FeedLine], advice: str = "") -> FeedSection:
    return FeedSection(title, summary, tuple(lines), advice)


def _shortened(section: FeedSection, room: int) -> FeedSection:
    return replace(section, lines=section.lines[:room], unnamed=max(0, len(section.lines) - room))


def _count_back(events: Sequence[NotedEvent]) -> str:
    return _count(events, "is readable again" if len(events) == 1 else "are readable again")


def _count(events: Sequence[NotedEvent], what: str) -> str:
    names = ", ".join(clean.line(event.title, 40) for event in events[:NAMED])
    if len(events) == 1:
        return f"{names} {what}"
    return f"{len(events)} feeds {what}: {names}" + (" …" if len(events) > NAMED else "")


def _lost(noted: NotedEvent, zone: str) -> FeedLine:
    event = noted.event
    since = f"not readable since {dates.moment(event.since, zone)}" if event.since else "never read yet"
    return FeedLine(clean.line(noted.title, 80), f"{since}: {clean.line(event.reason, 120).rstrip('.')}.")


def _silent(noted: NotedEvent, zone: str) -> FeedLine:
    newest = dates.long_day(parse_iso(noted.event.since).astimezone(ZoneInfo(zone)).date())
    return FeedLine(clean.line(noted.title, 80), f"Newest item: {newest}.")


def _back(first: NotedEvent, last: NotedEvent, zone: str) -> FeedLine:
    began = last.event.since or first.event.since
    since = f"since {dates.moment(began, zone)} " if began else ""
    return FeedLine(
        clean.line(last.title, 80), f"had not been in order {since}and was found well at {dates.moment(last.at, zone)}."
    )
