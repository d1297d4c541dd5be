"""The queue's filters <-> the query string of its address, so that a view can be shared."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from datasette.utils.asgi import BadRequest

from tracker.model import DIRECTIONS, GROUPS
from tracker.store.queue import Filters

_CHOICES: dict[str, tuple[str, ...]] = {
    "group": GROUPS,
    "direction": DIRECTIONS,
    "status": ("new", "confirmed", "rejected", "unsure"),
    "order": ("newest", "score", "relevance"),
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


_WANTED: dict[str, str] = {
    "since": "a day such as 2026-02-03",
    "until": "a day such as 2026-02-03",
    "min_score": "a number from 0 to 1",
    "copies": "1",
    "alerting": "1",
    **{name: " or ".join(known) for name, known in _CHOICES.items()},
}


def filters_asked(args: Mapping[str, str], beyond: Collection[str] = ()) -> Filters:
    """Filters of an address that somebody wrote; ``beyond`` are the names that may stand in it beside filters.

    Raises BadRequest with a reason where a filter is unknown or makes no sense: what is left out silently would show
    more than was asked for.
    """
    found = read_filters(args.get)
    for name in args:
        if name in beyond or name.startswith("_"):
            continue
        if name not in Filters.__slots__:
            raise BadRequest(f"There is no filter {name[:40]!r}; there are {', '.join(Filters.__slots__)}.")
        value = args[name] or ""
        plain = getattr(_PLAIN, name)
        if value not in ("", "0", "0.0", str(plain)) and getattr(found, name) == plain:
            wanted = _WANTED.get(name, "a name without spaces or quotes")
            raise BadRequest(f"{name}={value[:60]} makes no sense: it must be {wanted}.")
    return found


_PLAIN = Filters()


def as_query(filters: Filters) -> dict[str, Any]:
    """What of the filters differs from the plain queue, for ``address``."""
    plain = Filters()
    values: dict[str, Any] = {}
    for name in Filters.__slots__:
        value = getattr(filters, name)
        if value != getattr(plain, name):
            values[name] = "1" if value is True else f"{value:g}" if isinstance(value, float) else value
    return values
