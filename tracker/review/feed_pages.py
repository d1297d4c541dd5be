"""The feeds: how each is, and pausing, resuming or polling one now."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Any, cast, get_args

from datasette import NotFound, Response
from markupsafe import Markup

from tracker.clock import iso, parse_iso
from tracker.pipeline import silent_since
from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.pages import address, form, one, render
from tracker.review.pictures import feed_strip
from tracker.store import bands, health

FEEDS = "/-/tracker/feeds"
HEAT_DAYS = 30
_STATUSES = ("active", "failing", "gone", "paused")


async def feeds(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/feeds: all of them, or those of one ``status``."""
    desk: Desk = datasette.desk
    now = await desk.now()
    status = request.args.get("status") or ""
    status = status if status in (*_STATUSES, "stale") else ""
    rows = await read(datasette, health.health, now)
    stale = {feed.row["id"]: since for feed in rows if (since := stale_since(feed, now))}
    counts = {name: sum(feed.row["status"] == name for feed in rows) for name in _STATUSES} | {"stale": len(stale)}

    def ago(text: str) -> str:
        return distance((now - parse_iso(text)).total_seconds()) if text else ""

    context = {
        "feeds": sorted(
            (
                feed
                for feed in rows
                if not status or feed.row["status"] == status or (feed.row["id"] in stale and status == "stale")
            ),
            key=lambda feed: feed.row["status"] == "active" and feed.row["id"] not in stale,
        ),
        "stale": stale,
        "heat": await read(datasette, _heat, [feed.row["id"] for feed in rows], now),
        "counts": counts,
        "status": status,
        "all": len(rows),
        "archived": await read(datasette, health.archived_sources),
        "ago": ago,
    }
    return await render(datasette, request, "desk_feeds.html", context)


def _heat(connection: sqlite3.Connection, names: list[str], now: datetime) -> dict[str, Markup]:
    """Exposure of each feed over the last whole days as a strip; feeds of which nothing is known are left out."""
    last = now.date() - timedelta(days=1)
    first = last - timedelta(days=HEAT_DAYS - 1)
    strips = {name: feed_strip(bands.feed_exposures(connection, name, first, last)) for name in names}
    return {name: strip for name, strip in strips.items() if strip}


def stale_since(feed: health.FeedHealth, now: datetime) -> str:
    """When a feed that answers fell silent, where its own rhythm does not explain that; else nothing."""
    answers = feed.row["status"] == "active" and feed.row["last_ok_at"] >= iso(now - timedelta(days=1))
    since = silent_since(feed.published, now) if answers else None
    return iso(since) if since else ""


async def change(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/feeds/change: pause, resume or poll now."""
    desk: Desk = datasette.desk
    fields = await form(request)
    session.require_analyst(request)
    what = one(fields, "what")
    if what not in get_args(health.Change):
        raise NotFound("That cannot be done with a feed.")
    known = await desk.write(health.change, one(fields, "feed"), cast(health.Change, what), await desk.stamp())
    if not known:
        raise NotFound("There is no feed of that name.")
    back = address(FEEDS, status=one(fields, "status") if one(fields, "status") in (*_STATUSES, "stale") else "")
    return Response.redirect(datasette.urls.path(back), status=303)


def distance(seconds: float) -> str:
    """90 -> "1 min ago", -7200 -> "in 2 h"."""
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if size >= length:
            words = f"{int(size // length)} {unit}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"
