"""Datasette's pages about itself: its debugging tools are not served, the rest only to people who are signed in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from datasette import Forbidden, NotFound

View = Callable[[Any, Any], Awaitable[Any]]
Route = tuple[re.Pattern[str], View]

TOOLS = frozenset({"allow-debug", "auth-token", "create-token", "messages", "patterns", "permissions"})
ABOUT = frozenset({"databases", "metadata", "plugins", "settings", "threads", "versions"})


def closed(routes: Iterable[Route]) -> list[Route]:
    """Datasette's routes with its pages about itself closed, whatever ``open_reading`` says."""
    return [(pattern, _closed(_name(pattern), view)) for pattern, view in routes]


def _name(pattern: re.Pattern[str]) -> str:
    found = re.match(r"/-/([a-z-]+)", pattern.pattern)
    return found[1] if found else ""


def _closed(name: str, view: View) -> View:
    async def nothing(request: Any, send: Any) -> Any:
        raise NotFound("This desk does not offer that page.")

    async def for_those_signed_in(request: Any, send: Any) -> Any:
        if request.actor is None:
            raise Forbidden("Sign in to read this.")
        return await view(request, send)

    return nothing if name in TOOLS else for_those_signed_in if name in ABOUT else view
