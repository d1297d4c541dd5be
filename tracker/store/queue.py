"""What waits for a verdict: filters, order, and leases so that two analysts do not get the same hit."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tracker.clock import iso
from tracker.model import HitStatus
from tracker.store.connect import writing

LEASE = timedelta(minutes=10)
Order = Literal["newest", "score"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which hits a queue holds. Empty fields do not filter; days are UTC, both ends included."""

    indicator: str = ""
    group: str = ""
    direction: str = ""
    language: str = ""
    feed: str = ""
    since: str = ""
    until: str = ""
    min_score: float = 0.0
    status: HitStatus = "new"
    copies: bool = False
    """Also hits that are not the first of their indicator in a story."""
    order: Order = "newest"


def next_hit(
    connection: sqlite3.Connection,
    filters: Filters,
    viewer: str,
    now: datetime,
    after: int = 0,
    *,
    backwards: bool = False,
) -> int | None:
    """The next hit of the queue that is not leased or assigned to somebody else; after hit ``after`` where given."""
    where, values = _where(filters)
    where.append("(h.leased_until is null or h.leased_until <= :now or h.leased_by = :viewer)")
    where.append("(h.assigned_to is null or h.assigned_to = :viewer)")
    values |= {"viewer": viewer, "now": iso(now)}
    if after:
        beyond, at = _beyond(connection, filters.order, after, backwards)
        where.append(beyond)
        values |= at
    row = connection.execute(
        f"select h.id {_from(filters)} where {' and '.join(where)} order by {_order(filters.order, backwards)} limit 1",
        values,
    ).fetchone()
    return int(row[0]) if row else None


def page(connection: sqlite3.Connection, filters: Filters, limit: int, after: int = 0) -> list[int]:
    """Ids of the next ``limit`` hits of the queue, leased or not, after hit ``after`` where given."""
    where, values = _where(filters)
    if after:
        beyond, at = _beyond(connection, filters.order, after, backwards=False)
        where.append(beyond)
        values |= at
    rows = connection.execute(
        f"select h.id {_from(filters)} where {' and '.join(where)} order by {_order(filters.order)} limit :limit",
        values | {"limit": limit},
    )
    return [int(row[0]) for row in rows]


def count(connection: sqlite3.Connection, filters: Filters, limit: int = 10_000) -> int:
    """How many hits the queue holds; counting stops at ``limit``."""
    where, values = _where(filters)
    row = connection.execute(
        f"select count(*) from (select 1 {_from(filters)} where {' and '.join(where)} limit :limit)",
        values | {"limit": limit},
    ).fetchone()
    return int(row[0])


def take(connection: sqlite3.Connection, filters: Filters, viewer: str, now: datetime, after: int = 0) -> int | None:
    """Find the next hit and lease it to ``viewer`` in one transaction; their earlier lease ends."""
    with writing(connection):
        hit_id = next_hit(connection, filters, viewer, now, after)
        lease(connection, hit_id, viewer, now)
    return hit_id


def lease(connection: sqlite3.Connection, hit_id: int | None, viewer: str, now: datetime) -> None:
    """Give ``viewer`` the hit for ten minutes, unless somebody else holds it, and end their other leases."""
    with writing(connection):
        connection.execute(
            "update hits set leased_by = null, leased_until = null where leased_by = ? and id is not ?",
            (viewer, hit_id),
        )
        connection.execute(
            """update hits set leased_by = ?1, leased_until = ?2
               where id = ?3 and (leased_until is null or leased_until <= ?4 or leased_by = ?1)""",
            (viewer, iso(now + LEASE), hit_id, iso(now)),
        )


def _is_plain(filters: Filters) -> bool:
    return filters.status == "new" and not filters.copies and filters.order == "newest"


def _from(filters: Filters) -> str:
    index = ""
    if _is_plain(filters):
        index = "indexed by hits_waiting_for" if filters.indicator else "indexed by hits_waiting"
    joined = " join items i on i.id = h.item_id" if filters.language or filters.feed else ""
    return f"from hits h {index}{joined}"


def _where(filters: Filters) -> tuple[list[str], dict[str, str | float]]:
    where = [f"h.status = '{filters.status}'"]
    if not filters.copies:
        where.append("h.primary_in_story = 1")
    if _is_plain(filters):
        where.append("h.day > ''")  # lets SQLite enter the index by a search
    values: dict[str, str | float] = {}
    plain = {
        "indicator": "h.indicator_id = :indicator",
        "since": "h.day >= :since",
        "until": "h.day <= :until",
        "min_score": "h.score >= :min_score",
        "language": "i.language = :language",
        "feed": "i.feed_id = :feed",
        "group": "h.indicator_id in (select id from indicators where group_name = :group)",
        "direction": "h.indicator_id in (select id from indicators where direction = :direction)",
    }
    for name, clause in plain.items():
        if value := getattr(filters, name):
            where.append(clause)
            values[name] = value
    return where, values


def _beyond(
    connection: sqlite3.Connection, order: Order, after: int, backwards: bool
) -> tuple[str, dict[str, str | float]]:
    row = connection.execute("select day, score, id from hits where id = ?", (after,)).fetchone()
    if row is None:
        return "true", {}
    less, more = (">", "<") if backwards else ("<", ">")
    same = f"(h.score {less} :at_score or (h.score = :at_score and h.id {more} :at_id))"
    clause = same if order == "score" else f"h.day {less}= :at_day and (h.day {less} :at_day or {same})"
    return clause, {"at_day": row["day"], "at_score": row["score"], "at_id": row["id"]}


def _order(order: Order, backwards: bool = False) -> str:
    down, up = ("asc", "desc") if backwards else ("desc", "asc")
    day = "" if order == "score" else f"h.day {down}, "
    return f"{day}h.score {down}, h.id {up}"
