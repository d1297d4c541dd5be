"""The report as a page: what `tracker report` prints."""

from __future__ import annotations

from typing import Any

from datasette import Response

from tracker.review.pages import render


async def report(datasette: Any, request: Any) -> Response:
    """GET /-/tracker/report"""
    return await render(datasette, request, "desk_report.html", {})
