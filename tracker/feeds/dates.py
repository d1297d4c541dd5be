"""Dates as feeds write them -> UTC text of our tables, or None where they are absent, unreadable or absurd."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from time import struct_time

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=2)

# The first letters of the month names of the languages that feeds come in.
_NAMES = (
    "jan gen ene янв січ sty led oca", "feb fev fév фев lut úno şub", "mar mär maa мар bře bér",
    "apr avr abr апр kwi dub nis", "may mai mag maj мая май mei kvě", "jun juin giu июн cze čer haz",
    "jul juil lug июл lip čvc tem", "aug aoû ago авг sie srp ağu", "sep set сен wrz zář eyl",
    "oct okt ott out окт paź říj eki", "nov ноя lis list kas", "dec dez dic déc дек gru pro ara",
)  # fmt: skip
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_ZONES = {
    "GMT": 0, "UTC": 0, "UT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "BST": 1, "IST": 5.5, "JST": 9, "KST": 9, "HKT": 8,
    "SGT": 8, "AEST": 10, "AEDT": 11, "WET": 0, "WEST": 1, "BRT": -3, "MEZ": 1, "MESZ": 2,
}  # fmt: skip
_CLOCK = r"(?P<h>\d{1,2})[:.时時点](?P<mi>\d{2})(?:[:.分](?P<s>\d{2}))?"
_ZONE = r"\s*(?P<z>[+-]\d{1,2}:?\d{2}|[A-Z]{1,5})?"
_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})\s*[-/.年]\s*(?P<m>\d{{1,2}})\s*[-/.月]\s*(?P<d>\d{{1,2}})日?(?:[T\s,]+{_CLOCK}{_ZONE})?"
)
_NAMED_MONTH = re.compile(
    r"(?P<d>\d{1,2})\.?(?:\s+de)?[\s-]+(?P<name>[^\W\d_]{3,12})\.?(?:\s+de)?[\s,-]+(?P<y>\d{4}|\d{2})\b(?:\s*г\.?)?"
    rf"(?:[,\s]+(?:às\s+|at\s+|в\s+)?{_CLOCK}{_ZONE})?"
)
_MONTH_FIRST = re.compile(
    r"(?P<name>[^\W\d_]{3,12})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"
    rf"(?:[,\s]+(?:at\s+)?{_CLOCK}\s*(?P<half>[AaPp][Mm])?{_ZONE})?"
)
_RFC_822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4})"
    r" (\d\d):(\d\d):(\d\d) (?:GMT|UT|UTC|Z|([+-])(\d\d)(\d\d))"
)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_DAY_FIRST = re.compile(rf"\b(?P<d>\d{{1,2}})[./](?P<m>\d{{1,2}})[./](?P<y>\d{{4}})(?:[T\s,]+{_CLOCK}{_ZONE})?")


def as_text(moment: datetime) -> str:
    """UTC, whole seconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def published(parsed: struct_time | datetime | None, written: str, now: datetime) -> str | None:
    """The time of an entry from feedparser's reading (UTC), else from what is written; None where it cannot be.

    Before 1990 or more than two days after ``now`` cannot be.
    """
    return believable(_of_struct(parsed) or read(written), now)


def believable(moment: datetime | None, now: datetime) -> str | None:
    """The moment as text unless it is absurd."""
    if moment is None or not EARLIEST <= moment <= now + FUTURE_ALLOWED:
        return None
    return as_text(moment)


def read(text: str) -> datetime | None:
    """A moment written in one of the ways that feeds use; without a zone it is taken as UTC."""
    text = text.strip()[:100]
    if not text:
        return None
    for pattern in (_YEAR_FIRST, _NAMED_MONTH, _MONTH_FIRST, _DAY_FIRST):
        found = pattern.search(text)
        if found is not None:
            return _of_parts({key: value for key, value in found.groupdict().items() if value})
    return _of_number(text)


def plain(written: str) -> datetime | None:
    """The moment of a date written to the letter of RFC 822 or RFC 3339; None for whatever else."""
    try:
        if found := _RFC_822.fullmatch(written):
            day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
            moment = datetime(
                int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second), tzinfo=UTC
            )
            offset = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
            return moment + offset if sign == "-" else moment - offset
        if _RFC_3339.fullmatch(written):
            return datetime.fromisoformat(written).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
    return None


def _of_struct(parsed: struct_time | datetime | None) -> datetime | None:
    if parsed is None or isinstance(parsed, datetime):
        return parsed
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _of_number(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{9,10}(?:\d{3})?", text):
        return None
    seconds = int(text) / (1000 if len(text) > 10 else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _of_parts(parts: dict[str, str]) -> datetime | None:
    month = int(parts["m"]) if "m" in parts else _month(parts["name"])
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    hour = int(parts.get("h", 0))
    if "half" in parts:
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    try:
        naive = datetime(year, month, int(parts["d"]), hour, int(parts.get("mi", 0)), int(parts.get("s", 0)))  # noqa: DTZ001
        return naive.replace(tzinfo=_zone(parts.get("z", ""))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(name: str) -> int:
    name = name.lower()
    return next((_MONTHS[name[:n]] for n in (4, 3) if name[:n] in _MONTHS), 0)


def _zone(text: str) -> timezone:
    if text[:1] in ("+", "-"):
        digits = text[1:].replace(":", "").zfill(4)
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(-offset if text[0] == "-" else offset)
    return timezone(timedelta(hours=_ZONES.get(text, 0)))
