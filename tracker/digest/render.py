"""Content -> subject, HTML under 90 kB with its styles inlined, and plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Protocol

import css_inline
import jinja2

from tracker.digest import clean, plain, surges
from tracker.digest.content import Content
from tracker.digest.placeholders import OWN_PAGE, WAY_OUT
from tracker.store import outbox as store

HTML_LIMIT = 90_000
"""Bytes of HTML. Gmail clips at 102 kB."""
SUBJECT_LIMIT = 140
ROOM_FOR_ADDRESSES = 800
NAMES = {
    "daily": "the daily digest",
    "weekly": "the weekly digest",
    "alerts": "alerts",
    "feeds": "notices about feeds",
}
_TEMPLATES = Path(__file__).with_name("templates")


class Telling(store.Telling, Protocol):
    """What every kind of mail has, whatever it says."""

    @property
    def digest(self) -> str:
        """Name of the subscription."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail in its final form."""

    subject: str
    html: str
    text: str
    raw: bytes
    """The whole message as it is handed to a server."""
    message_id: str
    content: Telling

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        parsed: EmailMessage = message_from_bytes(self.raw, policy=policy.default)
        return parsed


@dataclass(frozen=True, slots=True)
class Body:
    """Subject and both forms of a mail, before headers. Placeholders stand where a reader's own addresses go, so that
    readers of the same can share it."""

    subject: str
    html: str
    text: str
    content: Telling


def body(fill: Callable[[int], Content], room: int, *, way_out: bool) -> Body:
    """Render a digest with ``room`` stories, fewer where they would make too much HTML. ``fill`` gives the content.

    With ``way_out`` there is a place for an unsubscribing address.
    """
    away = WAY_OUT if way_out else ""
    while True:
        content = fill(room)
        first = [story for g in content.groups for i in g.indicators for story in i.stories][:3] or content.again[:3]
        preheader = " · ".join(story.plain_title for story in first)
        html = to_html("digest", content, subject(content), headline(content), preheader, away)
        size = len(html.encode()) + ROOM_FOR_ADDRESSES
        if size <= HTML_LIMIT or room <= 1:
            return Body(subject(content), html, plain.render(content, headline(content), away), content)
        room = min(room - 1, len(content.entries) * HTML_LIMIT // size)


def to_html(template: str, content: Telling, subject: str, headline: str, preheader: str, away: str) -> str:
    """A page from a template's name, with its styles inlined."""
    environment, inliner = _tools()
    return inliner.inline(
        environment.get_template(f"{template}.html.j2").render(
            c=content,
            subject=subject,
            headline=headline,
            preheader=clean.line(preheader, 180),
            unsubscribe_url=away,
            own_page=OWN_PAGE,
            name=NAMES[content.digest],
        )
    )


def subject(content: Content) -> str:
    """The news in one line, without line breaks or control characters."""
    return f"{clean.line(headline(content), SUBJECT_LIMIT - 12)} — {content.short_day}"


def headline(content: Content) -> str:
    """What there is to know first: what is out of the ordinary, the busiest indicator, how many stories in all."""
    return "; ".join(filter(None, [surges.headline(content.surges), _headline_of_stories(content)]))


def _headline_of_stories(content: Content) -> str:
    sections = [indicator for group in content.groups for indicator in group.indicators]
    total = content.new_stories
    if not sections:
        return _headline_again(content)
    busiest = max(sections, key=lambda section: len(section.stories))
    if total == 1:
        return clean.line(f"{busiest.name}: {busiest.stories[0].plain_title}", SUBJECT_LIMIT - 12)
    if len(sections) == 1 and not content.left_out:
        return f"{total:,} new on {busiest.name}"
    return f"{len(busiest.stories)} new on {busiest.name}, {total:,} stories"


def _headline_again(content: Content) -> str:
    confirmed = sum(story.reason == "confirmed" for story in content.again)
    grown = len(content.again) - confirmed
    parts = [f"{confirmed} now confirmed"] * bool(confirmed) + [f"{grown} picked up by more outlets"] * bool(grown)
    return ", ".join(parts) or "Nothing new"


@cache
def _tools() -> tuple[jinja2.Environment, css_inline.CSSInliner]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Nothing remote is ever loaded: a hostile title must not make us fetch.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
    return environment, inliner
