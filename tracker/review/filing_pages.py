"""One item with its hits; filing by hand where a query missed it, elsewhere, to a colleague; tags; watching stories."""

from __future__ import annotations

from typing import Any

from datasette import NotFound, Response

from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.pages import address, form, one, render, whole
from tracker.review.queue_pages import QUEUE, conflict_page
from tracker.store import filing, marks, reviews
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


async def tag(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/tag: the hit bears the tags of the form and no others."""
    desk: Desk = datasette.desk
    fields = await form(request)
    by = session.require_analyst(request)
    hit_id = whole(one(fields, "hit"))
    try:
        await desk.write(marks.tag, hit_id, marks.tags_in(one(fields, "tags")), by=by, at=await desk.stamp())
    except LookupError:
        raise NotFound("There is no such hit.") from None
    return Response.redirect(datasette.urls.path(address(QUEUE, hit=hit_id)), status=303)


async def watch(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/watch: somebody watches a story, or stops."""
    desk: Desk = datasette.desk
    fields = await form(request)
    name = session.require_analyst(request)
    story_id = whole(one(fields, "story"))
    try:
        await desk.write(marks.watch, name, story_id, at=await desk.stamp(), on=one(fields, "on") == "1")
    except LookupError:
        raise NotFound("There is no such story.") from None
    return Response.redirect(datasette.urls.path(f"/-/tracker/stories/{story_id}"), status=303)
