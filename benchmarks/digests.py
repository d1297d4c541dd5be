"""How long it takes to choose and queue the daily digest of many subscribers, and whether memory stays flat.

    python benchmarks/digests.py [--subscribers 5000] [--hits 500] [--days 60]

Every fifth subscriber has wishes of their own, in six time zones. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracker.clock import iso
from tracker.digest.outbox import queue_due
from tracker.model import GROUPS, Feed, Indicator
from tracker.settings import Settings
from tracker.store import codebooks, feeds, subscribers
from tracker.store.migrations import open_store
from tracker.store.subscribers import Wishes

NOW = datetime(2026, 2, 3, 6, 0, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "Europe/Kyiv", "America/New_York", "Asia/Tokyo", "Asia/Kolkata")
SUMMARY = "Officials said on Monday that ships had left the harbour with spare parts on board, bound for the islands. "
TARGET_SECONDS = 60


def fill(path: Path, hits: int, days: int, readers: int, luck: random.Random) -> None:
    connection = open_store(path)
    listed = [Feed(f"f{n}", f"http://f{n}.example/feed", publisher=f"Outlet {n}") for n in range(80)]
    feeds.sync_catalogue(connection, listed, iso(NOW))
    indicators = [
        Indicator(f"i{n}", f"Indicator number {n}", GROUPS[n % 5], "toward" if n % 3 else "away", "x")
        for n in range(48)
    ]
    codebooks.put_in_force(
        connection, digest="d", version="1", title="t", source="s", text="t", indicators=indicators, now=iso(NOW)
    )
    connection.execute("begin")
    for number in range(1, hits * days + 1):
        found = NOW + timedelta(days=1) - timedelta(days=days) + timedelta(seconds=86_400 * number // hits)
        at = iso(found)
        connection.execute("insert into stories (id, first_item_id, first_day) values (?1, ?1, ?2)", (number, at[:10]))
        connection.execute(
            """insert into items (id, feed_id, guid, url, title, summary, language, published_at, fetched_at, day,
                                  content_hash, story_id)
               values (?1, ?2, ?1, 'https://o.example/' || ?1, 'Ships leave the harbour, part ' || ?1, ?3, ?4, ?5, ?5,
                       ?6, ?1, ?1)""",
            (number, f"f{number % 80}", SUMMARY * 3, luck.choice(("en", "ru", "zh")), at, at[:10]),
        )
        span = {"field": "summary", "start": 28, "end": 33, "text": "ships", "term": "ship", "concept": ""}
        connection.execute(
            """insert into hits (item_id, indicator_id, codebook_id, score, day, found_at, evidence, content_hash,
                                 story_id) values (?1, ?2, 1, ?3, ?4, ?5, ?6, ?1, ?1)""",
            (number, f"i{number % 48}", luck.random(), at[:10], at, json.dumps([span])),
        )
    for number in range(readers):
        own = Wishes(
            groups=(luck.choice(GROUPS),) if number % 2 else (),
            languages=("en", "ru") if number % 3 else (),
            min_score=round(luck.random() / 2, 1),
            confirmed_only=False,
        )
        subscribers.add(
            connection, f"r{number}@example.org", "daily", timezone=ZONES[number % 6],
            wishes=Wishes() if number % 5 else own, since=iso(NOW), now=iso(NOW),
        )  # fmt: skip
    connection.commit()
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=5000)
    parser.add_argument("--hits", type=int, default=500, help="hits a day")
    parser.add_argument("--days", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tracker.db"
        fill(path, options.hits, options.days, options.subscribers, random.Random(1))
        connection = open_store(path)
        settings = Settings(db=path, mail_from="tracker@news.example.org", base_url="https://tracker.example.org")
        due = NOW + timedelta(days=1, hours=20)
        before = peak()
        started, worked = time.perf_counter(), time.process_time()
        marks: list[int] = []

        def look() -> bool:
            marks.append(peak())
            return False

        summary = queue_due(connection, settings, due, stop=look)
        seconds, cpu = time.perf_counter() - started, time.process_time() - worked
        sizes = connection.execute("select min(length(message)), max(length(message)) from deliveries").fetchone()
        print(
            json.dumps(
                {
                    "subscribers": options.subscribers, "hits_a_day": options.hits, "queued": summary.queued,
                    "seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1),
                    "ms_each": round(1000 * seconds / max(1, summary.queued), 2),
                    "memory_before_mb": before, "memory_after_a_tenth_mb": marks[len(marks) // 10],
                    "memory_peak_mb": peak(),
                    "message_bytes": [sizes[0], sizes[1]],
                    "within_target": seconds < TARGET_SECONDS * options.subscribers / 5000,
                }
            )
        )  # fmt: skip


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
