"""One look at the store in the reader's terms: stories with their evidence, what moved, what was not covered."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from tracker.clock import iso, parse_iso
from tracker.digest import clean, coverage, dates, evidence, languages, moves, outlook
from tracker.digest.choose import IndicatorFacts, Tale, tales
from tracker.digest.memory import Memory
from tracker.digest.pictures import Picture
from tracker.store import digests, notices
from tracker.store.digests import Candidate, Window
from tracker.store.judged import StoredReport
from tracker.store.notices import Alert
from tracker.store.outbox import Entry
from tracker.store.subscribers import Wishes

STORIES_REMEMBERED = 2000
ALSO_NAMED = 4
"""Further indicators named beside a story."""
ALERTS_LAST = timedelta(days=7)
"""Alerts of older days are history: an archive was replayed, or the daemon was down for long."""
_Span = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Story:
    """One story as it is shown."""

    hit_id: int
    indicator: str
    indicator_title: str
    title: evidence.Pieces
    line: evidence.Pieces
    url: str
    review_url: str
    source: str
    language: str
    spoken: str
    """in Chinese; empty where it is in the language of the mail."""
    when: str
    outlets: int
    confirmed: bool
    reason: str
    also: tuple[str, ...]
    """Names of further indicators that the story bears on."""

    @property
    def plain_title(self) -> str:
        """The title without marks."""
        return "".join(piece.text for piece in self.title).strip()


class Newsroom:
    """One look at the store, shared by all digests of a run, so that the thousandth costs little.

    Not safe to share between threads, nor to keep longer than a run.
    """

    def __init__(self, connection: sqlite3.Connection, base_url: str, now: datetime) -> None:
        self.connection = connection
        self.base_url = base_url
        self.now = now
        self.bodies: Memory[Hashable, Any] = Memory(32)
        """Rendered bodies that readers of the same stories share; the key says what they hold."""
        self.untold: Any = None
        """The last selection for a reader who had been told none of it, for the next one who reads the same."""
        self._arrived: Memory[_Span, tuple[list[Candidate], list[Candidate]]] = Memory(2)
        self._tales: Memory[tuple[_Span, Wishes, bool], tuple[Tale, ...]] = Memory(16)
        self._stories: Memory[tuple[int, str], Story] = Memory(STORIES_REMEMBERED)
        self._alerts: Memory[str, list[Alert]] = Memory(16)
        self._pictures: dict[str, Picture | None] = {}
        self._coverage: Memory[tuple[str, str], tuple[str, ...]] = Memory(64)

    @cached_property
    def indicators(self) -> Mapping[str, IndicatorFacts]:
        """Every indicator by id, in the codebook's order."""
        return {
            row["id"]: IndicatorFacts(
                row["id"], clean.line(row["title"], 120), row["group_name"], row["direction"], position,
                row["retired_at"] is not None, row["diagnosticity"] == "high",
            )
            for position, row in enumerate(digests.indicators(self.connection))
        }  # fmt: skip

    @cached_property
    def changes(self) -> moves.Changes:
        """What moved this week."""
        return moves.changes(self._daily, self.now.date(), self._weeks)

    @cached_property
    def report(self) -> StoredReport | None:
        """What the daily job found, if that was lately."""
        return outlook.fresh_report(self.connection, self.now)

    @cached_property
    def judged_weeks(self) -> StoredReport | None:
        """The same, if it says of any indicator what a usual week is."""
        return self.report if self.report and self.report.summary.get("weeks") else None

    @cached_property
    def changes_by_direction(self) -> moves.Changes:
        """The same for all indicators that point one way together; ``toward`` and ``away`` stand for indicators."""
        daily = [(self.indicators[i].direction, day, count) for i, day, count in self._daily if i in self.indicators]
        return moves.changes(daily, self.now.date(), self._weeks)

    @cached_property
    def _weeks(self) -> int:
        return moves.covered_weeks(digests.reach_of_feeds(self.connection), self.now.date())

    @cached_property
    def _daily(self) -> list[tuple[str, str, int]]:
        first = self.now.date() - timedelta(days=7 * (self._weeks + 1) - 1)
        return digests.daily_stories(self.connection, first.isoformat(), self.now.date().isoformat())

    @cached_property
    def backfilled(self) -> bool:
        """Whether the past that is called usual was, in part, read from the feeds afterwards."""
        since = digests.watched_since(self.connection)
        oldest = self.now - timedelta(days=7 * (self.changes.weeks + 1))
        return not since or parse_iso(since) > oldest

    def tales(self, window: Window, wishes: Wishes) -> tuple[Tale, ...]:
        """Stories that arrived or were confirmed in a window, as these wishes see them, weightiest first."""
        return self._tales_of(window, wishes, telling=False)

    def urgent_tales(self, window: Window, wishes: Wishes) -> tuple[Tale, ...]:
        """The same for indicators of high diagnosticity alone."""
        return self._tales_of(window, wishes, telling=True)

    def _tales_of(self, window: Window, wishes: Wishes, *, telling: bool) -> tuple[Tale, ...]:
        span = (window.hits_after, window.hits_upto, window.reviews_after, window.reviews_upto)
        seen = self._tales.get((span, wishes, telling))
        if seen is None:
            found = self._arrived.get(span) or self._arrived.put(
                span, (digests.arrivals(self.connection, window), digests.confirmations(self.connection, window))
            )
            known = {i: facts for i, facts in self.indicators.items() if facts.telling or not telling}
            seen = self._tales.put((span, wishes, telling), tales(*found, wishes, known))
        return seen

    def still_worth_telling(
        self, entries: Iterable[Entry], rejected: Collection[int], wishes: Wishes, *, telling: bool
    ) -> list[Entry]:
        """The entries without ``rejected`` hits; a story that bears on something else the reader wants stays for that.

        With ``telling`` only indicators of high diagnosticity count.
        """
        entries = list(entries)
        known = {i: facts for i, facts in self.indicators.items() if facts.telling or not telling}
        touched = (entry.story_id for entry in entries if entry.hit_id in rejected)
        others = {
            tale.best.story_id: tale for tale in tales(digests.standing(self.connection, touched), (), wishes, known)
        }
        kept = []
        for entry in entries:
            if entry.hit_id not in rejected:
                kept.append(entry)
            elif other := others.get(entry.story_id):
                kept.append(replace(entry, hit_id=other.best.hit_id, confirmed=other.confirmed))
        return kept

    def alerts(self, window: Window) -> tuple[Alert, ...]:
        """Open alerts that became known in a window, of days not long before it."""
        first_day = (parse_iso(window.start) - ALERTS_LAST).date().isoformat()
        known = self._alerts.get(first_day)
        if known is None:
            known = self._alerts.put(first_day, notices.open_alerts(self.connection, first_day, iso(self.now)))
        inside = (alert for alert in known if window.start < alert.known_at <= window.end)
        return tuple(a for a in inside if a.indicator in self.indicators and not self.indicators[a.indicator].retired)

    def drawn(self, what: str, draw: Callable[[], Picture | None]) -> Picture | None:
        """The picture of that name, drawn once for all digests of a run."""
        if what not in self._pictures:
            self._pictures[what] = draw()
        return self._pictures[what]

    def window_before(self, span: timedelta) -> Window:
        """What arrived in the ``span`` before now, whoever has read it."""
        return digests.window_of(self.connection, iso(self.now - span), iso(self.now))

    def forget(self) -> None:
        """Read the store anew: something was rejected meanwhile."""
        self._arrived.clear()
        self._tales.clear()
        self._stories.clear()
        self.bodies.clear()
        self.untold = None

    def coverage(self, window: Window, zone: str) -> tuple[str, ...]:
        """What a reader must know of feeds that failed and of hours without polling."""
        key = (window.start, zone)
        known = self._coverage.get(key)
        if known is None:
            known = self._coverage.put(key, coverage.notices(self.connection, window, self.now, zone))
        return known

    def stories(self, entries: Sequence[Entry], zone: str) -> list[Story]:
        """The entries as they are shown to readers in a time zone."""
        known = {entry.hit_id: self._stories.get((entry.hit_id, zone)) for entry in entries}
        rows = list(digests.details(self.connection, (hit_id for hit_id, story in known.items() if story is None)))
        also: defaultdict[int, list[str]] = defaultdict(list)
        for story_id, indicator in digests.indicators_of(self.connection, (row["story_id"] for row in rows)):
            also[story_id].append(indicator)
        for row in rows:
            made = self._story(row, also[row["story_id"]], zone)
            known[row["hit_id"]] = self._stories.put((row["hit_id"], zone), made)
        return [
            replace(story, reason=entry.reason, outlets=entry.outlets, confirmed=entry.confirmed)
            for entry in entries
            if (story := known[entry.hit_id]) is not None
        ]

    def _story(self, row: sqlite3.Row, also: Iterable[str], zone: str) -> Story:
        texts = {"title": row["title"], "summary": row["summary"], "body": row["body"]}
        spans = evidence.spans_by_field(row["evidence"], texts)
        titled = texts["title"].strip()
        known = self.indicators
        return Story(
            hit_id=row["hit_id"],
            indicator=row["indicator_id"],
            indicator_title=known[row["indicator_id"]].name,
            title=evidence.title(texts["title"], spans["title"]) if titled else (evidence.Piece("(no title)"),),
            line=evidence.line(texts, spans),
            url=clean.link(row["url"]),
            review_url=f"{self.base_url}/-/tracker/queue?hit={row['hit_id']}",
            source=clean.line(row["source"], 60),
            language=clean.language(row["language"]),
            spoken=languages.name(clean.language(row["language"])),
            when=dates.moment(row["published_at"], zone)
            if row["published_at"]
            else dates.short_day(date.fromisoformat(row["day"])),
            outlets=row["outlets"],
            confirmed=row["status"] == "confirmed",
            reason="new",
            also=_named([known[i] for i in set(also) if i in known and i != row["indicator_id"]]),
        )


def _named(further: list[IndicatorFacts]) -> tuple[str, ...]:
    names = [facts.name for facts in sorted(further, key=lambda facts: facts.position)]
    more = len(names) - ALSO_NAMED
    return (*names[:ALSO_NAMED], f"{more} more") if more > 0 else tuple(names)
