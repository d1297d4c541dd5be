"""One row of an archive -> an item, or the reason why it is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tracker.model import Item
from tracker.pipeline import clean_text
from tracker.replay.columns import Columns

Row = str | Mapping[str, Any]
"""A line of JSON, or what a table's row holds under the names of its columns."""

LONGEST_LINE = 20_000_000
EARLIEST_YEAR = 1900
_TOO_LONG = "the line is longer than 20 million characters"


def read(row: Row, columns: Columns, latest: str = "") -> tuple[Item | None, str]:
    """The item, or None with a reason; with an empty reason where the row is blank and nothing was lost.

    ``latest``: dates after this moment (UTC ISO 8601) cannot be true and count as no date; "" lets all stand.
    """
    if isinstance(row, str):
        if not row.strip():
            return None, ""
        if len(row) > LONGEST_LINE:
            return None, _TOO_LONG
        try:
            row = json.loads(row)
        except (ValueError, RecursionError):
            return None, "no JSON"
        if not isinstance(row, dict):
            return None, "no JSON object"
    at = dict(columns.of)

    def text(field: str) -> str:
        value = row.get(at[field]) if field in at else None
        return clean_text(value) if isinstance(value, str) else str(value) if _is_number(value) else ""

    title, summary, body = text("title"), text("summary"), text("body")
    if not title and not summary and not body:
        return None, "no text: title, summary and body are empty"
    published_at = moment(row.get(at["date"])) if "date" in at else None
    item = Item(
        guid=text("id"),
        url=text("url"),
        title=title,
        summary=summary,
        body=body,
        language=text("language"),
        published_at=None if published_at and latest and published_at > latest else published_at,
        source=text("source") or "archive",
    )
    return item, ""


def moment(value: Any) -> str | None:
    """A date as archives write it -> UTC, or None: ISO 8601, RFC 2822, 20260203 with or without time, Unix seconds.

    Dates without a zone are taken for UTC. Years before 1900 count as no date.
    """
    try:
        found = _parsed(value)
        if found is None:
            return None
        found = found if found.tzinfo in (None, UTC) else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError, IndexError):
        return None
    return None if found.year < EARLIEST_YEAR else found.isoformat("T", "seconds")[:19] + "Z"


def _parsed(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if _is_number(value):
        return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
    if not isinstance(value, str) or not value.strip() or len(value) > 100:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) in (10, 13):
        return _parsed(int(value))
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        pass
    if value.isascii() and value.isdigit() and len(value) == 14:
        return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return parsedate_to_datetime(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
