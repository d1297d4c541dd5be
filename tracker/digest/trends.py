"""What pictures in mails are drawn from: weeks of an indicator, days of an index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial

from tracker.digest import pictures
from tracker.digest.moves import Move
from tracker.digest.newsroom import Newsroom
from tracker.digest.outlook import SHOWN
from tracker.digest.pictures import Picture
from tracker.store import judged
from tracker.store.judged import IndexName

WEEKS = 13
COVERED = 0.7
"""A week is drawn where so much of what its feeds should have brought was looked at."""


def of_move(newsroom: Newsroom, move: Move) -> Picture | None:
    """The indicator's weeks up to the last one; None where no picture can be drawn or nothing is called usual."""
    report = newsroom.judged_weeks
    if report is None or not pictures.available():
        return None
    return newsroom.drawn(f"weeks {move.indicator}", partial(_weeks, newsroom, report.last_day, move))


def of_indices(newsroom: Newsroom) -> Mapping[str, Picture]:
    """A picture for each index that has values, by its name."""
    report = newsroom.report
    if report is None or not pictures.available():
        return {}
    drawn = {name: newsroom.drawn(f"index {name}", partial(_index, newsroom, report.last_day, name)) for name in SHOWN}
    return {name: picture for name, picture in drawn.items() if picture is not None}


def _weeks(newsroom: Newsroom, last_day: str, move: Move) -> Picture:
    days = _days(last_day)
    stories = {day.day: day.stories for day in judged.days_of(newsroom.connection, move.indicator, days[0], days[-1])}
    covered = {day.day: day.exposure or 0.0 for day in judged.coverage(newsroom.connection, days[0], days[-1])}
    counts = tuple(
        float(sum(stories.get(day, 0) for day in week))
        if sum(covered.get(day, 0.0) for day in week) >= COVERED * len(week)
        else None
        for week in (days[at : at + 7] for at in range(0, len(days), 7))
    )
    return pictures.bars(counts, move.low, move.high)


def _index(newsroom: Newsroom, last_day: str, name: IndexName) -> Picture | None:
    days = _days(last_day)
    known = {day.day: day for day in judged.index(newsroom.connection, name, days[0], days[-1])}
    if not known:
        return None
    found = [known.get(day) for day in days]
    return pictures.line(
        tuple(day.value if day else None for day in found),
        tuple(day.lower if day else None for day in found),
        tuple(day.upper if day else None for day in found),
    )


def _days(last_day: str) -> list[str]:
    last = date.fromisoformat(last_day)
    return [(last - timedelta(days=back)).isoformat() for back in reversed(range(7 * WEEKS))]
