"""Alerts: what stood out, and acknowledging, snoozing, closing with a reason, opening again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast, get_args

from datasette import NotFound, Response

from tracker.clock import iso
from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.pages import address, form, one, render, whole
from tracker.store import alerts as store

ALERTS = "/-/tracker/alerts"
SNOOZES = {1: "a day", 3: "three days", 7: "a week", 30: "a month"}
_TROUBLES = {"reason": "Say why it is closed.", "stale": "Somebody changed this alert meanwhile. Nothing was stored."}


async def alerts(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/alerts: those in one ``state`` (open ones, if not said), of one ``indicator`` where named."""
    desk: Desk = datasette.desk
    now = await desk.now()
    wanted = request.args.get("state") or "open"
    state = cast(store.State, wanted) if wanted in store.STATES else None
    indicator = (request.args.get("indicator") or "")[:100]
    before = whole(request.args.get("before") or "")
    found = await read(datasette, store.alerts, now, state, indicator=indicator, before=before)
    shown = {"state": state or "all", "indicator": indicator}
    context = {
        "alerts": found[: store.PAGE],
        "counts": await read(datasette, store.counts, now),
        "state": state or "all",
        "indicator": indicator,
        "snoozes": SNOOZES,
        "trouble": _TROUBLES.get(request.args.get("trouble") or "", ""),
        "told": _told(request.args.get("done"), request.args.get("of")),
        "older": address(ALERTS, **shown, before=before + store.PAGE) if len(found) > store.PAGE else "",
        "chance": chance,
    }
    return await render(datasette, request, "desk_alerts.html", context)


async def handle(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/alerts/handle: one act on one alert."""
    desk: Desk = datasette.desk
    fields = await form(request)
    reviewer = session.require_analyst(request)
    act = one(fields, "act")
    if act not in get_args(store.Act):
        raise NotFound("That cannot be done with an alert.")
    now = await desk.now()
    days = whole(one(fields, "days"), 1)
    trouble = ""
    try:
        await desk.write(
            store.handle,
            whole(one(fields, "alert")),
            cast(store.Act, act),
            reviewer=reviewer,
            at=iso(now),
            seen_act=whole(one(fields, "seen")),
            note=one(fields, "note").strip(),
            until=iso(now + timedelta(days=days if days in SNOOZES else 1)),
        )
    except LookupError:
        raise NotFound("There is no alert of that number.") from None
    except store.ReasonMissingError:
        trouble = "reason"
    except store.StaleError:
        trouble = "stale"
    return _back(datasette, fields, {"trouble": trouble})


async def handle_many(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/alerts/handle-many: one act on the alerts that are ticked, each as the page showed it."""
    desk: Desk = datasette.desk
    fields = await form(request)
    reviewer = session.require_analyst(request)
    act = one(fields, "act")
    if act not in get_args(store.Act):
        raise NotFound("That cannot be done with an alert.")
    ticked = (text.partition(":") for text in fields.get("alert", [])[: store.PAGE])
    seen = {whole(alert): whole(last_act) for alert, _, last_act in ticked}
    now = await desk.now()
    days = whole(one(fields, "days"), 1)
    outcome: dict[str, object]
    try:
        done = await desk.write(
            store.handle_many,
            seen,
            cast(store.Act, act),
            reviewer=reviewer,
            at=iso(now),
            note=one(fields, "note").strip(),
            until=iso(now + timedelta(days=days if days in SNOOZES else 1)),
        )
        outcome = {"done": done or "0", "of": len(seen) or "0"}
    except store.ReasonMissingError:
        outcome = {"trouble": "reason"}
    return _back(datasette, fields, outcome)


def _back(datasette: Any, fields: dict[str, list[str]], outcome: dict[str, object]) -> Response:
    state, indicator = one(fields, "state"), one(fields, "indicator")[:100]
    known = state in (*store.STATES, "all")
    back = address(ALERTS, state=state if known else "", indicator=indicator, **outcome)
    return Response.redirect(datasette.urls.path(back), status=303)


def _told(done: str | None, of: str | None) -> str:
    """What became of the alerts that were ticked."""
    if done is None:
        return ""
    changed, ticked = whole(done), whole(of or "")
    if not ticked:
        return "No alert was ticked."
    words = f"{changed} {'alert was' if changed == 1 else 'alerts were'} changed."
    spared = ticked - changed
    if spared > 0:
        words += f" {spared} had been changed by somebody meanwhile and {'is' if spared == 1 else 'are'} as before."
    return words


def chance(p: float | None) -> str:
    """0.004 -> "1 in 250"."""
    if p is None:
        return ""
    if p <= 1e-6:
        return "less than 1 in a million"
    return f"1 in {round(1 / p):,}"
