"""Dates and times as readers see them: in their own zone, in English, whatever the machine's locale."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from tracker.clock import parse_iso

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def moment(at: str, zone: str) -> str:
    """A UTC time of our tables as 3 Feb 07:00 in an IANA zone."""
    local = parse_iso(at).astimezone(ZoneInfo(zone))
    return f"{short_day(local.date())} {local:%H:%M}"


def short_day(day: date) -> str:
    """3 Feb."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def long_day(day: date) -> str:
    """Tuesday 3 February would not fit a phone: Tuesday 3 Feb 2026."""
    return f"{_WEEKDAYS[day.weekday()]} {short_day(day)} {day.year}"
