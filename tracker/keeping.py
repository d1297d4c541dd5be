"""What came of checks or of an archive -> items, stories, hits and the full-text index, within one transaction.

The steps are taken for all the feeds of a transaction at once: placing thirty items in stories, or indexing them,
costs hardly less than doing so for five hundred.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from tracker.feeds import identity
from tracker.model import Item, Match
from tracker.store import hits, items, pages, removal, stories
from tracker.timing import Timing

if TYPE_CHECKING:
    from tracker.stories.group import StoryIndex

PLACED_AT_ONCE = 512
"""Items whose stories are written together, before the index of stories may ask the database again."""


@dataclass(frozen=True, slots=True)
class Brought:
    """The entries that one feed brought, newest first, at what time, and whether their pages are wanted too."""

    feed_id: str
    entries: Sequence[items.Identified]
    at: str
    want_articles: bool = False


@dataclass(frozen=True)
class Keeper:
    """Keeps items with all that follows from them. ``match`` tells what the codebook in force finds in one."""

    connection: sqlite3.Connection
    match: Callable[[Item], tuple[Match, ...]]
    timing: Timing

    @cached_property
    def story_index(self) -> StoryIndex:
        """The stories of the days that new items are of; made when first asked for, as it needs numpy."""
        from tracker.stories.group import StoryIndex

        return StoryIndex(lambda first, last: stories.members(self.connection, first, last))

    def forget(self) -> None:
        """Let go of what a transaction that was rolled back left in memory."""
        if "story_index" in vars(self):
            self.story_index.clear()

    def keep(self, brought: Sequence[Brought], codebook_id: int) -> list[tuple[int, int]]:
        """Store what is new or changed; return (new items, new hits) of each feed. Must run inside a transaction.

        After an error call ``forget``.
        """
        with self.timing.of("storing items"):
            kept = [self._store(one) for one in brought]
        with self.timing.of("placing in stories"):
            self._place_in_stories(brought, kept)
        with self.timing.of("matching, storing hits"):
            hits_new = [
                sum(self._hits_of(stored, one.at, codebook_id) for stored in found)
                for one, found in zip(brought, kept, strict=True)
            ]
        with self.timing.of("indexing for search"):
            items.index(self.connection, (stored.id for found in kept for stored in found))
        return [(sum(not stored.changed for stored in found), new) for found, new in zip(kept, hits_new, strict=True)]

    def _store(self, brought: Brought) -> list[items.Stored]:
        entries = self._without_removed(brought.feed_id, brought.entries)
        kept = items.store(self.connection, brought.feed_id, entries, brought.at)
        if brought.want_articles:
            wanted = ((stored.id, stored.identified.item.url) for stored in kept)
            pages.want(self.connection, wanted, brought.at)
        return kept

    def _without_removed(self, feed_id: str, found: Sequence[items.Identified]) -> Sequence[items.Identified]:
        """Entries that were let go for their age stay away, unless the codebook in force finds something in them."""
        removed = removal.seen_before(self.connection, feed_id, [one.content_hash for one in found])
        if not removed:
            return found
        kept = []
        for one in found:
            if one.content_hash not in removed:
                kept.append(one)
                continue
            matches = self.match(one.item) if one.matches is None else one.matches
            if matches:
                removal.take_back(self.connection, feed_id, one.content_hash, (one.item.published_at or "")[:10])
                kept.append(replace(one, matches=matches))
        return kept

    def _hits_of(self, stored: items.Stored, at: str, codebook_id: int) -> int:
        matches = stored.identified.matches
        if matches is None:
            matches = self.match(stored.identified.item)
        if stored.changed:
            hits.withdraw_absent(self.connection, stored.id, matches)
        return hits.add(
            self.connection,
            stored.id,
            matches,
            codebook_id=codebook_id,
            content_hash=stored.identified.content_hash,
            now=at,
        )

    def _place_in_stories(self, brought: Sequence[Brought], kept: Sequence[Sequence[items.Stored]]) -> None:
        fresh: list[items.Stored] = []
        changed: list[tuple[items.Stored, str]] = []
        tellings = []
        for one, found in zip(brought, kept, strict=True):
            if not found:
                continue
            outlet = stories.outlet(self.connection, one.feed_id)
            for stored in found:
                if stored.changed:
                    changed.append((stored, outlet))
                else:
                    fresh.append(stored)
                    tellings.append((_told(stored), stored.day, outlet))

        for start in range(0, len(fresh), PLACED_AT_ONCE):
            batch = slice(start, start + PLACED_AT_ONCE)
            self._place(fresh[batch], tellings[batch])
        for stored, outlet in changed:
            if stored.story_id is not None:
                self.story_index.learn(stored.story_id, _told(stored), outlet)

    def _place(self, fresh: Sequence[items.Stored], tellings: Sequence[tuple[str, str, str]]) -> None:
        placing = stories.Placing(self.connection)

        def settle(position: int, story_id: int | None) -> int:
            stored = fresh[position]
            if story_id is None or not placing.join(story_id, stored.id):
                return placing.new(stored.id, stored.day)
            return story_id

        self.story_index.place(tellings, settle)
        placing.write()


def identified(item: Item) -> items.Identified:
    """An item with the keys by which the store knows it again."""
    return items.Identified(item, identity.canonical_url(item.url), identity.content_hash(item))


def _told(stored: items.Stored) -> str:
    return stories.text(stored.identified.item.title, stored.identified.item.summary)
