"""The plain-text part: 72 columns that a person would choose to read.

Addresses that would break the columns stand at the end, under the number of their story.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tracker.digest.columns import COLUMNS, width, wrap
from tracker.digest.content import Content, IndicatorSection
from tracker.digest.evidence import Pieces
from tracker.digest.newsroom import Story
from tracker.digest.placeholders import OWN_PAGE
from tracker.digest.surges import Surge

if TYPE_CHECKING:
    from tracker.digest.alert_content import AlertContent
    from tracker.digest.feed_content import FeedContent

BAR = 24


def alert(content: AlertContent, headline: str, unsubscribe_url: str) -> str:
    """An alert as text, ending in a newline."""
    lines = [f"Alert · {content.day}", *wrap(headline)]
    if content.surges:
        lines += ["", *_title("Out of the ordinary"), *_surges(content.surges, content.surges_shown)]
        lines += _more_surges(content)
    if content.stories:
        lines += ["", *_title("On indicators that tell much")]
    numbered = _Numbered()
    for story in content.stories:
        lines += ["", *wrap(story.indicator_title, "     "), *numbered.story(story)]
    lines += numbered.addresses()
    lines += ["", "-" * COLUMNS, *wrap(f"Found from {content.span}.")]
    if content.left_out:
        lines += [*wrap(f"{content.left_out:,} more {_stories(content.left_out)} had no room here:"), content.queue_url]
    lines += [*wrap("A machine found this, so judge for yourself:"), content.queue_url]
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
    """The whole text, ending in a newline."""
    lines = [f"{content.heading} · {content.day}", *wrap(headline), "", *_title("What changed")]
    lines += _surges(content.surges, content.surges_shown)
    lines += [*_more_surges(content), *[""] * bool(content.surges)]
    for index in content.indices:
        interval = f" [{index.interval}]" if index.interval else ""
        lines += wrap(f"{index.arrow} {index.title} {index.value}{interval}, {index.moved}", "  ", "")
    lines += [*wrap(content.indices_note), ""] if content.indices else []
    lines += wrap(content.moves_note)
    lines += _moves(content)
    if content.totals:
        lines += ["", *wrap(content.totals)]
    for notice in content.coverage:
        lines += ["", *wrap(notice, "   ", " ! ")]
    numbered = _Numbered()
    for group in content.groups:
        lines += ["", "", *_title(group.title)]
        for indicator in group.indicators:
            lines += ["", *_indicator(indicator, numbered)]
    if content.again:
        lines += ["", "", *_title("Told before")]
        for story in content.again:
            why = "now confirmed" if story.reason == "confirmed" else f"grew to {story.outlets} outlets"
            lines += ["", *wrap(f"{why[0].upper()}{why[1:]}:", "     "), *numbered.story(story)]
    if not content.groups and not content.again:
        lines += ["", "Nothing new."]
    lines += numbered.addresses()
    lines += ["", "-" * COLUMNS, *_foot(content, unsubscribe_url)]
    return "\n".join(lines) + "\n"


def _surges(surges: Sequence[Surge], shown: int) -> Iterable[str]:
    for surge in surges[:shown]:
        yield from wrap(f"Alert: {surge.title} ({surge.direction})")
        yield from wrap(surge.words, "  ")
        yield f"  {surge.url}"


def _more_surges(content: Content | AlertContent) -> Iterable[str]:
    more = len(content.surges) - content.surges_shown
    if more > 0:
        yield f"{more} more alerts:"
        yield content.surges_url


def _indicator(section: IndicatorSection, numbered: _Numbered) -> Iterable[str]:
    count = len(section.stories) + section.more
    yield from wrap(f"{section.title} ({section.direction}, {count:,} {_stories(count)})")
    for bundle in section.bundles:
        yield ""
        yield from numbered.story(bundle.lead)
        for story in bundle.alike:
            yield from numbered.brief(story)
    if section.brief:
        yield ""
        for story in section.brief:
            yield from numbered.brief(story)
    if section.more:
        yield ""
        yield f"     {section.more:,} more on this indicator:"
        yield f"     {section.url}"


class _Numbered:
    """Stories with numbers, and the addresses that found no room beside them."""

    def __init__(self) -> None:
        self._told = 0
        self._kept: list[str] = []

    def story(self, story: Story) -> Iterable[str]:
        """One at length."""
        number = self._number(". ")
        indent = " " * len(number)
        shown_below = any(piece.fired for piece in story.line)
        yield from wrap(_marked(story.title, mark=not shown_below), indent, number)
        if story.line:
            yield from wrap(_marked(story.line), indent)
        yield from wrap(" · ".join(filter(None, [*_about(story), self._far(story, indent)])), indent)
        if not self._far(story, indent) and story.url:
            yield indent + story.url
        yield f"{indent}review: {story.review_url}"
        self._keep(story, indent)

    def brief(self, story: Story) -> Iterable[str]:
        """One in a line or two, below another."""
        number = self._number(") ")
        indent = " " * (len(number) + 2)
        about = " · ".join(_about(story))
        yield from wrap(f"{_marked(story.title)} ({about})", indent, f"  {number}")
        self._keep(story)

    def addresses(self) -> Iterable[str]:
        """The addresses that were kept for the end."""
        return ["", "", *_title("Addresses"), "", *self._kept] if self._kept else []

    def _number(self, after: str) -> str:
        self._told += 1
        return f"{self._told:>3}{after}"

    @staticmethod
    def _far(story: Story, indent: str) -> str:
        return "address at the end" if story.url and width(indent + story.url) > COLUMNS else ""

    def _keep(self, story: Story, indent: str | None = None) -> None:
        kept = [story.url] if story.url and (indent is None or self._far(story, indent)) else []
        if indent is None:
            kept.append(f"review: {story.review_url}")
        for address in kept:
            self._kept.append(f"{self._told:>3}. {address}")


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


def _about(story: Story) -> list[str]:
    parts = [story.source, story.spoken, story.when]
    if story.outlets > 1:
        parts.append(f"{story.outlets} outlets")
    if story.confirmed:
        parts.append("confirmed")
    if story.also:
        parts.append("also: " + "; ".join(story.also))
    return list(filter(None, parts))


def _marked(pieces: Pieces, *, mark: bool = True) -> str:
    """Evidence between asterisks, as mail readers have shown bold since there was mail."""
    return "".join(f"*{p.text}*" if p.fired and mark else p.text for p in pieces).strip()


def _foot(content: Content, unsubscribe_url: str) -> Iterable[str]:
    yield from wrap(f"Found from {content.span}.{_not_listed(content)}")
    yield from wrap("*Marked* words are the evidence on which a machine found a story. Judge for yourself:")
    yield content.queue_url
    yield from _way_out(f"the {content.digest} digest", unsubscribe_url)


def _not_listed(content: Content) -> str:
    parts = []
    if content.older:
        one = content.older == 1
        parts.append(
            f" {content.older:,} older {_stories(content.older)}, published more than seven days before being found, "
            f"{'is' if one else 'are'} not listed."
        )
    if content.left_out:
        parts.append(f" {content.left_out:,} more {_stories(content.left_out)} had no room here; the queue has them.")
    return "".join(parts)


def _way_out(what: str, unsubscribe_url: str) -> Iterable[str]:
    yield "Change what you get, or stop it:"
    yield OWN_PAGE
    if unsubscribe_url:
        yield f"Unsubscribe from {what}:"
        yield unsubscribe_url
    else:
        yield from wrap("Where that page cannot be reached, ask whoever runs this tracker.")
