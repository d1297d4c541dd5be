"""Groups all stored items into stories anew: the same stories whatever the order in which the items arrived."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from tracker import clock as clocks
from tracker.settings import Settings
from tracker.store import regrouping
from tracker.store.connect import writing
from tracker.store.lock import sole_poller
from tracker.store.migrations import open_store

CHANGES_PER_BATCH = 50
"""Bounds of one write transaction, so that reviewers need not wait."""

OnStep = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to."""

    items: int
    stories: int
    changed: int
    """Stories that hold other items than before."""
    merged: int
    """Stories that went into an older one."""
    new: int
    """Stories that were split off."""
    seconds: float


def rebuild(settings: Settings, clock: clocks.Clock = clocks.real, on_step: OnStep | None = None) -> Rebuilt:
    """Group everything anew. Killed on the way, it leaves whole stories; run again, it finishes.

    Raises ConfigError where another process polls into the database.
    """
    from tracker.stories import regroup

    started = time.monotonic()
    with sole_poller(settings.db):
        connection = open_store(settings.db)
        try:
            total = connection.execute("select count(*) from items").fetchone()[0]

            def read() -> Iterator[tuple[int, tuple[str, str, str]]]:
                for done, row in enumerate(regrouping.in_order(connection)):
                    if on_step is not None and done % 10_000 == 0:
                        on_step("items", done, total)
                    yield row

            groups = regroup.group(read())
            planned = list(
                regroup.changes(
                    groups, regrouping.story_of_items(connection), regrouping.stories_by_first_item(connection)
                )
            )
            now, rest = clocks.iso(clock()), iter(planned)
            done = 0
            while batch := list(islice(rest, CHANGES_PER_BATCH)):
                with writing(connection):
                    for change in batch:
                        regrouping.move(connection, change.story_id, change.items, change.merged, now)
                done += len(batch)
                if on_step is not None:
                    on_step("changes", done, len(planned))
            with writing(connection):
                regrouping.recount_outlets(connection)
        finally:
            connection.close()
    return Rebuilt(
        items=total,
        stories=len(groups),
        changed=len(planned),
        merged=sum(len(change.merged) for change in planned),
        new=sum(change.story_id is None for change in planned),
        seconds=round(time.monotonic() - started, 3),
    )
