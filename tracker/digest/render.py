"""Content -> subject, HTML under 90 kB with its styles inlined, plain text, and the message that holds both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import css_inline
import jinja2

from tracker.digest import clean, plain
from tracker.digest.content import Content

HTML_LIMIT = 90_000
"""Bytes of HTML. Gmail clips at 102 kB."""
SUBJECT_LIMIT = 140
WAY_OUT = "https://way-out.invalid/"
ROOM_FOR_ADDRESS = 400
BOUNDARY = "=_digest_="
"""Occurs neither in base64 nor in quoted-printable, so it need not be sought in the parts."""
_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A digest in its final form."""

    subject: str
    html: str
    text: str
    message: EmailMessage
    content: Content
    """What it says; its entries are the stories that found room."""


@dataclass(frozen=True, slots=True)
class Body:
    """Subject and both forms of a digest, before headers."""

    subject: str
    html: str
    text: str
    content: Content

    def with_way_out(self, unsubscribe_url: str) -> Body:
        """The same with a reader's own address for unsubscribing, where there is one."""
        if not unsubscribe_url:
            return self
        html, text = (form.replace(WAY_OUT, unsubscribe_url) for form in (self.html, self.text))
        return replace(self, html=html, text=text)


def body(fill: Callable[[int], Content], room: int, *, way_out: bool) -> Body:
    """Render with ``room`` stories, with fewer where they would make too much HTML. ``fill`` gives the content.

    With ``way_out`` the result has a place for an unsubscribing address, so that readers of the same can share it.
    """
    away = WAY_OUT if way_out else ""
    while True:
        content = fill(room)
        html = _html(content, away)
        size = len(html.encode()) + ROOM_FOR_ADDRESS
        if size <= HTML_LIMIT or room <= 1:
            return Body(subject(content), html, plain.render(content, headline(content), away), content)
        room = min(room - 1, len(content.entries) * HTML_LIMIT // size)


def subject(content: Content) -> str:
    """The news in one line, without line breaks or control characters."""
    return clean.line(f"{headline(content)} — {content.short_day}", SUBJECT_LIMIT)


def headline(content: Content) -> str:
    """What there is to know first: the busiest indicator, how many stories in all."""
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


def message(made: Body, headers: dict[str, str], sender: Address, recipient: Address) -> EmailMessage:
    """A multipart/alternative in plain ASCII on the wire, whatever its languages."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = made.subject
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(made.text, subtype="plain", charset="utf-8", cte=_encoding(made.text))
    mail.add_alternative(made.html, subtype="html", charset="utf-8", cte="base64")
    mail.set_boundary(BOUNDARY)
    return mail


def _encoding(text: str) -> str:
    """Readable in the raw where it is mostly ASCII, short where it is not."""
    return "quoted-printable" if sum(map(str.isascii, text)) > 0.9 * len(text) else "base64"


def _html(content: Content, unsubscribe_url: str) -> str:
    first = [story for g in content.groups for i in g.indicators for story in i.stories][:3] or content.again[:3]
    template, inliner = _tools()
    return inliner.inline(
        template.render(
            c=content,
            subject=subject(content),
            headline=headline(content),
            preheader=clean.line(" · ".join(story.plain_title for story in first), 180),
            unsubscribe_url=unsubscribe_url,
        )
    )


@cache
def _tools() -> tuple[jinja2.Template, css_inline.CSSInliner]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Nothing remote is ever loaded: a hostile title must not make us fetch.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
    return environment.get_template("digest.html.j2"), inliner
