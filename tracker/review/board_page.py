"""The board: the five groups and their indicators at a glance."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from datasette import Response

from tracker.model import GROUPS
from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.outlook import outlook
from tracker.review.pages import form, long_date, one, render
from tracker.review.sparkline import sparkline
from tracker.store import board as store
from tracker.store import saved_filters
from tracker.store.connect import writing
from tracker.store.judged import IndexName

INDICES: tuple[IndexName, ...] = ("pressure", "cooperation")


async def board(datasette: Any, request: Any) -> Response:
    """GET /"""
    desk: Desk = datasette.desk
    now = await desk.now()
    viewer = request.actor["id"] if request.actor else ""
    shown = await read(datasette, store.board, now, viewer)
    names = [row.id for row in shown.rows]
    found = await read(datasette, outlook, now, names, store.SERIES_DAYS, INDICES)
    ordered = sorted(shown.rows, key=lambda row: GROUPS.index(row.group) if row.group in GROUPS else len(GROUPS))
    context = {
        "board": shown,
        "groups": [(group, list(rows)) for group, rows in groupby(ordered, key=lambda row: row.group)],
        "outlook": found,
        "saved": await read(datasette, saved_filters.saved, viewer) if viewer else [],
        "sparks": {
            row.id: sparkline(
                row.series,
                shown.first_day,
                cls=f"spark-{row.direction}",
                band=found.bands.get(row.id, ()) if found else (),
            )
            for row in shown.rows
        },
        "capped_somewhere": any(row.waiting >= store.COUNTED for row in shown.rows),
        "today": long_date(now),
        "now": now,
        "stamp": await desk.stamp(),
        "this_week": sum(row.this_week for row in shown.rows),
        "week_before": sum(row.week_before for row in shown.rows),
        "busiest": sorted((row for row in shown.rows if row.this_week), key=lambda row: -row.this_week)[:3],
    }
    return await render(datasette, request, "desk_board.html", context)


async def mark_seen(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/seen: everything on the board up to the shown moment is old news to this reader."""
    desk: Desk = datasette.desk
    fields = await form(request)
    name = session.require_analyst(request)
    shown, now = one(fields, "until"), await desk.stamp()

    def mark(connection: Any) -> None:
        with writing(connection):
            store.mark_seen(connection, name, min(shown, now) if shown else now)

    await desk.write(mark)
    return Response.redirect(datasette.urls.path("/"), status=303)
