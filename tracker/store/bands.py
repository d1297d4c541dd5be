"""What is usual, per indicator and day, as the pages draw it: read from the stored report, never computed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta

Band = tuple[tuple[int, int] | None, ...]
"""(lower, upper) per day, oldest first; None where the day was not judged."""


def bands(connection: sqlite3.Connection, indicators: Sequence[str], first: date, last: date) -> dict[str, Band]:
    """The band of each indicator from ``first`` to ``last``; those without a judged day are left out."""
    days = [(first + timedelta(days=step)).isoformat() for step in range((last - first).days + 1)]
    place = {day: at for at, day in enumerate(days)}
    found: dict[str, Band] = {}
    for indicator in indicators:
        band: list[tuple[int, int] | None] = [None] * len(days)
        rows = connection.execute(
            """select day, lower, upper from report_days
               where indicator_id = ? and day between ? and ? and lower is not null""",
            (indicator, days[0], days[-1]),
        ).fetchall()
        for row in rows:
            band[place[row[0]]] = (row[1], row[2])
        if rows:
            found[indicator] = tuple(band)
    return found


def feed_exposures(connection: sqlite3.Connection, feed: str, first: date, last: date) -> tuple[float | None, ...]:
    """Exposure of a feed per day, oldest first; None where it was not scheduled or nothing was computed."""
    rows = connection.execute(
        "select day, exposure from feed_days where feed_id = ? and day between ? and ?",
        (feed, first.isoformat(), last.isoformat()),
    )
    known = dict(rows.fetchall())
    return tuple(known.get((first + timedelta(days=step)).isoformat()) for step in range((last - first).days + 1))
