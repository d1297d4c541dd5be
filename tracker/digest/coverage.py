"""What the reader must know before trusting a silence: feeds that failed, hours in which nothing was polled."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise

from tracker.clock import iso, parse_iso
from tracker.digest import clean, dates
from tracker.store import digests
from tracker.store.digests import Window

SILENT_AFTER = timedelta(days=1)
GAP = timedelta(hours=6)
NAMED = 6


def notices(connection: sqlite3.Connection, window: Window, now: datetime, zone: str) -> tuple[str, ...]:
    """Sentences about what was not covered, with times in the reader's ``zone``; none where all was well."""
    return (*_feeds(connection, now, zone), *_pauses(connection, window, zone))


def _feeds(connection: sqlite3.Connection, now: datetime, zone: str) -> list[str]:
    troubled = digests.troubled_feeds(connection, iso(now - SILENT_AFTER))
    if not troubled:
        return []
    total = digests.polled_feeds(connection)
    count = len(troubled)
    head = f"{count} of {total} feeds {'is' if count == 1 else 'are'} not being read, so news may be missing:"
    named = [_trouble(row, zone) for row in troubled[:NAMED]]
    more = f"and {count - NAMED} more (`tracker feeds list` names them)" if count > NAMED else ""
    return [f"{head} {'; '.join([*named, *filter(None, [more])])}."]


def _trouble(row: sqlite3.Row, zone: str) -> str:
    title = clean.line(row["title"], 60)
    since = f"since {dates.moment(row['last_ok_at'], zone)}" if row["last_ok_at"] else "never read yet"
    why = clean.line(row["last_error"], 90).rstrip(".")
    if row["status"] == "gone":
        why = "its publisher says that it is gone"
    return f"{title} ({since}{': ' + why if why else ''})"


def _pauses(connection: sqlite3.Connection, window: Window, zone: str) -> list[str]:
    """The longest time without any poll. Nothing is said before the first poll ever: that is no gap."""
    first = digests.watched_since(connection)
    if not first:
        return ["Nothing has been polled yet."]
    start = max(window.start, first)
    times = [start, *digests.poll_times(connection, start, window.end), window.end]
    moments = [parse_iso(at) for at in times]
    gaps = [(later - earlier, earlier, later) for earlier, later in pairwise(moments)]
    longest, earlier, later = max(gaps, key=lambda gap: gap[0])
    if longest < GAP:
        return []
    hours = round(longest.total_seconds() / 3600)
    span = f"from {dates.moment(iso(earlier), zone)} to {dates.moment(iso(later), zone)}"
    return [
        f"Nothing was polled for {hours} hours, {span}; what appeared and vanished from the feeds meanwhile is missing."
    ]
