"""Our hooks into Datasette. Each does nothing for a Datasette that `tracker.review.serve` did not build."""

from __future__ import annotations

import re
import sqlite3
import traceback
from collections.abc import Callable, Generator
from typing import Any, TypeVar, cast

import structlog
from datasette import Response, hookimpl
from datasette.utils import escape_fts
from datasette.utils.asgi import asgi_static

from tracker.review import (
    alert_pages,
    backtest_pages,
    board_page,
    feed_pages,
    filing_pages,
    list_pages,
    mail_pages,
    passwords,
    queue_pages,
    reading_pages,
    report_page,
    sample_pages,
    saved_pages,
    session,
    watch_pages,
)
from tracker.review.desk import DATABASE, desk_of, keep_secrets, read
from tracker.review.guard import guarded
from tracker.review.pages import STATIC, asset, render, stale_form_page
from tracker.store import passwords as password_store
from tracker.store.connect import prepare, split_cjk

log = structlog.get_logger("tracker.review")

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
F = TypeVar("F", bound=Callable[..., Any])


def hook(**options: bool) -> Callable[[F], F]:
    """Datasette's ``hookimpl``, typed."""
    return cast(Callable[[F], F], hookimpl(**options))


@hook()
def register_routes() -> list[tuple[str, Any]]:
    """Our addresses; they win over Datasette's."""
    own = [
        (r"/$", board_page.board),
        (r"/-/tracker/seen$", board_page.mark_seen),
        (r"/-/tracker/queue$", queue_pages.queue),
        (r"/-/tracker/verdict$", queue_pages.verdict),
        (r"/-/tracker/undo$", queue_pages.undo),
        (r"/-/tracker/list$", list_pages.hits),
        (r"/-/tracker/bulk$", list_pages.bulk),
        (r"/-/tracker/hits\.(?P<format>csv|json)$", list_pages.export),
        (r"/-/tracker/confirmed\.atom$", list_pages.atom),
        (r"/-/tracker/items/(?P<id>\d+)$", filing_pages.item),
        (r"/-/tracker/file$", filing_pages.file),
        (r"/-/tracker/tag$", filing_pages.tag),
        (r"/-/tracker/watch$", filing_pages.watch),
        (r"/-/tracker/alerts$", alert_pages.alerts),
        (r"/-/tracker/alerts/handle$", alert_pages.handle),
        (r"/-/tracker/alerts/handle-many$", alert_pages.handle_many),
        (r"/-/tracker/report$", report_page.report),
        (r"/-/tracker/filters$", saved_pages.change),
        (r"/-/tracker/filters/(?P<id>\d+)$", saved_pages.shared),
        (r"/-/tracker/assign$", filing_pages.assign),
        (r"/-/tracker/samples$", sample_pages.samples),
        (r"/-/tracker/samples/read$", sample_pages.judge),
        (r"/-/tracker/try/(?P<id>[^/]+)$", backtest_pages.edit),
        (r"/-/tracker/indicators/(?P<id>[^/]+)$", reading_pages.indicator),
        (r"/-/tracker/stories/(?P<id>\d+)$", reading_pages.story),
        (r"/-/tracker/history$", reading_pages.past),
        (r"/-/tracker/search$", reading_pages.find),
        (r"/-/tracker/feeds$", feed_pages.feeds),
        (r"/-/tracker/feeds/change$", feed_pages.change),
        (r"/-/tracker/health$", watch_pages.health),
        (r"/-/tracker/health/live$", watch_pages.live),
        (r"/-/tracker/metrics$", watch_pages.metrics),
        (r"/-/tracker/mail$", mail_pages.mail),
        (r"/-/tracker/mail/subscription$", mail_pages.subscription),
        (r"/-/tracker/mail/preview$", mail_pages.preview),
        (r"/-/tracker/unsubscribe$", mail_pages.unsubscribe),
        (r"/-/tracker/sign-in$", passwords.sign_in),
        (r"/-/tracker/sign-in/(?P<token>[^/]{1,200})$", session.sign_in),
        (r"/-/tracker/sign-out$", session.sign_out),
    ]
    return [
        *((f"^{path}", _only_on_our_desk(view)) for path, view in own),
        (r"^/-/tracker/static/(?P<path>.*)$", asgi_static(STATIC)),
    ]


OPEN_TO_ALL = (
    passwords.sign_in, session.sign_in, session.sign_out, mail_pages.subscription, mail_pages.unsubscribe,
    watch_pages.health, watch_pages.live,
)  # fmt: skip


def _only_on_our_desk(view: Any) -> Any:
    async def inner(datasette: Any, request: Any) -> Response:
        desk = desk_of(datasette)
        if desk is None:
            return Response.text("Start this with `tracker serve`.", status=404)
        if view not in OPEN_TO_ALL:
            session.require_reader(desk, request)
        if _is_work(request):
            return cast(Response, await view(datasette, request))
        async with desk.reading:
            return cast(Response, await view(datasette, request))

    return inner


@hook()
def skip_csrf(datasette: Any, scope: Any) -> bool:
    """Where a signed token stands for the reader, nothing that a browser sends by itself does."""
    prefix = datasette.setting("base_url")
    return desk_of(datasette) is not None and mail_pages.needs_no_cookie(scope["path"], prefix)


def _is_work(request: Any) -> bool:
    """Verdicts, and the hit that follows on one: what an analyst waits for with the hand on the key."""
    return request.method != "GET" or (request.path.endswith("/queue") and "after" in request.args)


@hook()
def prepare_jinja2_environment(env: Any) -> None:
    """What XML cannot hold is left out of it."""
    env.filters["xml"] = lambda text: _NOT_XML.sub("", str(text or ""))


@hook()
def asgi_wrapper(datasette: Any) -> Any:
    """Host names, origins and sizes are checked first, security headers set last."""
    desk = desk_of(datasette)

    async def told_stale(written: dict[str, str], before: str) -> str:
        return await stale_form_page(datasette, written, before)

    return lambda app: guarded(app, desk, datasette.setting("base_url"), told_stale) if desk else app


@hook(hookwrapper=True)
def actor_from_request(datasette: Any, request: Any) -> Generator[None, Any, None]:
    """What the cookie claims holds only as long as that user may sign in."""
    outcome = yield
    desk = desk_of(datasette)
    if desk is not None:
        outcome.force_result([session.verified(desk, datasette, request, outcome.get_result())])


@hook(trylast=True)
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """House rules for Datasette's connections; its search box splits CJK; hashes of tokens are not readable."""
    if desk_of(datasette) is None or database != DATABASE:
        return
    prepare(conn)
    keep_secrets(conn)
    conn.create_function("escape_fts", 1, lambda query: escape_fts(split_cjk(query)))


@hook()
def extra_css_urls(datasette: Any) -> list[str]:
    """Datasette's own pages in our colours."""
    return [asset(datasette, "plain.css")] if desk_of(datasette) else []


@hook()
def extra_template_vars(datasette: Any, request: Any) -> dict[str, Any]:
    """Whether the page is part of a desk, one open to all, and the reader one who judges, for our base of its pages."""
    desk = desk_of(datasette)
    return {
        "on_desk": desk is not None,
        "open_pages": desk is not None and desk.settings.open_reading,
        "may_judge": request is not None and session.may_write(request.actor),
    }


@hook(tryfirst=True)
def forbidden(datasette: Any, request: Any, message: str) -> Any:
    """Say how to sign in instead of an error."""
    if desk_of(datasette) is None:
        return None

    async def inner() -> Response:
        signed_in = request.actor is not None
        if request.path.endswith((".json", ".csv", ".atom")):
            return Response.json({"ok": False, "error": message}, status=403 if signed_in else 401)
        if signed_in:
            return await render(
                datasette, request, "desk_message.html", {"title": "Not yours to do", "message": message}, status=403
            )
        context = {"with_passwords": await read(datasette, password_store.anybody), "trouble": ""}
        return await render(datasette, request, "desk_sign_in.html", context, status=401)

    return inner


@hook(hookwrapper=True)
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Generator[None, Any, None]:
    """An error page in words. What went wrong inside goes to the log, never to the reader."""
    outcome = yield
    if desk_of(datasette) is None:
        return

    async def inner() -> Response:
        status, title, message = _in_words(exception)
        if status == 500:
            route = request.path.split("/-/tracker/sign-in")[0]
            trace = "".join(traceback.format_exception(exception))
            log.error("page failed", method=request.method, route=route, trace=trace)
        if request.path.endswith((".json", ".csv")):
            return Response.json({"ok": False, "error": message, "status": status, "title": title}, status=status)
        return await render(
            datasette, request, "desk_message.html", {"title": title, "message": message}, status=status
        )

    outcome.force_result([inner])


def _in_words(exception: Exception) -> tuple[int, str, str]:
    """(status, title, message) of an error as a reader may see it."""
    if getattr(exception, "message_is_html", False):
        return (
            400,
            "That took too long",
            "The query was stopped. Ask for fewer rows, or for something that an index finds.",
        )
    status = int(getattr(exception, "status", 500))
    if status >= 500:
        words = "The error has been logged. Nothing you did is lost; go back and try again."
        return 500, "Something broke here", words
    usual = {404: "There is no such page", 403: "Not yours to do"}.get(status, "That request makes no sense here")
    return status, getattr(exception, "title", None) or usual, str(getattr(exception, "message", exception))
