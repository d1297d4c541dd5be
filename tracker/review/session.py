"""Who is there: one-time links, the signed cookie, tokens of scripts, and what each may do."""

from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from inspect import isawaitable
from pathlib import Path
from typing import Any

from datasette import Forbidden, NotFound, Response
from datasette.utils import baseconv

from tracker.clock import real
from tracker.model import ConfigError, Problem
from tracker.review.desk import Desk, read
from tracker.review.pages import render
from tracker.settings import Settings
from tracker.store import users
from tracker.store.migrations import open_store

SESSION_LASTS = timedelta(days=30)
COOKIE = "ds_actor"
SECRET_BYTES = 32

Actor = dict[str, Any]


def secret_beside(database: Path) -> str:
    """The secret that signs cookies, from a file beside the database that only its owner can read; made when absent.

    Raises ConfigError where the file cannot be read or written.
    """
    path = database.with_name(database.name + ".secret")
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            path.chmod(0o600)
            secret = path.read_text(encoding="ascii").strip()
        else:
            secret = secrets.token_hex(SECRET_BYTES)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secret + "\n")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            Problem(str(path), 0, 0, "the secret that signs cookies cannot be used; make it readable")
        ) from None
    if len(secret) < SECRET_BYTES:
        raise ConfigError(Problem(str(path), 0, 0, "is too short to sign cookies; delete it and a new one is made"))
    return secret


def first_link(settings: Settings, base_url: str = "") -> str:
    """A one-time sign-in address for the first analyst, who is added where nobody may sign in yet."""
    connection = open_store(settings.db)
    try:
        name = users.first_analyst(connection, real())
        return users.link(connection, name, base_url or settings.base_url, real())
    finally:
        connection.close()


def verified(desk: Desk, datasette: Any, request: Any, claims: list[Any]) -> Awaitable[Actor | None]:
    """The actor of a request: whoever a bearer token or the signed cookie names, if they may still sign in."""

    async def inner() -> Actor | None:
        header = request.headers.get("authorization", "")
        if header.lower().startswith("bearer "):
            user = await read(datasette, users.owner_of_api_token, header[7:].strip())
            return {"id": user.name, "role": "reader", "token": True} if user else None
        for claim in claims:
            actor = await claim if isawaitable(claim) else claim
            user = await read(datasette, users.find, str(actor.get("id", ""))) if isinstance(actor, dict) else None
            if user and user.added_at == actor.get("since"):
                return {"id": user.name, "role": user.role}
        return None

    return inner()


def may_read(desk: Desk, actor: Actor | None) -> bool:
    """Whether the pages are open to this actor."""
    return actor is not None or desk.settings.open_reading


def may_write(actor: Actor | None) -> bool:
    """Whether this actor may judge; tokens of scripts never do."""
    return actor is not None and actor.get("role") == "analyst" and not actor.get("token")


def require_reader(desk: Desk, request: Any) -> None:
    """Raises Forbidden unless the request may read."""
    if not may_read(desk, request.actor):
        raise Forbidden("Sign in to read this.")


def require_analyst(request: Any) -> str:
    """The name of the analyst who asks. Raises Forbidden for anybody else."""
    if not may_write(request.actor):
        raise Forbidden("Only analysts may change anything here.")
    return str(request.actor["id"])


async def sign_in(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/sign-in/TOKEN: uses up the link, sets the cookie, goes to the board."""
    desk: Desk = datasette.desk
    if request.method != "GET" or "prefetch" in request.headers.get("sec-purpose", ""):
        return Response.text("", status=204)
    user = await desk.write(users.redeem, request.url_vars["token"], datetime.now(UTC))
    if user is None:
        return await render(
            datasette,
            request,
            "desk_message.html",
            {
                "title": "This link no longer works",
                "message": "A sign-in link works once and for a day. Ask for another: tracker users link NAME",
            },
            status=403,
        )
    return welcome(datasette, user)


def welcome(datasette: Any, user: users.User) -> Response:
    """To the board, with the cookie that says who it is for 30 days."""
    desk: Desk = datasette.desk
    response = Response.redirect(datasette.urls.path("/"), status=303)
    expires = int((datetime.now(UTC) + SESSION_LASTS).timestamp())
    actor = {"id": user.name, "role": user.role, "since": user.added_at}
    response.set_cookie(
        COOKIE,
        datasette.sign({"a": actor, "e": baseconv.base62.encode(expires)}, "actor"),
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        secure=desk.secure,
        samesite="lax",
    )
    return response


async def sign_out(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/sign-out: forgets the cookie."""
    if request.method != "POST":
        raise NotFound("Signing out is a button.")
    response = Response.redirect(datasette.urls.path("/"), status=303)
    response.set_cookie(COOKIE, "", expires=0, max_age=0)
    return response
