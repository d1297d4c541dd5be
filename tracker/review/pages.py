"""What all our pages share: the template's surroundings, addresses, numbers and times as text, forms read safely."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from datasette import NotFound, Response
from markupsafe import Markup

from tracker.review.desk import DATABASE

STATIC = Path(__file__).parent / "static"
GROUP_NAMES = {
    "driver": ("Drivers", "what pushes that way"),
    "cooperation": ("Cooperation", "what is done"),
    "rhetoric": ("Rhetoric", "what is said"),
    "barrier": ("Barriers", "what stands in the way"),
    "outcome": ("Outcomes", "the thing itself"),
}
VERDICT_NAMES = {
    "new": "not judged",
    "confirmed": "confirmed",
    "rejected": "rejected",
    "unsure": "unsure",
    "withdrawn": "withdrawn",
}
SAVED_WORDS = {
    "saved": "Saved. It stands in your list from now on.",
    "replaced": "Saved in place of what you had called so.",
    "renamed": "Renamed.",
    "removed": "Deleted. The filters themselves stay in their address.",
    "nameless": "Nothing was saved: a filter needs a name.",
    "plain": "Nothing was saved: no filter is set.",
    "taken": "Not renamed: you have another filter of that name.",
    "many": "Nothing was saved: you have as many filters as the list holds. Delete one first.",
}


async def render(
    datasette: Any, request: Any, template: str, context: Mapping[str, Any], *, status: int = 200
) -> Response:
    """A page of ours. Every template gets the surroundings below beside its own context."""
    actor = request.actor
    surroundings = {
        "me": actor["id"] if actor else "",
        "may_write": bool(actor) and actor.get("role") == "analyst" and not actor.get("token"),
        "open_pages": datasette.desk.settings.open_reading,
        "path": lambda path: str(datasette.urls.path(path)),
        "here": request.path,
        "asset": lambda name: asset(datasette, name),
        "table": lambda name: datasette.urls.table(DATABASE, name),
        "database_url": datasette.urls.database(DATABASE),
        "group_names": GROUP_NAMES,
        "verdict_names": VERDICT_NAMES,
        "saved_words": SAVED_WORDS,
        "number": number,
        "capped": capped,
        "moment": moment,
        "safe_url": safe_url,
        "lang": language_tag,
    }
    html = await datasette.render_template(template, {**surroundings, **context}, request=request)
    return Response.html(html, status=status, headers={"Cache-Control": "private, no-store"})


async def stale_form_page(datasette: Any, written: Mapping[str, str], before: str) -> str:
    """The page for a form that was older than its session; made outside of a request, so it shows no menu."""
    context = {
        "me": "",
        "open_pages": False,
        "path": lambda path: str(datasette.urls.path(path)),
        "asset": lambda name: asset(datasette, name),
        "written": written,
        "before": before,
    }
    return str(await datasette.render_template("desk_stale_form.html", context))


def asset(datasette: Any, name: str) -> str:
    """Address of a file of ours, changing whenever the file does."""
    return str(datasette.urls.path(f"/-/tracker/static/{name}")) + f"?{_fingerprint(name)}"


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def number(value: int) -> str:
    """1234567 -> 1,234,567."""
    return f"{value:,}"


def capped(value: int, limit: int = 1000) -> str:
    """A number that was counted up to a limit: 1000 -> 1,000+."""
    return f"{value:,}" + ("+" if value >= limit else "")


def moment(text: str | None, *, seconds: bool = False) -> Markup:
    """A stored time as a <time> element in UTC; the script adds the reader's zone on hover."""
    if not text:
        return Markup('<span class="unknown">unknown</span>')
    shown = text.replace("T", " ").removesuffix("Z")
    shown = shown[: 19 if seconds else 16]
    zone = " UTC" if len(text) > 10 else ""
    return Markup('<time datetime="{}">{}{}</time>').format(text, shown, zone)


def long_date(now: datetime) -> str:
    """Tuesday, 3 February 2026."""
    return f"{now:%A}, {now.day} {now:%B %Y}"


def safe_url(url: str | None) -> str:
    """The address if a reader may follow it (http or https with a host), else nothing."""
    try:
        parts = urlsplit(url or "")
        fine = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fine = False
    return (url or "").strip() if fine else ""


def language_tag(text: str | None) -> str:
    """A language fit for a lang attribute, else nothing."""
    return text if text and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text) else ""


async def form(request: Any) -> dict[str, list[str]]:
    """The fields of a posted form. Raises NotFound for any other method."""
    if request.method != "POST":
        raise NotFound("This address only takes forms.")
    body = await request.post_body()
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=2000)


def one(fields: Mapping[str, list[str]], name: str, default: str = "") -> str:
    """The first value of a form's field."""
    return (fields.get(name) or [default])[0]


def whole(text: str, default: int = 0) -> int:
    """A whole number that fits SQLite, or ``default``."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else default


def address(path: str, **query: object) -> str:
    """A path with those query values that are not empty."""
    pairs = {name: value for name, value in query.items() if value not in ("", None, 0, 0.0, False)}
    return path + ("?" + urlencode(pairs) if pairs else "")
