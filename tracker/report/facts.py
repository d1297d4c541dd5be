"""A report as plain data: what `tracker report --json` prints, and what the terminal and the page are drawn from."""

from __future__ import annotations

import sqlite3
from typing import Any

from tracker.report import weighing
from tracker.report.build import Report
from tracker.report.daily import index_summary, number
from tracker.report.weighing import Weighed
from tracker.store import series as store

Facts = dict[str, Any]

TITLES = {
    "pressure": "Pressure",
    "pressure_specific": "Pressure, telling indicators alone",
    "cooperation": "Cooperation",
    "cooperation_specific": "Cooperation, telling indicators alone",
}
WEIGHT_OF_EVIDENCE = "weight of evidence, not probability"


def facts(connection: sqlite3.Connection, report: Report, generated_at: str) -> Facts:
    """Everything the report says, as JSON can hold it. Arrays have a value per day of ``days``; null is missing."""
    series, first = report.series, len(report.series.days) - report.judged
    indices = {name: _index(report, weighed) for name, weighed in report.indices.items()}
    hits = {story["hit"] for index in indices.values() for part in index["parts"] for story in part["stories"]}
    told = store.headlines(connection, sorted(hits))
    for index in indices.values():
        for part in index["parts"]:
            for story in part["stories"]:
                if story["hit"] in told:
                    line = told[story["hit"]]
                    story |= {"title": line.title, "url": line.url, "feed": line.feed, "item": line.item_id}
    return {
        "generated_at": generated_at,
        "known_at": report.known_at,
        "last_day": report.last_day,
        "days": list(series.days[first:]),
        "exposure": {
            "share": [number(value, 4) for value in series.exposure[first:]],
            "inferred": [bool(value) for value in series.inferred[first:]],
            "screened": [int(value) for value in series.by_feed.sum(axis=0)[first:]],
        },
        "series": _series(report, first),
        "baselines": _baselines(report, first),
        "alerts": [_alert(report, row) for row in report.alerts],
        "indices": indices,
        "verdicts_drawn_at_random": report.verdicts_drawn,
    }


def _series(report: Report, first: int) -> list[Facts]:
    series = report.series
    return [
        {
            "indicator": one.id,
            "title": one.title,
            "group": one.group,
            "direction": one.direction,
            "diagnosticity": one.diagnosticity,
            "stories": [int(count) for count in series.counts[row, first:]],
            "all_feeds": [int(count) for count in series.stories[row, first:]],
            "comparable_since": series.days[series.begins[row]] if series.begins[row] else None,
        }
        for row, one in enumerate(series.indicators)
    ]


def _baselines(report: Report, first: int) -> list[Facts]:
    watched, learnt = report.watched, report.watched.baseline
    return [
        {
            "indicator": one.id,
            "size": None if learnt is None else number(learnt.size[row], 3),
            "expected": [number(value, 4) for value in watched.expected[row, first:]],
            "lower": [number(value, 0) for value in report.lower[row, first:]],
            "upper": [number(value, 0) for value in report.upper[row, first:]],
        }
        for row, one in enumerate(report.series.indicators)
    ]


def _alert(report: Report, row: store.AlertRow) -> Facts:
    series, at = report.series, report.series.place[row.day]
    line = next(n for n, one in enumerate(series.indicators) if one.id == row.indicator)
    week = slice(max(0, at - 6), at + 1)
    expected = [value for value in report.watched.expected[line, week].tolist() if value == value]  # noqa: PLR0124
    kind, _, note = row.reason.partition("; ")
    return {
        "indicator": row.indicator,
        "day": row.day,
        "kind": kind.partition(":")[0],
        "observed": row.observed,
        "expected": row.expected,
        "week_observed": int(series.counts[line, week].sum()),
        "week_expected": round(sum(expected), 4),
        "p": row.p,
        "q": row.q,
        "exposure": row.exposure,
        "retrospective": bool(note),
    }


def _index(report: Report, weighed: Weighed) -> Facts:
    index, first = weighed.index, len(report.series.days) - report.judged
    return index_summary(report, weighed) | {
        "title": TITLES[weighed.name],
        "days": {
            "value": [number(value, 4) for value in index.value[first:]],
            "lower": [number(value, 4) for value in index.lower[first:]],
            "upper": [number(value, 4) for value in index.upper[first:]],
        },
        "parts": sorted(
            (_part(report, weighed, n, row) for n, row in enumerate(weighed.rows)),
            key=lambda part: (-abs(part["value"] or 0), part["indicator"]),
        ),
    }


def _part(report: Report, weighed: Weighed, n: int, row: int) -> Facts:
    index = weighed.index
    stories = weighing.stories_of(report.series, weighed, row)
    low, high = index.stability.ranks[n]
    return {
        "indicator": report.series.indicators[row].id,
        "value": number(index.parts[n, -1], 4),
        "lower": number(index.part_lower[n], 4),
        "upper": number(index.part_upper[n], 4),
        "week_before": number(index.parts[n, -8], 4) if len(report.series.days) > 7 else None,
        "ratio": round(weighed.ratios[n], 3),
        "ratio_spread": round(weighed.ratio_spreads[n], 3),
        "precision": round(weighed.precision[n], 3),
        "rank_range": [low, high],
        "stories": [
            {"hit": one.hit, "story": one.story, "day": one.day, "weight": round(one.weight, 4)} for one in stories
        ],
    }
