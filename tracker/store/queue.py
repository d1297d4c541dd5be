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
RARE = 10_000
"""A feed or language with fewer items than this is searched from its items, not along the queue."""
Order = Literal["newest", "score", "relevance"]
_BEFORE_AN_ALERT = """exists (select 1 from alerts a where a.indicator_id = h.indicator_id and a.status = 'open'
    and h.day between date(a.day, '-6 days') and a.day)"""


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
    assigned: str = ""
    """Only hits that are assigned to this analyst."""
    alerting: bool = False
    """Only hits of the week before an open alert of their indicator."""
    tag: str = ""


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
    source, where, values = _query(connection, filters, after, backwards)
    where += [
        "(h.leased_until is null or h.leased_until <= :now or h.leased_by = :viewer)",
        "(h.assigned_to is null or h.assigned_to = :viewer)",
    ]
    order = _order(filters.order, backwards)
    row = connection.execute(
        f"select h.id from {source} where {' and '.join(where)} order by {order} limit 1",
        values | {"viewer": viewer, "now": iso(now)},
    ).fetchone()
    return int(row[0]) if row else None


def page(connection: sqlite3.Connection, filters: Filters, limit: int, after: int = 0) -> list[int]:
    """Ids of the next ``limit`` hits of the queue, leased or not, after hit ``after`` where given."""
    source, where, values = _query(connection, filters, after)
    rows = connection.execute(
        f"select h.id from {source} where {' and '.join(where)} order by {_order(filters.order)} limit :limit",
        values | {"limit": limit},
    )
    return [int(row[0]) for row in rows]


def counted_up_to(filters: Filters) -> int:
    """Where ``count`` stops: sooner when every hit's item must be looked at too."""
    return 1_000 if filters.language or filters.feed else 10_000


def count(connection: sqlite3.Connection, filters: Filters) -> int:
    """How many hits the queue holds, counted up to ``counted_up_to``."""
    source, where, values = _query(connection, filters)
    row = connection.execute(
        f"select count(*) from (select 1 from {source} where {' and '.join(where)} limit :limit)",
        values | {"limit": counted_up_to(filters)},
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


def _query(
    connection: sqlite3.Connection, filters: Filters, after: int = 0, backwards: bool = False
) -> tuple[str, list[str], dict[str, str | float]]:
    """(tables, conditions, values) of a queue; the tables are named in the order in which SQLite shall read them."""
    where, values = _conditions(filters)
    if after:
        beyond, at = _beyond(connection, filters.order, after, backwards)
        where.append(beyond)
        values |= at
    driver = "" if filters.tag else _rare(connection, filters)
    if driver:
        return f"items i indexed by {driver} cross join hits h on h.item_id = i.id", where, values
    source = "hits h"
    if filters.tag:
        source = "hit_tags t indexed by hit_tags_tag cross join hits h on h.id = t.hit_id"
    elif filters.assigned:
        source += " indexed by hits_assigned"
    elif filters.status == "new" and not filters.copies and filters.order == "relevance" and not filters.indicator:
        source += " indexed by hits_relevance"
    elif filters.status == "new" and not filters.copies and filters.order == "newest":
        source += " indexed by hits_waiting_for" if filters.indicator else " indexed by hits_waiting"
        if not filters.since and not (after and backwards):
            where.append("h.day > ''")  # lets SQLite enter the index by a search
    if filters.language or filters.feed:
        source += " cross join items i on i.id = h.item_id"
    return source, where, values


def _rare(connection: sqlite3.Connection, filters: Filters) -> str:
    """The index of items to start from where a feed or language has few of them and the queue is longer than that."""
    for column, index in (("feed", "items_feed_published"), ("language", "items_language")):
        value = getattr(filters, column)
        if not value:
            continue
        name = "feed_id" if column == "feed" else column
        items = connection.execute(
            f"select count(*) from (select 1 from items indexed by {index} where {name} = ? limit ?)", (value, RARE)
        ).fetchone()[0]
        queued = connection.execute(
            "select count(*) from (select 1 from hits where status = ? limit ?)", (filters.status, items)
        ).fetchone()[0]
        return index if items < RARE and items <= queued else ""
    return ""


def _conditions(filters: Filters) -> tuple[list[str], dict[str, str | float]]:
    where = [f"h.status = '{filters.status}'"]
    if not filters.copies:
        where.append("h.primary_in_story = 1")
    values: dict[str, str | float] = {}
    if filters.alerting:
        where += [_BEFORE_AN_ALERT, "h.day >= (select min(date(day, '-6 days')) from alerts where status = 'open')"]
    plain = {
        "tag": "t.tag = :tag",
        "indicator": "h.indicator_id = :indicator",
        "since": "h.day >= :since",
        "until": "h.day <= :until",
        "min_score": "h.score >= :min_score",
        "language": "i.language = :language",
        "feed": "i.feed_id = :feed",
        "assigned": "h.assigned_to = :assigned",
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
    row = connection.execute(f"select day, {_rank(order)} as score, id from hits h where id = ?", (after,)).fetchone()
    if row is None:
        return "true", {}
    less, more = (">", "<") if backwards else ("<", ">")
    rank = _rank(order)
    same = f"({rank} {less} :at_score or ({rank} = :at_score and h.id {more} :at_id))"
    clause = same if order != "newest" else f"h.day {less}= :at_day and (h.day {less} :at_day or {same})"
    return clause, {"at_day": row["day"], "at_score": row["score"], "at_id": row["id"]}


def _order(order: Order, backwards: bool = False) -> str:
    down, up = ("asc", "desc") if backwards else ("desc", "asc")
    day = f"h.day {down}, " if order == "newest" else ""
    return f"{day}{_rank(order)} {down}, h.id {up}"


def _rank(order: Order) -> str:
    """What hits of a day, or all, are put in order by; a hit that no model has seen stands by its score."""
    return "coalesce(h.relevance, h.score)" if order == "relevance" else "h.score"
