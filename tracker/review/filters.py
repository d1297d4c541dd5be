"""The queue's filters <-> the query string of its address, so that a view can be shared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tracker.model import DIRECTIONS, GROUPS
from tracker.store.queue import Filters

_CHOICES: dict[str, tuple[str, ...]] = {
    "group": GROUPS,
    "direction": DIRECTIONS,
    "status": ("new", "confirmed", "rejected", "unsure"),
    "order": ("newest", "score"),
}
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_SCORE = re.compile(r"0?\.\d{1,3}|[01](\.0{1,3})?", re.ASCII)
_NAME = re.compile(r"[\w.:-]{1,100}")


def read_filters(get: Callable[[str], str | None]) -> Filters:
    """Filters from an address or form; ``get`` gives a value by name. What makes no sense does not filter."""
    values: dict[str, Any] = {"copies": get("copies") == "1", "alerting": get("alerting") == "1"}
    for name in ("indicator", "language", "feed"):
        if _NAME.fullmatch(get(name) or ""):
            values[name] = get(name)
    for name, known in _CHOICES.items():
        if get(name) in known:
            values[name] = get(name)
    if re.fullmatch(r"[\w.@+-]{1,64}", get("assigned") or ""):
        values["assigned"] = get("assigned")
    if re.fullmatch(r"[\w.+-]{1,40}", get("tag") or ""):
        values["tag"] = get("tag")
    for name in ("since", "until"):
        if _DAY.fullmatch(get(name) or ""):
            values[name] = get(name)
    if _SCORE.fullmatch(get("min_score") or ""):
        values["min_score"] = float(get("min_score") or 0)
    return Filters(**values)


def as_query(filters: Filters) -> dict[str, Any]:
    """What of the filters differs from the plain queue, for ``address``."""
    plain = Filters()
    values: dict[str, Any] = {}
    for name in Filters.__slots__:
        value = getattr(filters, name)
        if value != getattr(plain, name):
            values[name] = "1" if value is True else f"{value:g}" if isinstance(value, float) else value
    return values
