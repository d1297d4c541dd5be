"""When a digest is due: the reader's own time of day, right also on the days when clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tracker.store.subscribers import WEEKDAYS, MailName

MONDAY = WEEKDAYS[0]
SPANS: dict[MailName, timedelta] = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "alerts": timedelta(),
    "feeds": timedelta(),
}
"""What a digest covers when nobody was told anything before."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a digest is to leave. ``period`` names it: a local day, or an ISO week."""

    period: str
    moment: datetime
    """UTC."""


def latest_slot(digest: MailName, at: str, zone: str, now: datetime, days: tuple[str, ...] = ()) -> Slot:
    """The newest slot that is not in the future; ``at`` is a local time of day such as 07:00, ``zone`` an IANA name.

    ``days`` are the local weekdays (mon … sun) on which a daily digest leaves, every one where none is named; a weekly
    one leaves on the first of them, on Mondays where none is named.

    A local time that occurs twice counts once, at its first occurrence; one that is skipped counts as much later as the
    clocks were put forward.
    """
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    return _latest_slot(digest, at, zone, minute, _leaving(digest, days))


def _leaving(digest: MailName, days: tuple[str, ...]) -> tuple[str, ...]:
    return (days or (MONDAY,))[:1] if digest == "weekly" else days or WEEKDAYS


@lru_cache(maxsize=1024)
def _latest_slot(digest: MailName, at: str, zone: str, minute: datetime, days: tuple[str, ...]) -> Slot:
    tz = ZoneInfo(zone)
    day = minute.astimezone(tz).date() + timedelta(days=1)
    while True:
        if WEEKDAYS[day.weekday()] in days:
            moment = _moment(day, at, tz)
            if moment <= minute:
                return Slot(period_of(digest, day), moment)
        day -= timedelta(days=1)


def period_of(digest: MailName, day: date) -> str:
    """The name of the period whose digest leaves on a local day: 2026-02-03, or 2026-W06."""
    if digest != "weekly":
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _moment(day: date, at: str, tz: ZoneInfo) -> datetime:
    # fold=0 is the first of two occurrences, and in a gap it counts by the offset before the clocks changed.
    return datetime.combine(day, time.fromisoformat(at), tz).astimezone(UTC)
