"""A week of many feeds without a network, through the real table of due feeds and the real cadence.

    python -m benchmarks.virtual_week [--feeds 10000] [--days 7]

Time is virtual: every five seconds the feeds that are due are asked at once, as the daemon does it, and each answers
with the items that a publisher of its rhythm (one every ten minutes to one a week) has published by then. Lateness is
the time from when a check was due until it was done, as a share of the feed's interval at that moment.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracker.clock import iso, parse_iso
from tracker.daemon import POLL_SECONDS
from tracker.feeds import cadence
from tracker.model import CheckResult, Feed, FeedState, Item
from tracker.store import feeds as store
from tracker.store.connect import writing
from tracker.store.migrations import open_store

START = datetime(2026, 2, 2, tzinfo=UTC)
SHOWN = 10


@dataclass(slots=True)
class Publisher:
    """When one feed publishes, at random about a rhythm of its own."""

    chance: random.Random
    gap: float
    published: list[datetime] = field(default_factory=list)

    def shown(self, now: datetime) -> tuple[Item, ...]:
        """The newest items at a moment."""
        while not self.published or self.published[-1] <= now:
            last = self.published[-1] if self.published else now - timedelta(seconds=SHOWN * self.gap)
            self.published.append(last + timedelta(seconds=self.chance.expovariate(1 / self.gap)))
        del self.published[: -SHOWN - 1]
        return tuple(Item("", "", "", "", published_at=iso(moment)) for moment in self.published[:-1])


@dataclass(slots=True)
class Week:
    """What came of it: how late the latest check was as a share of its interval, and how many checks there were."""

    checks: int = 0
    latest: float = 0.0

    def note(self, before: FeedState, now: datetime) -> None:
        """Count a check that was due at a time of its own."""
        self.checks += 1
        if before.next_due_at and before.last_ok_at:
            due, last = parse_iso(before.next_due_at), parse_iso(before.last_ok_at)
            self.latest = max(self.latest, (now - due) / (due - last))


def live(path: Path, count: int, days: float) -> Week:
    """Let ``count`` feeds live for some days in the database at ``path``."""
    chance = random.Random(20260202)
    listed = [Feed(f"f{n}", f"http://{n}.example/rss") for n in range(count)]
    publishers = {
        feed.id: Publisher(random.Random(feed.id), math.exp(chance.uniform(math.log(600), math.log(604_800))))
        for feed in listed
    }
    connection = open_store(path)
    connection.execute("pragma synchronous = off")
    store.sync_catalogue(connection, listed, iso(START))
    week, now = Week(), START
    while now < START + timedelta(days=days):
        with writing(connection):
            for before in store.due(connection, listed, iso(now)):
                week.note(before, now)
                items = publishers[before.feed.id].shown(now)
                result = CheckResult(before.feed.id, iso(now), "new", 200, items=items, body_hash="x")
                store.record_check(
                    connection, before, result, iso(cadence.next_due(before, result, now, chance.random())), 0
                )
        (first,) = connection.execute("select min(next_due_at) from feeds").fetchone()
        ticks = max(1, math.ceil((parse_iso(first) - now).total_seconds() / POLL_SECONDS))
        now += timedelta(seconds=POLL_SECONDS * ticks)
    connection.close()
    return week


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--feeds", type=int, default=10_000)
    options.add_argument("--days", type=float, default=7)
    chosen = options.parse_args()
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        week = live(Path(folder) / "week.db", chosen.feeds, chosen.days)
    print(
        f"{chosen.feeds} feeds, {chosen.days:g} days, {week.checks} checks: the latest {week.latest:.2%} of its "
        f"interval late (goal 2%); {time.process_time() - started:.0f} CPU s"
    )


if __name__ == "__main__":
    main()
