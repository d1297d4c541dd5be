"""Full-text search over title, summary and body in any script; CJK words of one or two characters too."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from tracker.store.connect import split_cjk

COUNTED = 1000
"""Matches are counted up to this many."""
_PARTS = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search as typed. ``words`` are its words and phrases; a word may end in ``*`` to match its beginnings."""

    words: tuple[str, ...]

    @property
    def fts(self) -> str:
        """The same for FTS5: all of them must occur. Empty where there is nothing to look for."""
        return " ".join(_term(word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results, newest stored first. ``matches`` stops counting at COUNTED."""

    items: list[sqlite3.Row]
    hits: dict[int, list[sqlite3.Row]]
    matches: int
    more: bool


def wanted(typed: str) -> Wanted:
    """Words and "phrases" of what somebody typed; signs that are no words are left out."""
    storable = typed[:400].replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
    parts = [phrase or word for phrase, word in _PARTS.findall(storable)]
    return Wanted(tuple(part for part in parts if re.search(r"\w", part))[:20])


def search(
    connection: sqlite3.Connection,
    look_for: Wanted,
    *,
    language: str = "",
    with_hits: bool = False,
    before: int = 0,
    limit: int = 30,
) -> Found:
    """Items that contain every word of ``look_for``; those stored before item ``before`` where given."""
    if not look_for.fts:
        return Found([], {}, 0, False)
    narrow = " and i.language = :language" if language else ""
    narrow += " and exists (select 1 from hits where item_id = i.id and status != 'withdrawn')" if with_hits else ""
    values = {"fts": look_for.fts, "language": language, "before": before or 2**62, "limit": limit + 1}
    rows = connection.execute(
        f"""select i.id, i.title, i.summary, i.body, i.url, i.language, i.day, i.published_at, i.story_id, i.feed_id,
                   coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source
            from items_fts join items i on i.id = items_fts.rowid join feeds f on f.id = i.feed_id
            where items_fts match :fts and items_fts.rowid < :before{narrow}
            order by items_fts.rowid desc limit :limit""",
        values,
    ).fetchall()
    joined = " join items i on i.id = items_fts.rowid" if narrow else ""
    counted = connection.execute(
        f"select count(*) from (select 1 from items_fts{joined} where items_fts match :fts{narrow} limit :counted)",
        values | {"counted": COUNTED},
    ).fetchone()[0]
    shown = rows[:limit]
    return Found(shown, _hits_of(connection, [row["id"] for row in shown]), counted, len(rows) > limit)


def _hits_of(connection: sqlite3.Connection, item_ids: list[int]) -> dict[int, list[sqlite3.Row]]:
    marks = ",".join("?" * len(item_ids))
    rows = connection.execute(
        f"""select h.id, h.item_id, h.indicator_id, h.status, n.title, n.direction from hits h
            join indicators n on n.id = h.indicator_id
            where h.item_id in ({marks}) and h.status != 'withdrawn' order by n.position""",
        item_ids,
    )
    found: dict[int, list[sqlite3.Row]] = {}
    for row in rows:
        found.setdefault(row["item_id"], []).append(row)
    return found


def _term(word: str) -> str:
    beginning = word.endswith("*")
    text = " ".join(split_cjk(word.rstrip("*").replace('"', " ")).split())
    return f'"{text}"' + ("*" if beginning else "")
