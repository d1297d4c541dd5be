"""A query edited and tried: what it would gain and lose on recent items. Nothing is changed by it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from datasette import NotFound, Response

from tracker.backtest import trial
from tracker.model import ConfigError
from tracker.review import session
from tracker.review.beside import Beside
from tracker.review.desk import Desk
from tracker.review.highlight import Segment, Span, excerpt
from tracker.review.pages import form, one, render
from tracker.settings import Settings
from tracker.store.connect import connect

_one_at_a_time = asyncio.Lock()


async def edit(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/try/ID: the query of an indicator to edit. POST with ``query``: what the edit would change."""
    desk: Desk = datasette.desk
    session.require_analyst(request)
    indicator = request.url_vars["id"]
    if not re.fullmatch(r"[a-z0-9-]{1,100}", indicator):
        raise NotFound("The codebook knows no indicator of that name.")
    problems: list[str] = []
    tried, query = None, ""
    try:
        present = await asyncio.to_thread(trial.query_of, desk.settings, indicator)
        if present is None:
            raise NotFound("The codebook knows no indicator of that name.")
        query = present
        if request.method == "POST":
            query = one(await form(request), "query").replace("\r\n", "\n").strip() or present
            async with _one_at_a_time:
                tried = await asyncio.to_thread(Beside().run, try_query, desk.settings, indicator, query)
    except ConfigError as error:
        problems = [f"{f'line {p.line}, column {p.column}: ' if p.line else ''}{p.message}" for p in error.problems]
    context = {"indicator": indicator, "query": query, "tried": tried, "problems": problems, "marked": _marked}
    return await render(datasette, request, "desk_try.html", context, status=400 if problems else 200)


def try_query(settings: Settings, indicator: str, query: str) -> trial.Tried:
    """``trial.try_query`` on the database that the settings name."""
    connection = connect(settings.db)
    try:
        return trial.try_query(connection, settings, indicator, query)
    finally:
        connection.close()


def _marked(one: trial.Changed, field: str) -> list[Segment]:
    text = one.title if field == "title" else one.summary
    spans = [Span(e.start, e.end, (e.term,)) for e in one.evidence if e.field == field]
    return excerpt(text, spans, short=300, around=80)
