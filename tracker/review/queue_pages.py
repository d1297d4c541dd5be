"""The queue: one hit at a time with its evidence, a verdict by key or button, and every verdict taken back by one."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any, cast, get_args
from urllib.parse import parse_qsl, urlencode

from datasette import NotFound, Response
from datasette.utils import sqlite_timelimit

from tracker.model import Verdict
from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.filters import as_query, filters_asked, read_filters
from tracker.review.highlight import Segment, excerpt, read_evidence
from tracker.review.pages import address, form, one, render, whole
from tracker.store import marks, reviews, saved_filters, users
from tracker.store import queue as store
from tracker.store.dossier import Dossier, dossier, elsewhere

QUEUE = "/-/tracker/queue"
BESIDE_FILTERS = frozenset({"hit", "after", "nothing", "undone", "already", "saved"})
TITLE_SHORT = 400
COUNT_MS = 100


async def queue(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/queue: the hit named by ``hit``, or the next one that waits (after ``after``)."""
    desk: Desk = datasette.desk
    filters = filters_asked(request.args, BESIDE_FILTERS)
    after, named = whole(request.args.get("after") or ""), whole(request.args.get("hit") or "")
    hit_id = named or await _next(datasette, request, filters, after)
    context = await read(datasette, _surroundings, filters, hit_id, session.may_write(request.actor), request.actor)
    if named and context["dossier"] is None:
        raise NotFound("There is no hit of that number.")
    if named and session.may_write(request.actor):
        await desk.write_if_free(store.lease, named, request.actor["id"], datetime.now(UTC))
    context |= {"after": after, "named": named, "query": as_query(filters), "address": _addresses(datasette, filters)}
    context["list_address"] = address("/-/tracker/list", **context["query"])
    return await render(datasette, request, "desk_queue.html", context)


async def verdict(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/verdict: judges a hit (and the copies that the form lists), then goes on to the next."""
    desk: Desk = datasette.desk
    fields = await form(request)
    reviewer = session.require_analyst(request)
    word = one(fields, "verdict")
    if word not in get_args(Verdict):
        raise NotFound("There is no such verdict.")
    hit_id = whole(one(fields, "hit"))
    copies = [whole(text) for text in fields.get("copy", [])] if one(fields, "with_copies") == "1" else []
    try:
        await desk.write(
            reviews.judge,
            hit_id,
            cast(Verdict, word),
            reviewer=reviewer,
            at=await desk.stamp(),
            seen_review_id=whole(one(fields, "seen")),
            note=one(fields, "note").strip(),
            copies=copies,
        )
    except LookupError:
        raise NotFound("There is no hit of that number.") from None
    except reviews.ConflictError as conflict:
        return await conflict_page(datasette, request, conflict, word)
    filters = filters_of(one(fields, "query"))
    return Response.redirect(datasette.urls.path(address(QUEUE, **as_query(filters), after=hit_id)), status=303)


async def undo(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/undo: takes back the act named, or the analyst's last that is in force, and shows its hit."""
    desk: Desk = datasette.desk
    fields = await form(request)
    reviewer = session.require_analyst(request)
    latest: int | None = await read(datasette, reviews.last_act, reviewer)
    act_id = whole(one(fields, "act")) or latest
    filters = filters_of(one(fields, "query"))
    if not act_id:
        return Response.redirect(datasette.urls.path(address(QUEUE, **as_query(filters), nothing="1")), status=303)
    try:
        act = await desk.write(reviews.undo, act_id, by=reviewer, at=await desk.stamp())
    except LookupError:
        raise NotFound("There is no verdict of that number.") from None
    except reviews.ConflictError as conflict:
        return await conflict_page(datasette, request, conflict, "undo")
    return Response.redirect(
        datasette.urls.path(address(QUEUE, **as_query(filters), hit=act.hit_id, undone=act.verdict)), status=303
    )


async def _next(datasette: Any, request: Any, filters: store.Filters, after: int) -> int | None:
    desk: Desk = datasette.desk
    now = datetime.now(UTC)
    viewer = request.actor["id"] if request.actor else ""
    if session.may_write(request.actor) and filters.status == "new":
        taken = await desk.write_if_free(store.take, filters, viewer, now, after)
        if taken:
            return taken
    found: int | None = await read(datasette, store.next_hit, filters, viewer, now, after)
    return found


def _surroundings(
    connection: sqlite3.Connection, filters: store.Filters, hit_id: int | None, writer: bool, actor: Any
) -> dict[str, Any]:
    shown = dossier(connection, hit_id) if hit_id else None
    now = datetime.now(UTC)
    viewer = actor["id"] if actor else ""
    return {
        "dossier": shown,
        "text": marked_text(shown) if shown else None,
        **choices(connection, filters, viewer),
        "elsewhere": elsewhere(connection, shown.hit["item_id"]) if shown and writer else [],
        "analysts": [user.name for user in users.active(connection) if user.role == "analyst"] if writer else [],
        "worn": marks.tags_of(connection, hit_id) if hit_id else [],
        "back": store.next_hit(connection, filters, viewer, now, hit_id, backwards=True) if hit_id else None,
        "last": _last_act(connection, viewer) if writer else None,
    }


def choices(connection: sqlite3.Connection, filters: store.Filters, viewer: str) -> dict[str, Any]:
    """What the form of filters offers ``viewer``, and how many hits the present ones hold (None: too many to count)."""
    return {
        "filters": filters,
        "saved": saved_filters.saved(connection, viewer) if viewer else [],
        "filters_as_text": urlencode(as_query(filters)),
        "waiting": _count_quickly(connection, filters),
        "counted_up_to": store.counted_up_to(filters),
        "indicators": connection.execute(
            "select id, title from indicators where retired_at is null order by position, id"
        ).fetchall(),
        "tags": marks.all_tags(connection),
        "languages": [
            row[0] for row in connection.execute("select distinct language from feeds where language != '' order by 1")
        ],
    }


def _count_quickly(connection: sqlite3.Connection, filters: store.Filters) -> int | None:
    """How many wait; None where counting would take longer than a reader notices."""
    try:
        with sqlite_timelimit(connection, COUNT_MS):
            return store.count(connection, filters)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return None
        raise


def _last_act(connection: sqlite3.Connection, reviewer: str) -> sqlite3.Row | None:
    act_id = reviews.last_act(connection, reviewer)
    if act_id is None:
        return None
    row: sqlite3.Row = connection.execute(
        """select r.act_id, r.verdict, r.hit_id, substr(i.title, 1, 200) as title,
                  (select count(*) from reviews where act_id = r.act_id) as hits
           from reviews r join hits h on h.id = r.hit_id join items i on i.id = h.item_id where r.id = ?""",
        (act_id,),
    ).fetchone()
    return row


def marked_text(shown: Dossier) -> dict[str, Any]:
    """Title, summary and body as segments with their evidence, the terms that fired, and how many spans do not fit."""
    texts = {"title": shown.texts.title, "summary": shown.texts.summary, "body": shown.texts.body}
    evidence = read_evidence(shown.hit["evidence"], texts)
    pieces: dict[str, list[Segment]] = {
        name: excerpt(text, evidence.spans.get(name, ()), short=TITLE_SHORT if name == "title" else 1400)
        for name, text in texts.items()
    }
    return {**pieces, "terms": evidence.terms, "misfits": evidence.misfits, "whole": texts}


def filters_of(query: str) -> store.Filters:
    """The filters that a form carries along as a query string."""
    return read_filters(dict(parse_qsl(query)).get)


def _addresses(datasette: Any, filters: store.Filters) -> Any:
    def of(**changes: object) -> str:
        return str(datasette.urls.path(address(QUEUE, **{**as_query(filters), **changes})))

    return of


async def conflict_page(datasette: Any, request: Any, conflict: reviews.ConflictError, wanted: str) -> Response:
    """Says who changed the hit since it was shown, and that what was ``wanted`` did not happen."""
    context = {"conflict": conflict, "now": conflict.in_force, "wanted": wanted, "queue": datasette.urls.path(QUEUE)}
    return await render(datasette, request, "desk_conflict.html", context, status=409)
