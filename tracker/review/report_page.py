"""What `tracker report` prints, with charts: read from what the daily job has kept, computed by no page."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from datasette import Response
from markupsafe import Markup

from tracker.model import GROUPS
from tracker.quality import estimates
from tracker.review import outlook as outlooks
from tracker.review import pictures
from tracker.review.desk import Desk, read
from tracker.review.pages import render
from tracker.store import judged
from tracker.store.judged import IndexPart
from tracker.store.reported import Alert, Weekly, alerts_between, weeks_of
from tracker.store.series import headlines, indicators

DAYS = 365
PARTS = 8
STORIES = 3
ALERTS = 40
CHANCE_A_YEAR = 0.9
"""Alerts of one indicator in a year that chance alone explains; see docs/methods/alerts.md."""


@dataclass(frozen=True, slots=True)
class IndexFile:
    """An index with what it is made of; ``rest`` is what the parts that are not shown add together."""

    shown: outlooks.IndexShown
    parts: list[IndexPart]
    rest: float
    rest_count: int


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator with stories in the period."""

    id: str
    title: str
    direction: str
    total: int
    month: int
    usual_month: float | None
    """Stories that four weeks usually hold; None where they were not judged."""
    chart: Markup


async def report(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/report"""
    desk: Desk = datasette.desk
    context = await read(datasette, _collect, await desk.now())
    return await render(datasette, request, "desk_report.html", {**context, "stories_shown": STORIES})


def _collect(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    stored = judged.latest(connection)
    if stored is None:
        return {"stored": None}
    last = date.fromisoformat(stored.last_day)
    first = last - timedelta(days=DAYS - 1)
    covered = judged.coverage(connection, first.isoformat(), stored.last_day)
    known = {one.id: one for one in indicators(connection)}
    alerts = alerts_between(connection, first.isoformat(), stored.last_day)
    indices = [found for name in judged.INDEX_NAMES if (found := _index(connection, stored, name, first))]
    hits = {story["hit"] for index in indices for part in index.parts for story in part.stories[:STORIES]}
    return {
        "stored": stored,
        "old": (now.date() - last).days > outlooks.OLD_AFTER,
        "days": len(covered),
        "screened": sum(day.screened for day in covered),
        "missing": sum(day.exposure is None or day.exposure < pictures.COVERED for day in covered),
        "all_inferred": bool(covered) and all(day.inferred for day in covered),
        "strip": pictures.coverage_strip(covered, first, last),
        "coverage": pictures.coverage_words(covered),
        "indices": indices,
        "without_value": outlooks.without_value(stored, judged.INDEX_NAMES),
        "told": headlines(connection, sorted(hits)),
        "titles": {name: one.title for name, one in known.items()},
        "alerts": alerts[:ALERTS],
        "alerts_beyond": max(0, len(alerts) - ALERTS),
        "by_chance": CHANCE_A_YEAR * len(known) * len(covered) / DAYS,
        "study": stored.summary.get("lead_lag"),
        "quality": [one for one in estimates.of_all(connection) if one.precision or one.recall],
        "groups": _groups(connection, known, alerts, first, last),
    }


def _index(
    connection: sqlite3.Connection, stored: judged.StoredReport, name: judged.IndexName, first: date
) -> IndexFile | None:
    shown = outlooks.index_shown(connection, stored, name, first)
    if shown is None:
        return None
    parts = [part for part in judged.parts(connection, name) if part.value]
    rest = parts[PARTS:]
    return IndexFile(shown, parts[:PARTS], sum(part.value for part in rest), len(rest))


def _groups(
    connection: sqlite3.Connection, known: dict[str, Any], alerts: list[Alert], first: date, last: date
) -> list[dict[str, Any]]:
    alerting: dict[str, list[str]] = defaultdict(list)
    for alert in alerts:
        alerting[alert.indicator].append(alert.day)
    by_group: dict[str, dict[str, Any]] = {group: {"name": group, "lines": [], "quiet": []} for group in GROUPS}
    for one in known.values():
        weeks = weeks_of(connection, one.id, first, last)
        into = by_group.setdefault(one.group, {"name": one.group, "lines": [], "quiet": []})
        if any(week.stories for week in weeks):
            into["lines"].append(_line(one, weeks, alerting[one.id]))
        else:
            into["quiet"].append(one.title)
    for group in by_group.values():
        group["lines"].sort(key=lambda line: -line.total)
    return [group for group in by_group.values() if group["lines"] or group["quiet"]]


def _line(one: Any, weeks: list[Weekly], alerts: list[str]) -> Line:
    month = weeks[-4:]
    usual = [week.expected for week in month if week.expected is not None]
    return Line(
        one.id, one.title, one.direction, sum(week.stories for week in weeks), sum(week.stories for week in month),
        sum(usual) if len(usual) == len(month) else None, pictures.weeks_chart(weeks, alerts, one.title),
    )  # fmt: skip
