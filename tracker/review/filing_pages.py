"""One item with its hits, and filing by hand: under an indicator that missed it, elsewhere, or to a colleague."""

from __future__ import annotations

from typing import Any

from datasette import NotFound, Response

from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.pages import address, form, one, render, whole
from tracker.review.queue_pages import QUEUE, conflict_page
from tracker.store import filing, reviews
from tracker.store.dossier import item_file


async def item(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/items/ID: its text, its earlier texts, what it hit, and where else it could be filed."""
    shown = await read(datasette, item_file, whole(request.url_vars["id"]))
    if shown is None:
        raise NotFound("There is no item of that number.")
    return await render(datasette, request, "desk_item.html", {"item": shown})


async def file(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/file: this item belongs to that indicator (and, with ``instead_of``, not to the one it hit)."""
    desk: Desk = datasette.desk
    fields = await form(request)
    reviewer = session.require_analyst(request)
    instead_of = whole(one(fields, "instead_of"))
    try:
        act = await desk.write(
            filing.file_under,
            whole(one(fields, "item")),
            one(fields, "indicator"),
            reviewer=reviewer,
            at=await desk.stamp(),
            note=one(fields, "note").strip(),
            instead_of=instead_of,
            seen_review_id=whole(one(fields, "seen")),
        )
    except LookupError:
        raise NotFound("There is no such item or indicator.") from None
    except filing.AlreadyThereError as already:
        return Response.redirect(datasette.urls.path(address(QUEUE, hit=already.hit_id, already="1")), status=303)
    except reviews.ConflictError as conflict:
        return await conflict_page(datasette, request, conflict, "rejected")
    target = address(QUEUE, after=instead_of) if instead_of else address(QUEUE, hit=act.hit_id)
    return Response.redirect(datasette.urls.path(target), status=303)


async def assign(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/assign: leaves a hit to a colleague, or to all again."""
    desk: Desk = datasette.desk
    fields = await form(request)
    session.require_analyst(request)
    hit_id = whole(one(fields, "hit"))
    if not await desk.write(filing.assign, hit_id, one(fields, "to")):
        raise NotFound("There is no such hit, or no analyst of that name.")
    return Response.redirect(datasette.urls.path(address(QUEUE, hit=hit_id)), status=303)
