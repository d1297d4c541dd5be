"""Pages to read: one indicator, one story, the history of verdicts, search."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from datasette import NotFound, Response
from datasette.utils import sqlite_timelimit
from markupsafe import Markup

from tracker.review.chart import NARROW, WIDTH, by_week, chart
from tracker.review.desk import Desk, read
from tracker.review.highlight import Segment, Span, excerpt
from tracker.review.outlook import week_shown
from tracker.review.pages import address, render, whole
from tracker.review.pictures import coverage_strip, coverage_words
from tracker.review.proportion import wilson
from tracker.review.sample_pages import quality_of
from tracker.review.session import may_write
from tracker.store import bands, dossier, history, judged, marks, search
from tracker.store.indicator_file import IndicatorFile, indicator_file

PERIODS = (90, 365, 1095)
SEARCH_MS = 2500
_FIRST_TERMS = 12


async def indicator(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/indicators/ID: its file over 90 days, or over those that ``days`` names."""
    desk: Desk = datasette.desk
    days = whole(request.args.get("days") or "")
    days = days if days in PERIODS else PERIODS[0]
    shown = await read(datasette, indicator_file, request.url_vars["id"], await desk.now(), days)
    if shown is None:
        raise NotFound("The codebook knows no indicator of that name.")
    near = desk.near_misses.latest()
    found: dict[str, Any] = await read(datasette, _judged, shown, await desk.now(), days)
    context = {
        "file": shown,
        "days": days,
        "periods": PERIODS,
        "charts": [_chart(shown, found["band"], cls, width) for cls, width in (("wide", WIDTH), ("narrow", NARROW))],
        "judged": found,
        "weeks": by_week(shown.series, shown.first_day),
        "ground": _list_of_pairs(shown.row["ground"]),
        "ratings": _list_of_pairs(shown.row["ratings"]),
        "precision": _precision(shown),
        "quality": await read(datasette, quality_of, shown.row["id"]),
        "near": near,
        "misses": near.misses.get(shown.row["id"], []) if near else [],
        "expansions": near.expansions.get(shown.row["id"], ()) if near else (),
        "indicators": shown.others,
    }
    return await render(datasette, request, "desk_indicator.html", context)


async def story(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/stories/ID: who told it, when, and what it hit."""
    shown = await read(datasette, dossier.story_file, whole(request.url_vars["id"]))
    if shown is None:
        raise NotFound("There is no story of that number.")
    days = [(day, list(items)) for day, items in groupby(shown.items, key=lambda item: item["day"])]
    viewer = request.actor["id"] if request.actor else ""
    watched: bool = await read(datasette, marks.watches, viewer, shown.row["id"])
    if watched and may_write(request.actor):
        await datasette.desk.write_if_free(marks.looked_at, viewer, shown.row["id"])
    return await render(datasette, request, "desk_story.html", {"story": shown, "days": days, "watched": watched})


async def past(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/history: verdicts, newest first; ``reviewer`` and ``verdict`` narrow them."""
    reviewer, verdict = request.args.get("reviewer") or "", request.args.get("verdict") or ""
    before = whole(request.args.get("before") or "")
    rows = await read(datasette, history.history, reviewer=reviewer, verdict=verdict, before=before, limit=51)
    older = (
        address("/-/tracker/history", reviewer=reviewer, verdict=verdict, before=rows[49]["id"]) if rows[50:] else ""
    )
    context = {
        "reviews": rows[:50],
        "older": older,
        "reviewers": await read(datasette, history.reviewers),
        "reviewer": reviewer,
        "verdict": verdict,
        "later": bool(before),
    }
    return await render(datasette, request, "desk_history.html", context)


async def find(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/search: items that contain every word of ``q``."""
    typed = (request.args.get("q") or "")[:400]
    language = re.sub(r"[^A-Za-z-]", "", request.args.get("language") or "")[:12]
    with_hits = request.args.get("hits") == "1"
    look_for = search.wanted(typed)
    before = whole(request.args.get("before") or "")

    def within_time(connection: sqlite3.Connection) -> search.Found | None:
        try:
            with sqlite_timelimit(connection, SEARCH_MS):
                return search.search(connection, look_for, language=language, with_hits=with_hits, before=before)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                return None
            raise

    found = await read(datasette, within_time)
    older = ""
    if found and found.more:
        older = address(
            "/-/tracker/search", q=typed, language=language, hits="1" if with_hits else "", before=found.items[-1]["id"]
        )
    context = {
        "q": typed,
        "found": found,
        "look_for": look_for,
        "language": language,
        "with_hits": with_hits,
        "older": older,
        "counted": search.COUNTED,
        "marked": {row["id"]: _marks(row, look_for.words) for row in found.items} if found else {},
    }
    return await render(datasette, request, "desk_search.html", context)


def _marks(row: sqlite3.Row, words: tuple[str, ...]) -> dict[str, list[Segment]]:
    pattern = re.compile("|".join(_as_pattern(word) for word in words), re.IGNORECASE)

    def marked(text: str, short: int) -> list[Segment]:
        spans = [Span(m.start(), m.end(), ("found",)) for m in pattern.finditer(text[:200_000]) if m.group()]
        return excerpt(text, spans[:_FIRST_TERMS], short=short, around=110)

    summary = row["summary"] or row["body"]
    if row["body"] and not pattern.search(summary):
        summary = row["body"]
    return {"title": marked(row["title"], 300), "summary": marked(summary, 320)}


def _as_pattern(word: str) -> str:
    beginning = word.endswith("*")
    text = r"\W+".join(re.escape(part) for part in word.rstrip("*").split())
    if re.match(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]", word):
        return text
    return rf"\b{text}" + (r"\w*" if beginning else r"\b")


def _judged(connection: sqlite3.Connection, shown: IndicatorFile, now: datetime, days: int) -> dict[str, Any]:
    """What the daily job found of an indicator: its band, its week, and the coverage of the days shown."""
    today, name = now.date(), shown.row["id"]
    first = today - timedelta(days=days - 1)
    stored = judged.latest(connection)
    if stored is None:
        return {"stored": None, "band": (), "week": None, "strip": "", "coverage": ""}
    covered = judged.coverage(connection, first.isoformat(), today.isoformat())
    return {
        "stored": stored,
        "band": bands.bands(connection, [name], first, today).get(name, ()),
        "week": week_shown(stored.summary.get("weeks", {}).get(name)),
        "strip": coverage_strip(covered, first, today) if covered else "",
        "coverage": coverage_words(covered),
    }


def _chart(shown: IndicatorFile, band: bands.Band, cls: str, width: int) -> Markup:
    return chart(
        shown.series,
        shown.first_day,
        breaks=[one["day"] for one in shown.breaks],
        alerts=[one["day"] for one in shown.alerts or () if one["status"] != "closed"],
        band=band,
        cls=f"chart-{shown.row['direction']} {cls}",
        width=width,
    )


def _precision(shown: IndicatorFile) -> dict[str, Any] | None:
    decided = shown.confirmed + shown.rejected
    interval = wilson(shown.confirmed, decided)
    if interval is None:
        return None
    return {"share": shown.confirmed / decided, "low": interval[0], "high": interval[1], "judged": decided}


def _list_of_pairs(stored: str) -> list[tuple[str, str]]:
    try:
        value = json.loads(stored)
    except ValueError:
        return []
    pairs = value.items() if isinstance(value, dict) else value
    return [(str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2]
