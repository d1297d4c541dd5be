"""Everything a digest says, gathered from the store in the reader's own time, before it takes any form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

from tracker.digest import alike, dates, languages, moves, trends
from tracker.digest.alike import Bundle
from tracker.digest.choose import Choice, IndicatorFacts
from tracker.digest.newsroom import Newsroom, Story
from tracker.digest.outlook import WEIGHT_OF_EVIDENCE, IndexLine, index_lines, note, week_moves
from tracker.digest.pictures import Picture
from tracker.digest.surges import SHOWN as SURGES_SHOWN
from tracker.digest.surges import Surge, surge
from tracker.model import GROUPS
from tracker.store.digests import Window
from tracker.store.outbox import Entry

GROUP_TITLES = {
    "driver": "Drivers",
    "cooperation": "Cooperation",
    "rhetoric": "Rhetoric",
    "barrier": "Barriers",
    "outcome": "Outcomes",
}


@dataclass(frozen=True, slots=True)
class IndicatorSection:
    """New stories of one indicator."""

    title: str
    name: str
    """The title as it fits into a sentence."""
    direction: str
    bundles: tuple[Bundle[Story], ...]
    """Stories told at length, each with those whose headlines say much the same."""
    brief: tuple[Story, ...]
    """Further ones, for which a line must do."""
    more: int
    """Further ones that found no room."""
    url: str
    """Where all of them are."""

    @property
    def stories(self) -> tuple[Story, ...]:
        """All that are told, in the order in which they are shown."""
        return (*chain.from_iterable((one.lead, *one.alike) for one in self.bundles), *self.brief)


@dataclass(frozen=True, slots=True)
class GroupSection:
    """New stories of one group of indicators."""

    title: str
    indicators: tuple[IndicatorSection, ...]


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One line of what changed; ``share``, ``low`` and ``high`` are parts of the widest bar, in per cent."""

    title: str
    direction: str
    kind: moves.Kind
    now: int
    usual: str
    share: int
    low: int
    high: int
    picture: Picture | None = None
    """The weeks up to this one, in place of a bar; where pictures can be drawn and the weeks are known."""


@dataclass(frozen=True, slots=True)
class Content:
    """A whole digest."""

    digest: str
    heading: str
    day: str
    short_day: str
    span: str
    groups: tuple[GroupSection, ...]
    again: tuple[Story, ...]
    surges: tuple[Surge, ...]
    """Alerts of the time that the digest tells of, still open."""
    indices: tuple[IndexLine, ...]
    """Empty where the daily job has not run lately."""
    indices_note: str
    moves: tuple[MoveLine, ...]
    moves_note: str
    totals: str
    """How many stories speak either way, against what is usual; empty without history."""
    coverage: tuple[str, ...]
    left_out: int
    older: int
    queue_url: str
    entries: tuple[Entry, ...]
    alerts: tuple[tuple[str, str], ...] = ()
    surges_url: str = ""
    surges_shown: int = SURGES_SHOWN

    @property
    def new_stories(self) -> int:
        """New stories that arrived, shown or not."""
        return sum(len(i.stories) for g in self.groups for i in g.indicators) + self.left_out

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture that it shows, each once."""
        shown = (*(line.picture for line in self.indices), *(line.picture for line in self.moves))
        return tuple({one.cid: one for one in shown if one is not None}.values())

    @property
    def lead(self) -> Story | None:
        """The new story that says most of what is new: of an indicator out of the ordinary, if there is one, and in
        the language of the mail, if there is one; of those the weightiest."""
        rank = {entry.hit_id: position for position, entry in enumerate(self.entries)}
        surging = {one.indicator for one in self.surges}
        return min(
            (story for group in self.groups for section in group.indicators for story in section.stories),
            key=lambda s: (s.indicator not in surging, not languages.is_own(s.language), rank[s.hit_id]),
            default=None,
        )


def gather(newsroom: Newsroom, digest: str, choice: Choice, window: Window, zone: str) -> Content:
    """Everything that the digest of this choice says, in the time of an IANA zone."""
    shown = newsroom.stories(choice.told, zone)
    today = newsroom.now.astimezone(ZoneInfo(zone)).date()
    return Content(
        digest=digest,
        heading=f"{digest.capitalize()} digest",
        day=dates.long_day(today),
        short_day=dates.short_day(today),
        span=f"{dates.moment(window.start, zone)} to {dates.moment(window.end, zone)} ({zone})",
        groups=_by_group(newsroom, [story for story in shown if story.reason == "new"], dict(choice.beyond)),
        again=tuple(story for story in shown if story.reason != "new"),
        surges=tuple(surge(newsroom, alert) for alert in newsroom.alerts(window)),
        indices=index_lines(newsroom.report, trends.of_indices(newsroom)),
        indices_note=WEIGHT_OF_EVIDENCE if index_lines(newsroom.report) else "",
        moves=_move_lines(newsroom),
        moves_note=_moves_note(newsroom),
        totals=_totals(newsroom),
        coverage=newsroom.coverage(window, zone),
        left_out=choice.left_out,
        older=choice.older,
        queue_url=f"{newsroom.base_url}/-/tracker/queue",
        entries=choice.told,
        surges_url=f"{newsroom.base_url}/-/tracker/alerts",
    )


def _by_group(newsroom: Newsroom, stories: Sequence[Story], beyond: Mapping[str, int]) -> tuple[GroupSection, ...]:
    gathered: defaultdict[str, list[Story]] = defaultdict(list)
    for story in stories:
        gathered[story.indicator].append(story)
    order = sorted((newsroom.indicators[i] for i in gathered), key=lambda facts: facts.position)
    sections = []
    for group in GROUPS:
        inside = tuple(
            _section(facts, gathered[facts.id], beyond.get(facts.id, 0), newsroom.base_url)
            for facts in order
            if facts.group == group
        )
        if inside:
            sections.append(GroupSection(GROUP_TITLES[group], inside))
    return tuple(sections)


def _section(facts: IndicatorFacts, stories: Sequence[Story], more: int, base_url: str) -> IndicatorSection:
    bundles, brief = alike.bundled(stories, [story.plain_title for story in stories])
    url = f"{base_url}/-/tracker/list?indicator={facts.url_id}"
    return IndicatorSection(facts.title, facts.name, facts.direction, bundles, brief, more, url)


def _move_lines(newsroom: Newsroom) -> tuple[MoveLine, ...]:
    known = newsroom.indicators
    in_force = [name for name, facts in known.items() if not facts.retired]
    if newsroom.judged_weeks:
        judged = week_moves(newsroom.judged_weeks, in_force)
    else:
        judged = [move for move in newsroom.changes.moves if move.indicator in in_force]
    current = judged
    if newsroom.judged_weeks or newsroom.changes.enough:
        current = [move for move in current if move.kind in ("above", "below")]
    else:
        current = sorted((move for move in current if move.now), key=lambda move: -move.now)
    shown = current[: moves.SHOWN]
    widest = max((max(move.now, move.high) for move in shown), default=1) or 1
    return tuple(
        MoveLine(
            title=known[move.indicator].title,
            direction=known[move.indicator].direction,
            kind=move.kind,
            now=move.now,
            usual="" if move.kind == "unknown" else _range(move.low, move.high),
            share=round(100 * move.now / widest),
            low=round(100 * move.low / widest),
            high=round(100 * move.high / widest),
            picture=trends.of_move(newsroom, move),
        )
        for move in shown
    )


def _totals(newsroom: Newsroom) -> str:
    if newsroom.judged_weeks:
        return ""
    parts = [
        f"{move.now} {move.indicator} ({move.kind} usual {_range(move.low, move.high)})"
        for move in sorted(newsroom.changes_by_direction.moves, key=lambda move: move.indicator, reverse=True)
        if move.kind != "unknown"
    ]
    return f"Over all indicators: {', '.join(parts)}." if parts else ""


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _moves_note(newsroom: Newsroom) -> str:
    if newsroom.judged_weeks:
        return note(newsroom.judged_weeks, outside=bool(_move_lines(newsroom)))
    changes = newsroom.changes
    if not changes.enough:
        past = f"{changes.weeks} week{'' if changes.weeks == 1 else 's'}" if changes.weeks else "less than a week"
        return (
            f"Not enough history yet to say what is usual: {past} before this one, {moves.WEEKS_NEEDED} are needed."
            + (" Stories of the last seven days:" if _move_lines(newsroom) else "")
        )
    moved = f"Stories of the last seven days; usual is the range of the {changes.weeks} weeks before."
    if not changes.outside:
        moved = f"No indicator left the range of the {changes.weeks} weeks before."
    if newsroom.backfilled:
        moved += " Part of that past was read from the feeds afterwards and may be incomplete."
    return moved
