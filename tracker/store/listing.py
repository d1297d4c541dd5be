"""Hits as rows: for lists, exports and the Atom feed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tracker.store import queue

COLUMNS = (
    "hit", "indicator", "indicator_title", "direction", "status", "day", "published_at", "title", "source", "language",
    "url", "score", "story", "outlets", "verdict_by", "verdict_at", "note",
)  # fmt: skip

_ROW = """select h.id as hit, h.indicator_id as indicator, n.title as indicator_title, n.direction, h.status, h.day,
       i.published_at, i.title, coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source, i.language,
       i.url, h.score, h.story_id as story, s.outlets, r.reviewer as verdict_by, r.at as verdict_at, r.note,
       substr(i.summary, 1, 1000) as summary, h.assigned_to
   from hits h join items i on i.id = h.item_id join feeds f on f.id = i.feed_id
   join indicators n on n.id = h.indicator_id
   left join stories s on s.id = h.story_id left join reviews r on r.id = h.last_review_id where h.id = ?"""


def rows(connection: sqlite3.Connection, hit_ids: Sequence[int]) -> list[sqlite3.Row]:
    """One row per hit in the order given: COLUMNS, then summary and assigned_to."""
    found = (connection.execute(_ROW, (hit_id,)).fetchone() for hit_id in hit_ids)
    return [row for row in found if row is not None]


def page(connection: sqlite3.Connection, filters: queue.Filters, limit: int, after: int = 0) -> list[sqlite3.Row]:
    """The next ``limit`` hits of a queue as rows."""
    return rows(connection, queue.page(connection, filters, limit, after))


def lately_confirmed(connection: sqlite3.Connection, limit: int = 50) -> list[sqlite3.Row]:
    """Hits by their newest confirming review, newest first; one per story and indicator."""
    ids = connection.execute(
        """select r.hit_id from reviews r cross join hits h on h.id = r.hit_id
           where r.id > 0 and r.verdict = 'confirmed' and h.last_review_id = r.id and h.primary_in_story = 1
           order by r.id desc limit ?""",
        (limit,),
    )
    return rows(connection, [row[0] for row in ids])
