"""What the board shows: indicators with their recent series, what waits for review, how the feeds are."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from tracker.clock import iso
from tracker.store import alerts, marks

SERIES_DAYS = 90
COUNTED = 1000
"""Hits that wait are counted up to this many per indicator."""


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One line of the board. ``series`` holds stories per UTC day, oldest first, today last."""

    id: str
    title: str
    group: str
    direction: str
    series: tuple[int, ...]
    this_week: int
    week_before: int
    waiting: int
    last_hit: LastHit | None
    alert_day: str
    """Day of its newest alert on the board that is open and not snoozed; empty without one."""
    fresh: int
    """Hits found since the reader last marked the board as seen; 0 where they never did."""


@dataclass(frozen=True, slots=True)
class LastHit:
    """The newest hit of an indicator that is neither rejected nor withdrawn."""

    id: int
    day: str
    title: str


@dataclass(frozen=True, slots=True)
class FeedsInBrief:
    """How many feeds are watched, answered within a day of ``now``, and are in trouble; when one was last asked."""

    watched: int
    answered: int
    failing: int
    gone: int
    paused: int
    last_check_at: str


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the first page."""

    rows: tuple[IndicatorRow, ...]
    first_day: date
    feeds: FeedsInBrief
    waiting: int
    fresh: int
    seen_at: str
    open_alerts: int | None
    """None while alerts have never been computed."""
    watched: list[sqlite3.Row]
    """Stories that the viewer watches, those that grew first."""


def board(connection: sqlite3.Connection, now: datetime, viewer: str = "") -> Board:
    """The board as of ``now`` (UTC) for ``viewer``."""
    today = now.date()
    first = today - timedelta(days=SERIES_DAYS - 1)
    seen = connection.execute("select board_seen_at from users where name = ?", (viewer,)).fetchone()
    seen_at = seen[0] if seen else ""
    fresh = _found_since(connection, seen_at) if seen_at else {}
    alerting = alerts.marks(connection, now, SERIES_DAYS)
    rows = tuple(
        _row(
            connection,
            row,
            series_of(connection, row["id"], first, today),
            fresh.get(row["id"], 0),
            alerting.get(row["id"], ""),
        )
        for row in connection.execute(
            "select id, title, group_name, direction from indicators where retired_at is null order by position, id"
        ).fetchall()
    )
    return Board(
        rows=rows,
        first_day=first,
        feeds=feeds_in_brief(connection, now),
        waiting=sum(row.waiting for row in rows),
        fresh=sum(fresh.values()),
        seen_at=seen_at,
        open_alerts=_open_alerts(connection, now),
        watched=marks.watched(connection, viewer) if viewer else [],
    )


def waiting_for(connection: sqlite3.Connection, indicator: str, limit: int = COUNTED) -> int:
    """How many hits of an indicator wait for review, counted up to ``limit``."""
    row = connection.execute(
        """select count(*) from (select 1 from hits indexed by hits_waiting_for
           where indicator_id = ? and status = 'new' and primary_in_story = 1 limit ?)""",
        (indicator, limit),
    ).fetchone()
    return int(row[0])


def mark_seen(connection: sqlite3.Connection, viewer: str, at: str) -> None:
    """Remember that ``viewer`` has seen everything found until ``at``."""
    connection.execute("update users set board_seen_at = ? where name = ?", (at, viewer))


def series_of(connection: sqlite3.Connection, indicator: str, first: date, last: date) -> tuple[int, ...]:
    """Stories of an indicator on each UTC day from ``first`` to ``last``."""
    index = _days(first, last)
    counts = [0] * len(index)
    for row in connection.execute(
        "select day, stories from daily_hits where indicator_id = ? and day between ? and ?",
        (indicator, first.isoformat(), last.isoformat()),
    ):
        counts[index[row[0]]] = row[1]
    return tuple(counts)


@lru_cache(8)
def _days(first: date, last: date) -> dict[str, int]:
    return {(first + timedelta(days=step)).isoformat(): step for step in range((last - first).days + 1)}


def feeds_in_brief(connection: sqlite3.Connection, now: datetime) -> FeedsInBrief:
    """Counts over the feeds that are still in the catalogue; sources of archives are not watched."""
    row = connection.execute(
        """select count(*), coalesce(sum(last_ok_at >= ?), 0), coalesce(sum(status = 'failing'), 0),
                  coalesce(sum(status = 'gone'), 0), coalesce(sum(status = 'paused'), 0),
                  coalesce(max(last_check_at), '')
           from feeds where removed_at = '' and kind != 'archive'""",
        (iso(now - timedelta(days=1)),),
    ).fetchone()
    return FeedsInBrief(*row)


def _row(
    connection: sqlite3.Connection, row: sqlite3.Row, series: tuple[int, ...], fresh: int, alert_day: str
) -> IndicatorRow:
    waiting = waiting_for(connection, row["id"])
    return IndicatorRow(
        id=row["id"],
        title=row["title"],
        group=row["group_name"],
        direction=row["direction"],
        series=series,
        this_week=sum(series[-7:]),
        week_before=sum(series[-14:-7]),
        waiting=waiting,
        last_hit=_last_hit(connection, row["id"]),
        fresh=fresh,
        alert_day=alert_day,
    )


def _last_hit(connection: sqlite3.Connection, indicator: str) -> LastHit | None:
    row = connection.execute(
        """select h.id, h.day, substr(i.title, 1, 300) as title from hits h indexed by hits_indicator_day
           join items i on i.id = h.item_id
           where h.indicator_id = ? and h.status not in ('rejected', 'withdrawn')
           order by h.day desc, h.id limit 1""",
        (indicator,),
    ).fetchone()
    return LastHit(*row) if row else None


def _found_since(connection: sqlite3.Connection, seen_at: str) -> dict[str, int]:
    rows = connection.execute(
        """select indicator_id, count(*) from hits indexed by hits_found
           where found_at > ? and status != 'withdrawn' and primary_in_story = 1 group by indicator_id""",
        (seen_at,),
    )
    return {row[0]: row[1] for row in rows}


def _open_alerts(connection: sqlite3.Connection, now: datetime) -> int | None:
    found = alerts.counts(connection, now)
    return found["open"] if sum(found.values()) else None
