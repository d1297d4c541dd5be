"""Content -> subject, HTML under 90 kB with its styles inlined, and plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

import css_inline
import jinja2

from tracker.digest import clean, languages, pictures, plain, surges
from tracker.digest.content import Content
from tracker.digest.newsroom import Story
from tracker.digest.pictures import Picture
from tracker.digest.placeholders import OWN_PAGE, WAY_OUT
from tracker.store import outbox as store

HTML_LIMIT = 90_000
"""Bytes of HTML. Gmail clips at 102 kB."""
SUBJECT_LIMIT = 140
HEADLINE_LEAST = 40
"""Of a title that stands in a subject beside other things."""
PAGE_LIMIT = 400
"""Of a headline where it need not fit a subject line."""
ROOM_FOR_ADDRESSES = 800
NAMES = {
    "daily": "the daily digest",
    "weekly": "the weekly digest",
    "alerts": "alerts",
    "feeds": "notices about feeds",
}
T = TypeVar("T")
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
    pictures: tuple[Picture, ...] = ()

    @property
    def page(self) -> str:
        """The HTML with its pictures inside, for a browser."""
        return pictures.embedded(self.html, self.pictures)

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
    pictures: tuple[Picture, ...] = ()
    """What the HTML names by Content-ID."""


def body(fill: Callable[[int], Content], room: int, *, way_out: bool) -> Body:
    """Render a digest with ``room`` stories, fewer where they would make too much HTML. ``fill`` gives the content.

    With ``way_out`` there is a place for an unsubscribing address.
    """
    away = WAY_OUT if way_out else ""

    def make(room: int) -> tuple[Content, str]:
        content = fill(room)
        said = headline(content, PAGE_LIMIT)
        return content, to_html("digest", content, subject(content), said, _preheader(content), away)

    content, html = fitting(make, room)
    return Body(
        subject(content), html, plain.render(content, headline(content, PAGE_LIMIT), away), content, content.pictures
    )


def fitting(make: Callable[[int], tuple[T, str]], room: int) -> tuple[T, str]:
    """What ``make(room)`` gives, with less room where its HTML would be too much."""
    while True:
        content, html = make(room)
        size = len(html.encode()) + ROOM_FOR_ADDRESSES
        if size <= HTML_LIMIT or room <= 1:
            return content, html
        room = max(1, min(room - 1, room * HTML_LIMIT // size))


def _preheader(content: Content) -> str:
    """What stands in a list of mails behind the subject: the next headlines, those that can be read first."""
    stories = [bundle.lead for g in content.groups for i in g.indicators for bundle in i.bundles] or content.again
    lead = content.lead
    others = [story for story in stories if story is not lead]
    others.sort(key=lambda story: not languages.is_own(story.language))
    return " · ".join(story.plain_title for story in others[:3])


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
    return f"{clean.line(headline(content, SUBJECT_LIMIT - 12), SUBJECT_LIMIT - 12)} — {content.short_day}"


def headline(content: Content, limit: int) -> str:
    """What there is to know first: what is out of the ordinary, the weightiest headline, how many stories in all.

    A title is cut, at the worst to a few words, to keep to ``limit`` characters.
    """
    unusual = surges.headline(content.surges)
    lead = content.lead
    if lead is None:
        return "; ".join(filter(None, [unusual, _headline_again(content, limit - len(unusual) - 2)]))
    alone = sum(len(group.indicators) for group in content.groups) == 1 and not content.left_out
    told = headline_of(lead, content.new_stories - 1, limit - len(unusual) - 2, name_it=alone)
    return "; ".join(filter(None, [unusual, told]))


def headline_of(lead: Story, more: int, room: int, *, name_it: bool) -> str:
    """A story and how many more there are, in about ``room`` characters; ``name_it``: with its indicator before it."""
    before = f"{lead.indicator_title}: " if name_it else ""
    rest = f" and {more:,} more" if more else ""
    return before + clean.line(lead.plain_title, max(HEADLINE_LEAST, room - len(before) - len(rest))) + rest


def _headline_again(content: Content, limit: int) -> str:
    if not content.again:
        return "Nothing new"
    first = content.again[0]
    why = "Now confirmed: " if first.reason == "confirmed" else f"{first.outlets} outlets now: "
    rest = f" and {len(content.again) - 1} more told before" if len(content.again) > 1 else ""
    return why + clean.line(first.plain_title, max(HEADLINE_LEAST, limit - len(why) - len(rest))) + rest


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
