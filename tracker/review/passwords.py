"""Signing in with a password: checked in a thread, few at a time, and only so often by name and by address."""

from __future__ import annotations

import asyncio
from typing import Any

from datasette import Response

from tracker.review import session
from tracker.review.desk import Desk, read
from tracker.review.pages import form, one, render
from tracker.store import passwords as store

WRONG = "That name and password do not belong together."
TOO_OFTEN = "Too many attempts. Wait a quarter of an hour, or ask for a link: tracker users link NAME"


async def sign_in(datasette: Any, request: Any) -> Response:
    """POST /-/tracker/sign-in: name and password."""
    desk: Desk = datasette.desk
    fields = await form(request)
    name, password = one(fields, "name").strip()[:64], one(fields, "password")[: store.LONGEST]
    address = str((request.scope.get("client") or ("", 0))[0])
    if not desk.attempts.allowed(name, address):
        return await _again(datasette, request, TOO_OFTEN, 429)
    desk.attempts.failed(name, address)
    user, stored = await read(datasette, store.of, name)
    async with desk.checking:
        fits = await asyncio.to_thread(store.fits, password, stored)
    if user is None or not fits:
        return await _again(datasette, request, WRONG, 401)
    desk.attempts.forgive(name, address)
    return session.welcome(datasette, user)


async def _again(datasette: Any, request: Any, trouble: str, status: int) -> Response:
    context = {"with_passwords": True, "trouble": trouble}
    return await render(datasette, request, "desk_sign_in.html", context, status=status)
