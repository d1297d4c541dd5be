"""Verdicts to learn from, and the relevance of hits that wait for one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.store.connect import writing


@dataclass(frozen=True, slots=True)
class Judgeable:
    """A hit with what a model reads of it. ``right`` is None before a verdict."""

    id: int
    indicator: str
    score: float
    text: str
    terms: tuple[str, ...]
    story: int
    right: bool | None


_READ = """select h.id, h.indicator_id, h.score, substr(i.title || ' ' || i.summary || ' ' || i.body, 1, 2000),
                  h.evidence, coalesce(h.story_id, -h.item_id), h.status
           from hits h join items i on i.id = h.item_id"""


def judged(connection: sqlite3.Connection) -> list[Judgeable]:
    """Every confirmed or rejected hit that a query found."""
    rows = connection.execute(f"{_READ} where h.status in ('confirmed', 'rejected') and h.origin = 'query'")
    return [_judgeable(row) for row in rows]


def unjudged(connection: sqlite3.Connection, indicator: str) -> Iterator[Judgeable]:
    """The hits of an indicator that wait for a verdict."""
    for row in connection.execute(f"{_READ} where h.indicator_id = ? and h.status = 'new'", (indicator,)):
        yield _judgeable(row)


def keep(connection: sqlite3.Connection, found: Sequence[tuple[float, int]]) -> None:
    """Enter (relevance, hit), in short transactions."""
    for start in range(0, len(found), 500):
        with writing(connection):
            connection.executemany("update hits set relevance = ? where id = ?", found[start : start + 500])


def forget(connection: sqlite3.Connection, but: Sequence[str]) -> None:
    """Take the relevance from hits of all other indicators: their order is by score again."""
    marks = ",".join("?" * len(but))
    with writing(connection):
        connection.execute(
            f"update hits set relevance = null where relevance is not null and indicator_id not in ({marks})",
            tuple(but),
        )


def _judgeable(row: sqlite3.Row) -> Judgeable:
    try:
        spans = json.loads(row[4])
        terms = tuple(sorted({str(span.get("concept") or span.get("term")) for span in spans}))
    except (ValueError, AttributeError, TypeError):
        terms = ()
    right = {"confirmed": True, "rejected": False}.get(row[6])
    return Judgeable(row[0], row[1], row[2], row[3], terms, row[5], right)
