"""The plain-text part: 72 columns that a person would choose to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tracker.digest.columns import COLUMNS, width, wrap
from tracker.digest.content import Content
from tracker.digest.evidence import Pieces
from tracker.digest.newsroom import Story
from tracker.digest.placeholders import OWN_PAGE

if TYPE_CHECKING:
    from tracker.digest.alert_content import AlertContent
    from tracker.digest.feed_content import FeedContent

BAR = 24


def alert(content: AlertContent, headline: str, unsubscribe_url: str) -> str:
    """An alert as text, ending in a newline."""
    lines = [f"Alert · {content.day}", *wrap(headline), "", *wrap(f"Found from {content.span}.")]
    if content.left_out:
        lines += [*wrap(f"{content.left_out:,} more {_stories(content.left_out)} had no room here:"), content.queue_url]
    if content.surges:
        lines += ["", *_title("Out of the ordinary")]
    for surge in content.surges:
        lines += ["", *wrap(f"{surge.title} ({surge.direction})"), *wrap(surge.words, "  "), f"  {surge.url}"]
    if content.stories:
        lines += ["", *_title("On indicators that tell much")]
    for number, story in enumerate(content.stories, 1):
        lines += ["", *wrap(story.indicator_title, "     "), *_story(story, f"{number:>3}. ")]
    lines += ["", "-" * COLUMNS, *wrap("A machine found this, so judge for yourself:"), content.queue_url]
    return "\n".join([*lines, *_way_out("alerts", unsubscribe_url)]) + "\n"


def feeds(content: FeedContent, headline: str, unsubscribe_url: str) -> str:
    """A notice about feeds as text, ending in a newline."""
    lines = [f"Feeds · {content.day}", *wrap(headline), "", *wrap(content.remark)]
    for section in content.sections:
        lines += ["", *_title(section.title), *(wrap(section.advice) if section.advice else ())]
        for line in section.lines:
            lines += ["", *wrap(line.title), *wrap(line.words, "  ")]
        if section.unnamed:
            lines += ["", f"And {section.unnamed} more."]
    lines += ["", "-" * COLUMNS, "All feeds and how they are:", content.feeds_url]
    return "\n".join([*lines, *_way_out("notices about feeds", unsubscribe_url)]) + "\n"


def render(content: Content, headline: str, unsubscribe_url: str) -> str:
    """The whole text, ending in a newline. Addresses stand on lines of their own, whole."""
    lines = [f"{content.heading} · {content.day}", *wrap(headline), ""]
    lines += wrap(f"Found from {content.span}.{_not_listed(content)}")
    if content.left_out:
        lines.append(content.queue_url)
    for notice in content.coverage:
        lines += ["", *wrap(notice, "   ", " ! ")]
    lines += ["", *_title("What changed")]
    for surge in content.surges:
        lines += [*wrap(f"Alert: {surge.title} ({surge.direction})"), *wrap(surge.words, "  "), f"  {surge.url}", ""]
    for index in content.indices:
        lines += wrap(f"{index.arrow} {index.title} {index.value} [{index.interval}], {index.moved}", "  ", "")
    lines += [""] * bool(content.indices)
    lines += wrap(content.moves_note)
    lines += _moves(content)
    if content.totals:
        lines += ["", *wrap(content.totals)]
    number = 0
    for group in content.groups:
        lines += ["", "", *_title(group.title)]
        for indicator in group.indicators:
            lines += ["", *wrap(f"{indicator.title} ({indicator.direction})"), ""]
            for story in indicator.stories:
                number += 1
                lines += [*_story(story, f"{number:>3}. "), ""]
            lines.pop()
    if content.again:
        lines += ["", "", *_title("Told before"), ""]
        for story in content.again:
            why = "now confirmed" if story.reason == "confirmed" else f"grew to {story.outlets} outlets"
            lines += [*_again(story, why), ""]
        lines.pop()
    if not content.groups and not content.again:
        lines += ["", "Nothing new."]
    lines += ["", "-" * COLUMNS, *_foot(content, unsubscribe_url)]
    return "\n".join(lines) + "\n"


def _not_listed(content: Content) -> str:
    parts = []
    if content.left_out:
        parts.append(f" {content.left_out:,} more {_stories(content.left_out)} had no room here; the queue has them:")
    if content.older:
        one = content.older == 1
        parts.insert(
            0,
            f" {content.older:,} older {_stories(content.older)}, published more than seven days before being found, "
            f"{'is' if one else 'are'} not listed.",
        )
    return "".join(parts)


def _stories(count: int) -> str:
    return "story" if count == 1 else "stories"


def _title(text: str) -> list[str]:
    return [text.upper(), "=" * width(text)]


def _moves(content: Content) -> Iterable[str]:
    for move in content.moves:
        usual = f" {move.kind} usual {move.usual}" if move.usual else ""
        yield ""
        yield from wrap(f"{move.title} ({move.direction})", "  ")
        yield f"  {'#' * max(1, round(BAR * move.share / 100)) if move.now else '':<{BAR}}  {move.now}{usual}"


def _story(story: Story, number: str) -> Iterable[str]:
    indent = " " * len(number)
    shown_below = any(piece.fired for piece in story.line)
    yield from wrap(_marked(story.title, mark=not shown_below), indent, number)
    if story.line:
        yield from wrap(_marked(story.line), indent)
    yield from wrap(_meta(story), indent)
    yield from _links(story, indent)


def _again(story: Story, why: str) -> Iterable[str]:
    yield from wrap(f"{why}: {story.plain_title}", "     ", "  *  ")
    yield from wrap(_meta(story), "     ")
    yield from _links(story, "     ")


def _meta(story: Story) -> str:
    parts = [story.source, story.language.upper(), story.when]
    if story.outlets > 1:
        parts.append(f"{story.outlets} outlets")
    if story.confirmed:
        parts.append("confirmed")
    if story.also:
        parts.append("also: " + "; ".join(story.also))
    return " · ".join(filter(None, parts))


def _links(story: Story, indent: str) -> Iterable[str]:
    if story.url:
        yield indent + story.url
    yield f"{indent}review: {story.review_url}"


def _marked(pieces: Pieces, *, mark: bool = True) -> str:
    """Evidence between asterisks, as mail readers have shown bold since there was mail."""
    return "".join(f"*{p.text}*" if p.fired and mark else p.text for p in pieces).strip()


def _foot(content: Content, unsubscribe_url: str) -> Iterable[str]:
    yield from wrap("*Marked* words are the evidence on which a machine found a story. Judge for yourself:")
    yield content.queue_url
    yield from _way_out(f"the {content.digest} digest", unsubscribe_url)


def _way_out(what: str, unsubscribe_url: str) -> Iterable[str]:
    yield "Change what you get, or stop it:"
    yield OWN_PAGE
    if unsubscribe_url:
        yield f"Unsubscribe from {what}:"
        yield unsubscribe_url
    else:
        yield from wrap("Where that page cannot be reached, ask whoever runs this tracker.")
