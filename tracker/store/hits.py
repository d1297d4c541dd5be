"""Hits: matches that are kept, with the codebook and the text that made them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from tracker.model import Evidence, Match


def evidence_json(evidence: Sequence[Evidence]) -> str:
    """Evidence as the hits table keeps it: a JSON list of spans with field, start, end, text, term, concept."""
    return json.dumps([asdict(span) for span in evidence], ensure_ascii=False, separators=(",", ":"))


def add(
    connection: sqlite3.Connection,
    item_id: int,
    matches: Sequence[Match],
    *,
    codebook_id: int,
    content_hash: str,
    now: str,
) -> int:
    """Keep the matches of a stored item as new hits and return how many were new. Must run inside a transaction.

    The first hit of an indicator in a story is the primary one. A hit that exists already and nobody has judged takes
    the new evidence; a judged one keeps the evidence it was judged on.
    """
    if not matches:
        return 0
    item = connection.execute("select day, story_id from items where id = ?", (item_id,)).fetchone()
    new = 0
    for match in matches:
        known = connection.execute(
            "select id, status from hits where item_id = ? and indicator_id = ?", (item_id, match.indicator)
        ).fetchone()
        if known is None:
            new += 1
            connection.execute(
                """insert into hits (item_id, indicator_id, codebook_id, score, day, found_at, evidence, content_hash,
                                     story_id, primary_in_story)
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, not exists (
                       select 1 from hits where story_id = ?9 and indicator_id = ?2 and status != 'withdrawn'
                       and primary_in_story))""",
                (item_id, match.indicator, codebook_id, match.score, item["day"], now,
                 evidence_json(match.evidence), content_hash, item["story_id"]),
            )  # fmt: skip
        elif known["status"] in ("new", "withdrawn"):
            connection.execute(
                """update hits set score = ?, evidence = ?, content_hash = ?, codebook_id = ?, status = 'new',
                     origin = iif(status = 'withdrawn', 'query', origin),
                     primary_in_story = primary_in_story or not exists (
                       select 1 from hits o where o.story_id = hits.story_id and o.indicator_id = hits.indicator_id
                       and o.id != hits.id and o.status != 'withdrawn' and o.primary_in_story)
                   where id = ?""",
                (match.score, evidence_json(match.evidence), content_hash, codebook_id, known["id"]),
            )
    return new


def withdraw_absent(connection: sqlite3.Connection, item_id: int, matches: Sequence[Match]) -> None:
    """Withdraw the item's unjudged query hits that no longer match; a copy of the story takes over as primary."""
    present = {match.indicator for match in matches}
    rows = connection.execute(
        """select id, indicator_id, story_id, primary_in_story from hits
           where item_id = ? and status = 'new' and origin = 'query'""",
        (item_id,),
    ).fetchall()
    for row in rows:
        if row["indicator_id"] in present:
            continue
        connection.execute("update hits set status = 'withdrawn', primary_in_story = 0 where id = ?", (row["id"],))
        if row["primary_in_story"]:
            connection.execute(
                """update hits set primary_in_story = 1 where id = (
                       select id from hits where story_id = ? and indicator_id = ? and status != 'withdrawn'
                       order by id limit 1)""",
                (row["story_id"], row["indicator_id"]),
            )
