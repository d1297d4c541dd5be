"""All that is known of one indicator: definition, series, verdicts, recent hits, changes, alerts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.store.board import series_of, waiting_for

RECENT = 25


@dataclass(frozen=True, slots=True)
class IndicatorFile:
    """``series`` holds stories per UTC day from ``first_day`` to today."""

    row: sqlite3.Row
    series: tuple[int, ...]
    first_day: date
    confirmed: int
    rejected: int
    unsure: int
    waiting: int
    hits: list[sqlite3.Row]
    breaks: list[sqlite3.Row]
    alerts: list[sqlite3.Row] | None
    others: list[sqlite3.Row]
    """Id and title of every indicator in force."""


def indicator_file(connection: sqlite3.Connection, indicator: str, now: datetime, days: int) -> IndicatorFile | None:
    """The file of an indicator over the last ``days`` days; None where there is no such indicator."""
    row = connection.execute(
        """select n.*, c.loaded_at, c.version as codebook_version from indicators n
           join codebooks c on c.id = n.codebook_id where n.id = ?""",
        (indicator,),
    ).fetchone()
    if row is None:
        return None
    today = now.date()
    first = today - timedelta(days=days - 1)
    judged = {status: _count(connection, indicator, status) for status in ("confirmed", "rejected", "unsure")}
    return IndicatorFile(
        row=row,
        series=series_of(connection, indicator, first, today),
        first_day=first,
        **judged,
        waiting=waiting_for(connection, indicator),
        hits=_recent(connection, indicator),
        breaks=connection.execute(
            """select b.day, b.change, c.version from codebook_breaks b join codebooks c on c.id = b.codebook_id
               where b.indicator_id = ? order by b.day desc, b.id desc limit 20""",
            (indicator,),
        ).fetchall(),
        alerts=_alerts(connection, indicator),
        others=connection.execute("select id, title from indicators where retired_at is null").fetchall(),
    )


def _count(connection: sqlite3.Connection, indicator: str, status: str) -> int:
    row = connection.execute("select count(*) from hits where indicator_id = ? and status = ?", (indicator, status))
    return int(row.fetchone()[0])


def _recent(connection: sqlite3.Connection, indicator: str) -> list[sqlite3.Row]:
    return connection.execute(
        """select h.id, h.status, h.day, h.score, h.story_id, substr(i.title, 1, 300) as title, i.language, i.url,
                  coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source,
                  (select outlets from stories where id = h.story_id) as outlets
           from hits h indexed by hits_indicator_day join items i on i.id = h.item_id join feeds f on f.id = i.feed_id
           where h.indicator_id = ? and h.status != 'withdrawn' and h.primary_in_story = 1
           order by h.day desc, h.id limit ?""",
        (indicator, RECENT),
    ).fetchall()


def _alerts(connection: sqlite3.Connection, indicator: str) -> list[sqlite3.Row] | None:
    if connection.execute("select 1 from alerts limit 1").fetchone() is None:
        return None
    return connection.execute(
        "select * from alerts where indicator_id = ? order by day desc limit 20", (indicator,)
    ).fetchall()
