"""Dated facts that analysts edit: holidays, events of pressure, acts of cooperation, in ``events.yaml``.

holidays:
  - {name: New Year, days: [01-01..01-08]}                 # every year
  - {name: Spring Festival, days: [2026-02-16..2026-02-23]}
pressure:
  - {date: 2022-02-26, title: Central bank assets frozen, source: "https://…"}
cooperation:
  - {date: 2022-02-04, title: Joint statement, source: "https://…"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from tracker.yaml_file import YamlFile

FILE = "events.yaml"
LONGEST_HOLIDAY = 31
_SPAN = re.compile(r"((?:\d{4}-)?\d\d-\d\d)(?:\.\.((?:\d{4}-)?\d\d-\d\d))?")


@dataclass(frozen=True, slots=True)
class Event:
    """Something done on a day, with where that is written."""

    day: date
    title: str
    source: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Holidays as spans: with a year they happen once, without one every year."""

    spans: tuple[tuple[str, str], ...] = ()
    events: tuple[Event, ...] = ()
    """Of pressure: what the argument says should drive the two together."""
    acts: tuple[Event, ...] = ()
    """Of cooperation, on dates set long before."""

    def holidays(self, days: Iterable[str]) -> frozenset[str]:
        """Those of the ISO days that are public holidays."""
        return frozenset(day for day in days if any(_within(day, first, last) for first, last in self.spans))


def load(codebook: Path) -> Calendar:
    """The calendar beside a codebook; an empty one where there is no such file.

    Raises ConfigError with every mistake and its place.
    """
    path = codebook.parent / FILE
    if not path.is_file():
        return Calendar()
    file = YamlFile(path)
    top = file.mapping(file.root, "the file", ("holidays", "pressure", "cooperation"))
    found = [span for node in file.items(top.get("holidays"), "holidays") for span in _holiday(file, node)]
    spans = tuple(span for span in found if span is not None)
    events, acts = (_events(file, top.get(name), name) for name in ("pressure", "cooperation"))
    file.finish()
    return Calendar(spans, events, acts)


def _holiday(file: YamlFile, node: yaml.Node) -> list[tuple[str, str] | None]:
    found = file.mapping(node, "a holiday", ("name", "days"))
    days = file.items(found.get("days"), "days")
    if not days:
        file.problem(node, "a holiday needs days: [01-01..01-08] every year, or [2026-02-16..2026-02-23] once")
    return [_span(file, day) for day in days]


def _span(file: YamlFile, node: yaml.Node) -> tuple[str, str] | None:
    text = file.string(node, "a span of days")
    match = _SPAN.fullmatch(text)
    first, last = (match[1], match[2] or match[1]) if match else ("", "")
    if not match or len(first) != len(last) or not (_is_day(first) and _is_day(last)) or not _short(first, last):
        file.problem(
            node, f"{text!r} is no span of at most {LONGEST_HOLIDAY} days; write 01-01..01-08 or 2026-02-16..2026-02-23"
        )
        return None
    return first, last


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text if len(text) == 10 else f"2024-{text}")
    except ValueError:
        return False
    return True


def _short(first: str, last: str) -> bool:
    if len(first) == 5:
        begin, end = date.fromisoformat(f"2024-{first}"), date.fromisoformat(f"2024-{last}")
        end = end if end >= begin else end.replace(year=2025)
    else:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return timedelta(0) <= end - begin < timedelta(LONGEST_HOLIDAY)


def _within(day: str, first: str, last: str) -> bool:
    shown = day if len(first) == 10 else day[5:]
    return first <= shown <= last if first <= last else shown >= first or shown <= last


def _events(file: YamlFile, node: yaml.Node | None, what: str) -> tuple[Event, ...]:
    found = [_event(file, one) for one in file.items(node, what)]
    return tuple(sorted((event for event in found if event), key=lambda event: event.day))


def _event(file: YamlFile, node: yaml.Node) -> Event | None:
    found = file.mapping(node, "an event", ("date", "title", "source", "kind"))
    day, title = file.string(found.get("date"), "date"), file.string(found.get("title"), "title")
    source = file.string(found.get("source"), "source")
    if len(day) != 10 or not _is_day(day):
        file.problem(found.get("date", node), f"an event needs a date such as 2022-02-26, not {day!r}")
        return None
    for name, value in (("title", title), ("source", source)):
        if not value:
            file.problem(node, f"the event of {day} needs a {name}")
    return Event(date.fromisoformat(day), title, source, file.string(found.get("kind"), "kind"))
