"""Filters with a name: saving, renaming and deleting one's own, and the address under which any may be shared."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import NotFound, Response

from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.filters import as_query
from tracker.review.pages import address, form, one, whole
from tracker.review.queue_pages import QUEUE, filters_of
from tracker.store import saved_filters as store

LIST = "/-/tracker/list"


async def change(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/filters: ``act`` save (the filters of ``query`` under ``name``), rename or remove; then back."""
    desk: Desk = datasette.desk
    fields = await form(request)
    user = session.require_analyst(request)
    act, name, number = one(fields, "act"), name_of(one(fields, "name")), whole(one(fields, "filter"))
    query = as_query(filters_of(one(fields, "query")))
    if act not in ("save", "rename", "remove"):
        raise NotFound("That cannot be done with a filter.")
    try:
        if act == "remove":
            await desk.write(store.remove, user, number)
            told = "removed"
        elif not name:
            told = "nameless"
        elif act == "rename":
            await desk.write(store.rename, user, number, name)
            told = "renamed"
        elif not query:
            told = "plain"
        else:
            replaced = await desk.write(store.save, user, name, urlencode(query), await desk.stamp())
            told = "replaced" if replaced else "saved"
    except LookupError:
        raise NotFound("You have no filter of that number.") from None
    except store.NameTakenError:
        told = "taken"
    except store.TooManyError:
        told = "many"
    page = LIST if one(fields, "view") == "list" else QUEUE
    return Response.redirect(datasette.urls.path(address(page, **query, saved=told)), status=303)


async def shared(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/filters/ID: to the queue under the filters as they are saved now."""
    found: store.SavedFilter | None = await read(datasette, store.find, whole(request.url_vars["id"]))
    if found is None:
        raise NotFound("There is no saved filter of that number; perhaps it was deleted.")
    return Response.redirect(datasette.urls.path(address(QUEUE, **dict(parse_qsl(found.query)))), status=303)


def name_of(text: str) -> str:
    """A name as it is stored: one line without control characters, 60 characters at most."""
    spaced = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    plain = "".join(letter for letter in spaced if unicodedata.category(letter) not in ("Cf", "Cs"))
    return re.sub(r"\s+", " ", plain).strip()[: store.LONGEST_NAME].strip()
