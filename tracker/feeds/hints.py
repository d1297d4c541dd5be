"""What publishers ask of pollers: in the channel of a document, and in the headers of an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tracker.model import FeedHints

HINT_CAP = 24 * 3600
RETRY_AFTER_CAP = 7 * 24 * 3600

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = {name: n for n, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_FIRST_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]")
_MAX_AGE = re.compile(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)


def of_channel(text: str) -> FeedHints:
    """ttl, sy:updatePeriod, skipHours and skipDays of an RSS document's channel."""
    first = _FIRST_ENTRY.search(text)
    head = text[: first.start() if first else 50_000][:50_000]
    if "</channel>" in text[-2_000:]:
        head += text[text.rfind("</item>") :][:10_000] if "</item>" in text else ""
    return FeedHints(
        ttl=_capped(_number(_element(head, "ttl")), 60),
        update_period=_update_period(head),
        skip_hours=tuple(sorted({int(h) % 24 for h in _listed(head, "skipHours", r"\d{1,2}")})),
        skip_days=tuple(sorted({_DAYS[d[:3].lower()] for d in _listed(head, "skipDays", "[A-Za-z]{3,9}")
                                if d[:3].lower() in _DAYS})),
    )  # fmt: skip


def with_headers(hints: FeedHints, headers: Mapping[str, str], now: datetime) -> FeedHints:
    """``hints`` completed by Cache-Control, Expires and Retry-After (names in lower case)."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    max_age = _capped(float(found[1]) - (_number(headers.get("age", "")) or 0), 1) if found else None
    expires = _seconds_until(headers.get("expires", ""), _moment(headers.get("date", "")) or now)
    return replace(
        hints,
        max_age=max_age,
        expires=None if found or expires is None else _capped(expires, 1),
        retry_after=_retry_after(headers.get("retry-after", ""), now),
    )


def _retry_after(value: str, now: datetime) -> int | None:
    seconds = _number(value) if value.strip().isdigit() else _seconds_until(value, now)
    return None if seconds is None else _capped(seconds, 1, RETRY_AFTER_CAP)


def _update_period(head: str) -> int | None:
    period = _PERIODS.get(_element(head, r"\w+:updatePeriod").lower())
    if period is None:
        return None
    frequency = _number(_element(head, r"\w+:updateFrequency")) or 1
    return _capped(period / max(frequency, 1), 1)


def _element(head: str, name: str) -> str:
    found = re.search(rf"<{name}(?:\s[^>]*)?>\s*(?:<!\[CDATA\[)?\s*([^<\]]{{1,30}}?)\s*(?:\]\]>)?\s*</", head)
    return found[1] if found else ""


def _listed(head: str, name: str, what: str) -> list[str]:
    found = re.search(rf"<{name}>(.{{0,3000}}?)</{name}>", head, re.DOTALL)
    return re.findall(rf">\s*({what})\s*<", found[1]) if found else []


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None


def _capped(number: float | None, unit: int, cap: int = HINT_CAP) -> int | None:
    return None if number is None else int(max(0, min(number * unit, cap)))


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds_until(text: str, now: datetime) -> float | None:
    moment = _moment(text) if text else None
    return None if moment is None else max(0.0, (moment - now).total_seconds())
