"""Hits as a list: many judged at once after a preview, exported as CSV or JSON, confirmed ones as an Atom feed."""

from __future__ import annotations

import csv
import io
import sqlite3
from typing import Any, cast, get_args

from datasette import NotFound, Response
from datasette.utils.asgi import BadRequest

from tracker.model import Verdict
from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.filters import as_query, filters_asked
from tracker.review.pages import address, form, one, render, whole
from tracker.review.queue_pages import choices, filters_of
from tracker.store import listing, reviews
from tracker.store.queue import Filters

LIST = "/-/tracker/list"
PAGE = 50
EXPORTED = 5000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def hits(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/list: hits under filters, 50 at a time."""
    filters = filters_asked(request.args, {"after", "judged", "saved"})
    after = whole(request.args.get("after") or "")
    rows = await read(datasette, listing.page, filters, PAGE + 1, after)
    query = as_query(filters)
    context = {
        **await read(datasette, choices, filters, request.actor["id"] if request.actor else ""),
        "rows": rows[:PAGE],
        "query": query,
        "older": address(LIST, **query, after=rows[PAGE - 1]["hit"]) if len(rows) > PAGE else "",
        "one_by_one": address("/-/tracker/queue", **query),
        "exports": {kind: address(f"/-/tracker/hits.{kind}", **query) for kind in ("csv", "json")},
        "judged": whole(request.args.get("judged") or ""),
    }
    return await render(datasette, request, "desk_list.html", context)


async def bulk(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/bulk: shows what one verdict on the ticked hits would do; with ``sure``, does it."""
    desk: Desk = datasette.desk
    fields = await form(request)
    reviewer = session.require_analyst(request)
    word = one(fields, "verdict")
    if word not in get_args(Verdict):
        raise NotFound("There is no such verdict.")
    ids = [number for number in dict.fromkeys(whole(text) for text in fields.get("hit", [])) if number][:PAGE]
    query = as_query(filters_of(one(fields, "query")))
    if one(fields, "sure") != "1":
        rows = await read(datasette, listing.rows, ids)
        context = {
            "rows": [row for row in rows if row["status"] == "new"],
            "spared": [row for row in rows if row["status"] != "new"],
            "verdict": word,
            "note": one(fields, "note"),
            "query": query,
            "back": address(LIST, **query),
        }
        return await render(datasette, request, "desk_bulk.html", context)
    act = await desk.write(
        reviews.judge_many, ids, cast(Verdict, word), reviewer=reviewer, at=await desk.stamp(), note=one(fields, "note")
    )
    return Response.redirect(datasette.urls.path(address(LIST, **query, judged=act.hits if act else 0)), status=303)


async def export(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/hits.csv or .json: at most 5,000 hits under the filters of the address; 400 where one is wrong."""
    filters = filters_asked(request.args)
    await read(datasette, known_names, filters)
    rows = await read(datasette, listing.page, filters, EXPORTED)
    found = [{name: row[name] for name in listing.COLUMNS} for row in rows]
    if request.url_vars["format"] == "json":
        return Response.json(found)
    return Response(
        as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="hits.csv"'},
    )


async def atom(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/confirmed.atom: the last 50 confirmed hits, newest verdict first."""
    desk: Desk = datasette.desk
    rows: list[sqlite3.Row] = await read(datasette, listing.lately_confirmed)
    context = {"rows": rows, "base": desk.settings.base_url, "now": await desk.stamp()}
    page = await render(datasette, request, "desk_confirmed.xml", context)
    return Response(page.body, content_type="application/atom+xml; charset=utf-8", headers=page.headers)


def known_names(connection: sqlite3.Connection, filters: Filters) -> None:
    """Raises BadRequest where no such indicator or feed ever was: an empty export would look like an answer."""
    for value, table in ((filters.indicator, "indicators"), (filters.feed, "feeds")):
        if value and not connection.execute(f"select 1 from {table} where id = ?", (value,)).fetchone():  # noqa: S608
            raise BadRequest(f"There is no {table[:-1]} {value!r}.")


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows with a header; cells that a spreadsheet would run as a formula get an apostrophe in front."""
    out = io.StringIO()
    writer = csv.DictWriter(out, listing.COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                name: f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
                for name, value in row.items()
            }
        )
    return out.getvalue()
