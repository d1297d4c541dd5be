"""The items of the demonstration: reads the data files and dates every item relative to a given instant."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

NOTICE = "Invented for the demonstration of tracker: the outlet, the events and every sentence are fictitious."

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times faster
_SATURDAY, _SUNDAY = 5, 6
_CALENDAR_AGE = re.compile(r"-(\d+)d (\d\d):(\d\d)")
_EXACT_AGE = re.compile(r"([+-])(?:(\d+)h ?)?(?:(\d+)m)?")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[A-ZА-ЯЁ«“\d])|(?<=[。！？])")
_MONTHS = {
    "en": ["Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"],
    "ru": [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
}
_WEEKDAYS = {
    "en": ["on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday"],
    "ru": ["в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"],
    "zh": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
}


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented publisher and how it serves its feed."""

    id: str
    title: str
    publisher: str
    language: str
    kind: str
    country: str
    format: str
    owner: str = ""
    encoding: str = "utf-8"
    markup: bool = False
    implies: tuple[str, ...] = ()
    fault: int = 0
    """The HTTP status that every request for this feed gets; 0 serves the feed."""


@dataclass(frozen=True, slots=True)
class DemoItem:
    """One item of one outlet. ``published_at`` is aware, in UTC; it may lie after the start of the demonstration."""

    id: str
    outlet: str
    language: str
    published_at: datetime
    title: str
    summary: str
    story: str
    """The same for all copies of one text; the item's own id where it stands alone."""
    about: tuple[str, ...]
    """Indicators that the item bears on, by its author's judgement."""
    not_about: tuple[str, ...]
    """Indicators that the item resembles without counting for them."""


@cache
def outlets() -> tuple[Outlet, ...]:
    """All outlets in the order of the data file."""
    rows = _read("outlets.yaml")
    return tuple(Outlet(**{**row, "implies": tuple(row.get("implies", ()))}) for row in rows)


def items(today: datetime) -> tuple[DemoItem, ...]:
    """Every item, newest first, dated relative to ``today`` (aware; the start of the demonstration)."""
    start = today.astimezone(UTC)
    languages = {outlet.id: outlet.language for outlet in outlets()}
    found = [item for row in _rows() for item in _tell(row, start, languages)]
    return tuple(sorted(found, key=lambda item: (item.published_at, item.id), reverse=True))


def _rows() -> Iterator[Mapping[str, Any]]:
    for entry in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith("stories-") and entry.name.endswith(".yaml"):
            yield from _read(entry.name)


@cache
def _read(name: str) -> list[Any]:
    rows = _SafeLoader(files(__package__).joinpath(name).read_text(encoding="utf-8")).get_single_data()
    assert isinstance(rows, list)
    return rows


def _tell(row: Mapping[str, Any], start: datetime, languages: Mapping[str, str]) -> Iterator[DemoItem]:
    """The item of a row, and its copies. A copy inherits the text and the labels that it does not state."""
    keeps_office_hours = bool(row.get("about") or row.get("not_about"))
    told_at = _instant(row["age"], start)
    shift = _to_weekday(told_at, start) if keeps_office_hours else timedelta()
    story = row.get("story") or _identity(row["outlet"], row["title"])
    for copy in ({}, *row.get("copies", ())):
        telling = {**row, **copy}
        language = languages[telling["outlet"]]
        told = _instant(telling["age"], start) + shift
        text = copy.get("summary") or _first_sentences(row["summary"], copy.get("sentences"))
        yield DemoItem(
            id=_identity(telling["outlet"], telling["title"]),
            outlet=telling["outlet"],
            language=language,
            published_at=told,
            title=_fill(telling["title"], language, told_at + shift),
            summary=_fill(copy.get("dateline", "") + text, language, told_at + shift),
            story=story,
            about=tuple(telling.get("about", ())),
            not_about=tuple(telling.get("not_about", ())),
        )


def _identity(outlet: str, title: str) -> str:
    return hashlib.sha256(f"{outlet}\n{title}".encode()).hexdigest()[:12]


def _instant(age: str, start: datetime) -> datetime:
    """``-3d 08:15`` is a clock time (UTC) three calendar days earlier; ``-5h 20m`` and ``+4m`` count from the start."""
    if calendar := _CALENDAR_AGE.fullmatch(age):
        days, hour, minute = map(int, calendar.groups())
        return (start - timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    exact = _EXACT_AGE.fullmatch(age)
    if exact is None:
        raise ValueError(f"not an age: {age!r}")
    distance = timedelta(hours=int(exact[2] or 0), minutes=int(exact[3] or 0))
    return (start + distance if exact[1] == "+" else start - distance).replace(microsecond=0)


def _to_weekday(told_at: datetime, start: datetime) -> timedelta:
    """Ministries rest at weekends, whatever day the demonstration starts on; the last week is left as written."""
    if start - told_at < timedelta(days=7):
        return timedelta()
    return timedelta(days={_SATURDAY: -1, _SUNDAY: 1}.get(told_at.weekday(), 0))


def _first_sentences(text: str, count: int | None) -> str:
    return text if count is None else " ".join(_SENTENCE_END.split(text)[:count]).strip()


def _fill(text: str, language: str, day: datetime) -> str:
    if "{" not in text:
        return text
    if language == "zh":
        date = f"{day.month}月{day.day}日"
    else:
        month = _MONTHS[language][day.month - 1]
        date = f"{day.day} {month}" if language == "ru" else f"{month} {day.day}"
    return text.replace("{date}", date).replace("{weekday}", _WEEKDAYS[language][day.weekday()])
