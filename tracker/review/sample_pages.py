"""The sampling queue: items drawn at random, read without anybody's verdict in sight."""

from __future__ import annotations

import re
import sqlite3
from typing import Any, cast, get_args

from datasette import NotFound, Response

from tracker.model import Verdict
from tracker.quality import estimates
from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.pages import address, form, one, render, whole
from tracker.store import samples as store

SAMPLES = "/-/tracker/samples"


async def samples(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/samples: the next sample for this reader, of one indicator where ``indicator`` names it."""
    indicator = _name(request.args.get("indicator") or "")
    after = whole(request.args.get("after") or "")
    context = await read(datasette, _next, request.actor["id"] if request.actor else "", indicator, after)
    return await render(datasette, request, "desk_samples.html", {**context, "indicator": indicator, "after": after})


async def judge(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/samples/read: keeps a reading and goes on to the next sample."""
    desk: Desk = datasette.desk
    fields = await form(request)
    reader = session.require_analyst(request)
    word, sample_id = one(fields, "verdict"), whole(one(fields, "sample"))
    indicator = _name(one(fields, "indicator"))
    if word not in (*get_args(Verdict), "skip"):
        raise NotFound("There is no such verdict.")
    if word != "skip":
        note = one(fields, "note").strip()
        try:
            await desk.write(
                store.read, sample_id, cast(Verdict, word), reader=reader, at=await desk.stamp(), note=note
            )
        except LookupError:
            raise NotFound("There is no sample of that number, or you have read it already.") from None
    after = sample_id if word == "skip" else 0
    target = address(SAMPLES, indicator=indicator, after=after)
    return Response.redirect(datasette.urls.path(target), status=303)


def quality_of(connection: sqlite3.Connection, indicator: str) -> estimates.Quality:
    """What samples say of an indicator, for its page."""
    return estimates.of_indicator(connection, indicator)


def _next(connection: sqlite3.Connection, reader: str, indicator: str, after: int) -> dict[str, Any]:
    found = store.next_sample(connection, reader, indicator, after) if reader else None
    waiting = store.waiting(connection)
    titles = connection.execute("select id, title from indicators where retired_at is null order by position")
    return {
        "sample": store.shown(connection, found) if found else None,
        "waiting": waiting,
        "total": waiting.get(indicator, 0) if indicator else sum(waiting.values()),
        "indicators": titles.fetchall(),
        "drawn": connection.execute("select 1 from sample_frames limit 1").fetchone() is not None,
    }


def _name(text: str) -> str:
    return text if re.fullmatch(r"[a-z0-9-]{1,100}", text) else ""
