"""The short text that chat channels get: plain lines, as some services take four thousand bytes at most."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.digest.alert_content import AlertContent
from tracker.digest.content import Content
from tracker.digest.feed_content import FeedContent
from tracker.digest.newsroom import Story
from tracker.digest.render import Body

ROOM = 10
"""Stories in one message."""
BYTES = 3500


def render(body: Body) -> str:
    """Lines of text; the subject is said by the service itself, as the title."""
    content = body.content
    if isinstance(content, FeedContent):
        lines = [f"• {line.title}: {line.words}" for section in content.sections for line in section.lines]
        return _fitting(lines, content.feeds_url)
    if isinstance(content, AlertContent):
        surges = [f"• {surge.title}: {surge.words}\n  {surge.url}" for surge in content.surges]
        return _fitting([*surges, *_stories(content.stories)], content.queue_url, content.left_out)
    assert isinstance(content, Content)
    told = [story for group in content.groups for indicator in group.indicators for story in indicator.stories]
    notices = [f"! {surge.title}: {surge.words}" for surge in content.surges]
    notices += [f"! {notice}" for notice in content.coverage]
    lines = [*notices, *_stories([*told, *content.again])]
    return _fitting(lines or ["Nothing new."], content.queue_url, content.left_out)


def _stories(stories: Iterable[Story]) -> list[str]:
    return [f"• {story.plain_title} — {story.source}" + (f"\n  {story.url}" if story.url else "") for story in stories]


def _fitting(lines: list[str], more_url: str, left_out: int = 0) -> str:
    shown: list[str] = []
    used = len(more_url.encode()) + 60
    for line in lines:
        used += len(line.encode()) + 1
        if used > BYTES:
            break
        shown.append(line)
    missing = left_out + len(lines) - len(shown)
    last = f"{missing:,} more: {more_url}" if missing else more_url
    return "\n".join([*shown, last]) + "\n"
