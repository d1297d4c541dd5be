"""What the daily job found, as mails tell it: the two indices with their direction, and weeks outside what is usual."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import sqrt
from types import MappingProxyType
from typing import Any

from tracker.digest import dates
from tracker.digest.moves import Kind, Move
from tracker.digest.pictures import Picture
from tracker.store import judged
from tracker.store.judged import IndexName, StoredReport

FRESH_DAYS = 3
"""A stored report whose last day is older tells nothing of this week."""
SHOWN: dict[IndexName, str] = {"pressure": "Pressure", "cooperation": "Cooperation"}
WEIGHT_OF_EVIDENCE = "The indices are weight of evidence, not probability; in brackets the 90% interval."


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One index: value, interval, and how it moved within a week, with an arrow for those who only glance."""

    title: str
    value: str
    interval: str
    """Empty where there is no value."""
    moved: str
    arrow: str
    picture: Picture | None = None
    """The last weeks, where pictures can be drawn."""


def fresh_report(connection: sqlite3.Connection, now: datetime) -> StoredReport | None:
    """The stored report, if it speaks of this week."""
    stored = judged.latest(connection)
    if stored is None:
        return None
    age = (now.date() - date.fromisoformat(stored.last_day)).days
    return stored if 0 <= age <= FRESH_DAYS else None


def index_lines(
    stored: StoredReport | None, pictures: Mapping[str, Picture] = MappingProxyType({})
) -> tuple[IndexLine, ...]:
    """The indices, with those ``pictures`` by name that there are; one that has no value yet says so."""
    found = stored.summary.get("indices", {}) if stored else {}
    return tuple(
        replace(_index_line(title, found[name]), picture=pictures.get(name))
        for name, title in SHOWN.items()
        if found.get(name)
    )


def _index_line(title: str, index: Mapping[str, Any]) -> IndexLine:
    value, before = index.get("value"), index.get("week_before")
    if value is None:
        return IndexLine(title, "no value yet", "", "too little history", "·")
    interval = f"{index['lower']:+.2f} to {index['upper']:+.2f}"
    return IndexLine(title, f"{value:+.2f}", interval, moved(value, before), _arrow(value, before))


def moved(value: float, before: float | None) -> str:
    """How a value moved within a week, in words."""
    if before is None:
        return "no value a week ago"
    change = round(value - before, 2)
    return f"{'up' if change > 0 else 'down'} {abs(change):.2f} in a week" if change else "as a week ago"


def week_moves(stored: StoredReport, indicators: Iterable[str]) -> list[Move]:
    """Each indicator's last seven whole days against what is usual, most surprising first."""
    weeks = stored.summary["weeks"]
    known = (
        Week(name, week["stories"], week["expected"], week["lower"], week["upper"])
        for name in indicators
        if (week := weeks.get(name))
    )
    ordered = sorted(known, key=lambda week: (-abs(week.surprise), -week.stories))
    return [Move(week.indicator, week.stories, week.lower, week.upper, week.expected, week.kind) for week in ordered]


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven whole days of an indicator as the stored report holds them."""

    indicator: str
    stories: int
    expected: float
    lower: int
    upper: int

    @property
    def kind(self) -> Kind:
        """Where it stands to what is usual."""
        return "above" if self.stories > self.upper else "below" if self.stories < self.lower else "within"

    @property
    def surprise(self) -> float:
        """How far from the expected, in rough standard deviations."""
        return (self.stories - self.expected) / sqrt(self.expected + 0.5)


def note(stored: StoredReport, *, outside: bool) -> str:
    """What the lines of a digest's moves mean."""
    until = dates.short_day(date.fromisoformat(stored.last_day))
    if outside:
        return f"Stories of the seven days to {until}; usual is what nine weeks of ten hold."
    return f"In the seven days to {until} no indicator left what nine weeks of ten hold."


def _arrow(value: float, before: float | None) -> str:
    change = 0.0 if before is None else round(value - before, 2)
    return "↑" if change > 0 else "↓" if change < 0 else "→"
