"""What a reader wants, in words."""

from __future__ import annotations

from tracker.store.subscribers import WEEKDAYS, Wishes

_WORKDAYS = WEEKDAYS[:5]


def describe(wishes: Wishes) -> str:
    """A line such as ``cooperation, away, score ≥ 0.4, mon–fri``; ``everything`` where nothing is left out."""
    parts = [*wishes.groups, *wishes.indicators, wishes.direction, *wishes.languages]
    parts += [f"score ≥ {wishes.min_score:g}"] * bool(wishes.min_score)
    parts += ["confirmed only"] * wishes.confirmed_only + ["also when nothing is new"] * wishes.nothing_new
    parts.append("mon–fri" if wishes.days == _WORKDAYS else " ".join(wishes.days))
    return ", ".join(filter(None, parts)) or "everything"
