"""The stored report by week, and the alerts of a period, for the page that shows it all."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Weekly:
    """Seven days of one indicator. ``expected`` is None where fewer than four of them were judged."""

    first: str
    last: str
    stories: int
    expected: float | None


@dataclass(frozen=True, slots=True)
class Alert:
    """A day that stood out: ``kind`` is jump (that day) or rise (the seven days to it).

    ``status`` is what analysts did with it; empty where it is too old to have been told them.
    """

    indicator: str
    day: str
    kind: str
    stories: int
    expected: float
    status: str


def weeks_of(connection: sqlite3.Connection, indicator: str, first: date, last: date) -> list[Weekly]:
    """Whole weeks of seven days that end on ``last``, oldest first, none before ``first``."""
    rows = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            "select day, stories, expected from report_days where indicator_id = ? and day between ? and ?",
            (indicator, first.isoformat(), last.isoformat()),
        )
    }
    found: list[Weekly] = []
    end = last
    while end - timedelta(days=6) >= first:
        days = [(end - timedelta(days=back)).isoformat() for back in range(6, -1, -1)]
        known = [rows[day] for day in days if day in rows]
        judged = [expected for _, expected in known if expected is not None]
        usual = sum(judged) * 7 / len(judged) if len(judged) >= 4 else None
        found.append(Weekly(days[0], days[-1], sum(stories for stories, _ in known), usual))
        end -= timedelta(days=7)
    return found[::-1]


def alerts_between(connection: sqlite3.Connection, first: str, last: str) -> list[Alert]:
    """Days of a period that stood out, newest first, of indicators in force."""
    rows = connection.execute(
        """select d.indicator_id, d.day, d.alert, sum(w.stories), total(w.expected),
                  coalesce((select status from alerts where indicator_id = d.indicator_id and day = d.day), '')
           from report_days d
           join indicators n on n.id = d.indicator_id and n.retired_at is null
           join report_days w on w.indicator_id = d.indicator_id
                and w.day between case d.alert when 'jump' then d.day else date(d.day, '-6 days') end and d.day
           where d.alert != '' and d.day between ? and ?
           group by d.indicator_id, d.day order by d.day desc, d.indicator_id""",
        (first, last),
    )
    return [Alert(*row) for row in rows]
