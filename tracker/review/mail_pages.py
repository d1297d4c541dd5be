"""Mail: who gets what and what became of it, one's own subscription, and unsubscribing without signing in.

A subscription is opened by a signed token, not by a name: readers of mail need no account. The token lets its holder
change or end the subscription; what is in the next mail is shown only to those who may read the desk.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any, cast
from zoneinfo import ZoneInfo

from datasette import NotFound, Response

from tracker import digest
from tracker.digest import address as addresses
from tracker.digest import unsubscribe as tokens
from tracker.digest.render import NAMES
from tracker.digest.wishes import describe
from tracker.model import DIRECTIONS, GROUPS, ConfigError
from tracker.review import session
from tracker.review.desk import Desk
from tracker.review.pages import address, form, one, render
from tracker.store import digests, outbox, subscribers
from tracker.store.subscribers import DIGESTS, WEEKDAYS, MailName, Subscription, Wishes, is_language

SUBSCRIPTION = tokens.OWN_PATH
PREVIEW = "/-/tracker/mail/preview"
LOG_ROWS = 100
WITHOUT_COOKIES = frozenset({tokens.PATH, SUBSCRIPTION})
"""Paths whose token stands for the reader, so that neither sign-in nor CSRF token is asked."""
_STRANGER = {"me": "", "open_pages": False}
"""A page that shows nothing of the desk and sets no cookie."""


def needs_no_cookie(path: str, prefix: str) -> bool:
    """Whether a token in the address of this path stands for the reader. ``prefix``: as Datasette's base_url."""
    return "/" + path.removeprefix(prefix).lstrip("/") in WITHOUT_COOKIES


async def mail(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/mail: all subscriptions, and the newest deliveries."""
    desk: Desk = datasette.desk
    session.require_analyst(request)

    def collect(connection: sqlite3.Connection) -> dict[str, Any]:
        found = subscribers.subscriptions(connection, active_only=False)
        return {
            "readers": [(one_of, _token(connection, one_of, tokens.CHANGE)) for one_of in found],
            "deliveries": outbox.log(connection, LOG_ROWS),
        }

    context = await desk.write(collect)
    about = {"names": NAMES, "readable": addresses.readable, "describe": describe, "subscription": SUBSCRIPTION}
    return await render(datasette, request, "desk_mail.html", {**context, **about})


async def subscription(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/mail/subscription?token=…: what one gets. POST changes it."""
    desk: Desk = datasette.desk
    token = request.args.get("token") or ""
    found = await desk.write(_of_token, token, tokens.CHANGE)
    if found is None:
        return await _no_such_subscription(datasette, request)
    problems: list[str] = []
    if request.method == "POST":
        fields = await form(request)
        known = {row["id"] for row in await desk.write(digests.indicators) if row["retired_at"] is None}
        wishes, timezone, problems = wishes_of(fields, known)
        if found.digest == "weekly" and len(wishes.days) > 1:
            problems.append("A weekly digest leaves on one day.")
        if not problems:
            await desk.write(subscribers.change, found.subscriber_id, found.digest, wishes, timezone)
        found = replace(found, wishes=wishes, timezone=timezone)
    return await _subscription_page(datasette, request, found, token, problems)


async def preview(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/mail/preview?token=…: the next mail as a file for a mail program."""
    desk: Desk = datasette.desk
    found = await desk.write(_of_token, request.args.get("token") or "", tokens.CHANGE)
    if found is None:
        raise NotFound("There is no such subscription.")
    made = await desk.write(_preview, desk, await desk.now(), found)
    name = f"{found.digest}.eml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(made.raw.decode("ascii"), headers=headers, content_type="message/rfc822")


async def unsubscribe(datasette: Any, request: Any) -> Response:
    """/-/tracker/unsubscribe?token=…: GET (and whatever else) shows a page, POST alone acts (RFC 8058).

    What the body holds does not matter, so urlencoded and multipart are the same to it.
    """
    desk: Desk = datasette.desk
    token = request.args.get("token") or ""
    if request.method != "POST":
        claim = await desk.write(tokens.verify, token)
        if claim is None:
            return await _no_such_subscription(datasette, request)
        context = {"what": NAMES.get(claim.digest, "this mail"), "token": token, "done": False}
        return await render(datasette, request, "desk_mail_unsubscribe.html", {**context, **_STRANGER})
    claim = await desk.write(tokens.apply, token)
    if claim is None:
        return await _no_such_subscription(datasette, request)
    context = {"what": NAMES.get(claim.digest, "this mail"), "token": token, "done": True}
    return await render(datasette, request, "desk_mail_unsubscribe.html", {**context, **_STRANGER})


def wishes_of(fields: dict[str, list[str]], known: set[str]) -> tuple[Wishes, str, list[str]]:
    """(wishes, time zone, what is wrong) of a posted form. ``known`` are the ids of the indicators in force."""
    problems: list[str] = []
    timezone, at, score = (one(fields, name).strip() for name in ("timezone", "time", "min_score"))
    indicators = _words(one(fields, "indicators"))
    unknown = [word for word in indicators if word not in known]
    if unknown:
        problems.append(f"There is no indicator {unknown[0][:60]!r}.")
    if timezone and not _is_zone(timezone):
        problems.append("The time zone must be one such as Europe/Berlin or Asia/Shanghai.")
        timezone = ""
    if at and not _is_time(at):
        problems.append("The time must be one such as 07:00.")
        at = ""
    try:
        least = float(score or 0)
    except ValueError:
        least = -1.0
    if not 0 <= least <= 1:
        problems.append("The lowest score must be a number from 0 to 1.")
        least = 0.0
    languages = _words(one(fields, "languages").lower())
    strange = [word for word in languages if not is_language(word)]
    if strange:
        problems.append(f"{strange[0][:20]!r} is no language code; write some such as en ru zh.")
    wishes = Wishes(
        groups=tuple(group for group in GROUPS if group in fields.get("groups", [])),
        indicators=indicators,
        direction=one(fields, "direction") if one(fields, "direction") in DIRECTIONS else "",
        languages=tuple(word for word in languages if word not in strange),
        min_score=least,
        confirmed_only=bool(one(fields, "confirmed_only")),
        nothing_new=bool(one(fields, "nothing_new")),
        time=at,
        days=tuple(day for day in WEEKDAYS if day in fields.get("days", [])),
    )
    return wishes, timezone, problems


async def _subscription_page(
    datasette: Any, request: Any, found: Subscription, token: str, problems: list[str]
) -> Response:
    desk: Desk = datasette.desk
    may_read = session.may_read(desk, request.actor)
    subject = text = ""
    if may_read and not problems:
        try:
            made = await desk.write(_preview, desk, await desk.now(), found)
            subject, text = made.subject, made.text
        except ConfigError as error:
            problems = [str(error)]
    context = {
        "reader": found,
        "shown_address": addresses.readable(found.address),
        "what": NAMES[found.digest],
        "scheduled": found.digest in DIGESTS,
        "weekdays": WEEKDAYS,
        "settings": desk.settings,
        "directions": DIRECTIONS,
        "problems": problems,
        "saved": request.method == "POST" and not problems,
        "subject": subject,
        "text": text,
        "action": address(SUBSCRIPTION, token=token),
        "file": address(PREVIEW, token=token),
        "way_out": address(tokens.PATH, token=await desk.write(_token, found, tokens.UNSUBSCRIBE)),
    }
    if not may_read:
        context |= _STRANGER
    return await render(datasette, request, "desk_mail_subscription.html", context, status=400 if problems else 200)


async def _no_such_subscription(datasette: Any, request: Any) -> Response:
    context = {
        "title": "This address leads to no subscription",
        "message": "Perhaps it was cut off when it was copied, or the subscription has ended.",
    }
    return await render(datasette, request, "desk_message.html", {**context, **_STRANGER}, status=404)


def _preview(connection: sqlite3.Connection, desk: Desk, now: Any, found: Subscription) -> digest.Rendered:
    return digest.preview(connection, desk.settings, now, found.digest, found)


def _token(connection: sqlite3.Connection, found: Subscription, purpose: str) -> str:
    return tokens.sign(connection, found.subscriber_id, found.digest, purpose)


def _of_token(connection: sqlite3.Connection, token: str, purpose: str) -> Subscription | None:
    claim = tokens.verify(connection, token, purpose)
    if claim is None:
        return None
    digest_name = cast(MailName, claim.digest)
    rows = subscribers.subscriptions(connection, digest_name, active_only=False)
    return next((row for row in rows if row.subscriber_id == claim.subscriber_id), None)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in text.replace(",", " ").split() if word))


def _is_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError):
        return False
    return True


def _is_time(text: str) -> bool:
    hours, colon, minutes = text.partition(":")
    return (
        bool(colon) and len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()
        and int(hours) < 24 and int(minutes) < 60
    )  # fmt: skip
