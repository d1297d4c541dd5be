"""Verdicts: append-only reviews, undone one act at a time. A newer verdict is never overwritten by a stale page."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.model import Verdict
from tracker.store.connect import writing

NOTE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Act:
    """One keystroke's worth of reviews: the hit that was judged, and copies of its story judged with it."""

    id: int
    hit_id: int
    verdict: Verdict
    hits: int


@dataclass(frozen=True, slots=True)
class InForce:
    """The review that a hit stands under now; id 0 and no reviewer where nobody has judged it."""

    id: int
    status: str
    reviewer: str = ""
    at: str = ""
    note: str = ""


class ConflictError(Exception):
    """The page was stale: somebody judged the hit, or took it back, since it was shown."""

    def __init__(self, hit_id: int, in_force: InForce) -> None:
        super().__init__(f"hit {hit_id} changed")
        self.hit_id = hit_id
        self.in_force = in_force


def in_force(connection: sqlite3.Connection, hit_id: int) -> InForce:
    """What a hit stands under. Raises LookupError where there is no such hit."""
    row = connection.execute(
        """select coalesce(r.id, 0) as id, h.status, coalesce(r.reviewer, '') as reviewer, coalesce(r.at, '') as at,
                  coalesce(r.note, '') as note
           from hits h left join reviews r on r.id = h.last_review_id where h.id = ?""",
        (hit_id,),
    ).fetchone()
    if row is None:
        raise LookupError(hit_id)
    return InForce(**row)


def judge(
    connection: sqlite3.Connection,
    hit_id: int,
    verdict: Verdict,
    *,
    reviewer: str,
    at: str,
    seen_review_id: int,
    note: str = "",
    copies: Sequence[int] = (),
) -> Act:
    """Give a verdict on a hit, and the same one on those ``copies`` of its story that nobody has judged.

    ``seen_review_id`` is the review in force that the page showed (0 for none). Raises ConflictError where another is
    in force by now or the hit was withdrawn, LookupError where there is no such hit.
    """
    with writing(connection):
        now = in_force(connection, hit_id)
        if now.id != seen_review_id or now.status == "withdrawn":
            raise ConflictError(hit_id, now)
        act_id = append(connection, hit_id, verdict, reviewer, at, note, now.status, None)
        for copy_id in copies:
            if _is_unjudged_copy(connection, copy_id, hit_id):
                append(connection, copy_id, verdict, reviewer, at, "", "new", act_id)
    judged = connection.execute("select count(*) from reviews where act_id = ?", (act_id,)).fetchone()[0]
    return Act(act_id, hit_id, verdict, judged)


def judge_many(
    connection: sqlite3.Connection, hit_ids: Sequence[int], verdict: Verdict, *, reviewer: str, at: str, note: str = ""
) -> Act | None:
    """Give one verdict on each hit of the list that nobody has judged, as one act; None where none was left."""
    act_id: int | None = None
    judged = 0
    with writing(connection):
        for hit_id in hit_ids:
            row = connection.execute("select status, last_review_id from hits where id = ?", (hit_id,)).fetchone()
            if row is None or row["status"] != "new" or row["last_review_id"]:
                continue
            review_id = append(connection, hit_id, verdict, reviewer, at, note, "new", act_id)
            act_id = act_id or review_id
            judged += 1
    if act_id is None:
        return None
    first = connection.execute("select hit_id from reviews where id = ?", (act_id,)).fetchone()[0]
    return Act(act_id, first, verdict, judged)


def last_act(connection: sqlite3.Connection, reviewer: str) -> int | None:
    """The reviewer's newest act that is still in force: what undo would take back next."""
    row = connection.execute(
        """select r.act_id from reviews r join hits h on h.id = r.hit_id
           where r.reviewer = ? and r.undone_at is null and h.last_review_id = r.id order by r.id desc limit 1""",
        (reviewer,),
    ).fetchone()
    return int(row[0]) if row else None


def undo(connection: sqlite3.Connection, act_id: int, *, by: str, at: str) -> Act:
    """Take an act back: each of its hits returns to the review before it, or to what it was unjudged.

    Hits that somebody has judged again since keep the newer verdict. Raises ConflictError where that is so for the
    act's first hit or the act is undone already, LookupError where there is no such act.
    """
    with writing(connection):
        rows = connection.execute(
            "select id, hit_id, verdict, undone_at from reviews where act_id = ? order by id", (act_id,)
        ).fetchall()
        if not rows:
            raise LookupError(act_id)
        first = rows[0]
        current = in_force(connection, first["hit_id"])
        if first["undone_at"] is not None or current.id != first["id"]:
            raise ConflictError(first["hit_id"], current)
        for row in rows:
            connection.execute(
                "update reviews set undone_by = ?, undone_at = ? where id = ? and undone_at is null",
                (by, at, row["id"]),
            )
            _settle(connection, row["hit_id"])
            _forget_the_miss(connection, row["id"])
    return Act(act_id, first["hit_id"], first["verdict"], len(rows))


def _is_unjudged_copy(connection: sqlite3.Connection, copy_id: int, hit_id: int) -> bool:
    row = connection.execute(
        """select 1 from hits c join hits h on h.id = ? where c.id = ? and c.id != h.id and c.status = 'new'
           and c.story_id = h.story_id and c.indicator_id = h.indicator_id""",
        (hit_id, copy_id),
    ).fetchone()
    return row is not None


def append(
    connection: sqlite3.Connection,
    hit_id: int,
    verdict: Verdict,
    reviewer: str,
    at: str,
    note: str,
    previous: str,
    act_id: int | None,
) -> int:
    """Write one review and put its hit under it; without ``act_id`` it opens an act. Must run in a transaction."""
    review_id = connection.execute(
        """insert into reviews (hit_id, verdict, note, reviewer, at, previous_status, act_id)
           values (?, ?, ?, ?, ?, ?, ?)""",
        (hit_id, verdict, note[:NOTE_LIMIT], reviewer, at, previous, act_id),
    ).lastrowid
    assert review_id is not None
    if act_id is None:
        connection.execute("update reviews set act_id = id where id = ?", (review_id,))
    connection.execute(
        "update hits set status = ?, last_review_id = ?, leased_by = null, leased_until = null where id = ?",
        (verdict, review_id, hit_id),
    )
    return review_id


def _settle(connection: sqlite3.Connection, hit_id: int) -> None:
    """Put a hit under its newest review that stands; under none, back to its status before the first."""
    connection.execute(
        """update hits set
             last_review_id = (select max(id) from reviews where hit_id = hits.id and undone_at is null),
             status = coalesce(
               (select verdict from reviews where hit_id = hits.id and undone_at is null order by id desc limit 1),
               iif(lost_by is null, null, 'withdrawn'),
               (select previous_status from reviews where hit_id = hits.id order by id limit 1), status)
           where id = ?""",
        (hit_id,),
    )


def _forget_the_miss(connection: sqlite3.Connection, review_id: int) -> None:
    """Where the review had filed an item by hand, it is evidence of a miss no longer (see ``filing``)."""
    filed = connection.execute(
        """select h.item_id, h.indicator_id, r.reviewer, r.at from reviews r join hits h on h.id = r.hit_id
           where r.id = ? and r.previous_status = 'withdrawn'""",
        (review_id,),
    ).fetchone()
    if filed is None:
        return
    same = "item_id = ? and indicator_id = ? and reviewer = ? and at = ?"
    connection.execute(f"delete from samples where {same} and probability is null", tuple(filed))
    connection.execute(f"update samples set verdict = null, reviewer = null, at = null where {same}", tuple(filed))
