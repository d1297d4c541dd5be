"""What analysts do with a hit beside judging it: file an item under an indicator by hand, refile a hit, assign it."""

from __future__ import annotations

import sqlite3

from tracker.store import reviews
from tracker.store.connect import writing


class AlreadyThereError(Exception):
    """The item is a hit of that indicator already."""

    def __init__(self, hit_id: int) -> None:
        super().__init__(f"hit {hit_id} exists")
        self.hit_id = hit_id


def file_under(
    connection: sqlite3.Connection,
    item_id: int,
    indicator: str,
    *,
    reviewer: str,
    at: str,
    note: str = "",
    instead_of: int = 0,
    seen_review_id: int = 0,
) -> reviews.Act:
    """Add a hit that the queries missed, confirmed by ``reviewer``; undoing the act withdraws it.

    With ``instead_of``, a hit of the same item, that hit is rejected in the same act (``seen_review_id`` as in
    ``reviews.judge``). Raises LookupError for an unknown item or indicator, AlreadyThereError, reviews.ConflictError.
    """
    with writing(connection):
        hit_id = _hit_by_hand(connection, item_id, indicator, at)
        act_id = None
        if instead_of:
            row = connection.execute("select item_id from hits where id = ?", (instead_of,)).fetchone()
            if row is None or row["item_id"] != item_id:
                raise LookupError(instead_of)
            act_id = reviews.judge(
                connection, instead_of, "rejected", reviewer=reviewer, at=at, seen_review_id=seen_review_id, note=note
            ).id
        review_id = reviews.append(connection, hit_id, "confirmed", reviewer, at, note, "withdrawn", act_id)
        _note_the_miss(connection, item_id, indicator, reviewer, at)
    return reviews.Act(act_id or review_id, instead_of or hit_id, "confirmed", 2 if instead_of else 1)


def assign(connection: sqlite3.Connection, hit_id: int, name: str) -> bool:
    """Leave a hit to one analyst, or with an empty name to all. False for an unknown hit or nobody of that name."""
    with writing(connection):
        changed = connection.execute(
            """update hits set assigned_to = nullif(?1, ''), leased_by = null, leased_until = null
               where id = ?2
               and (?1 = '' or exists (
                 select 1 from users where name = ?1 and role = 'analyst' and removed_at is null))""",
            (name, hit_id),
        )
    return changed.rowcount == 1


def _hit_by_hand(connection: sqlite3.Connection, item_id: int, indicator: str, at: str) -> int:
    known = connection.execute(
        "select id, status from hits where item_id = ? and indicator_id = ?", (item_id, indicator)
    ).fetchone()
    if known is not None:
        if known["status"] != "withdrawn":
            raise AlreadyThereError(known["id"])
        connection.execute(
            """update hits set origin = 'analyst', primary_in_story = not exists (
                 select 1 from hits o where o.story_id = hits.story_id and o.indicator_id = hits.indicator_id
                 and o.id != hits.id and o.status != 'withdrawn' and o.primary_in_story) where id = ?""",
            (known["id"],),
        )
        return int(known["id"])
    made = connection.execute(
        """insert into hits (item_id, indicator_id, codebook_id, origin, score, status, day, found_at, content_hash,
                             story_id, primary_in_story)
           select i.id, n.id, n.codebook_id, 'analyst', 1, 'withdrawn', i.day, ?3, i.content_hash, i.story_id,
                  not exists (select 1 from hits where story_id = i.story_id and indicator_id = n.id
                              and status != 'withdrawn' and primary_in_story)
           from items i, indicators n where i.id = ?1 and n.id = ?2 and n.retired_at is null""",
        (item_id, indicator, at),
    )
    if made.rowcount != 1 or made.lastrowid is None:
        raise LookupError(item_id)
    return made.lastrowid


def _note_the_miss(connection: sqlite3.Connection, item_id: int, indicator: str, reviewer: str, at: str) -> None:
    """Evidence that the query missed an item; without a probability, because nobody drew it at random."""
    connection.execute(
        """insert into samples (item_id, indicator_id, stratum, drawn_at, verdict, reviewer, at)
           values (?1, ?2, 'non_hit', ?4, 'confirmed', ?3, ?4)
           on conflict (item_id, indicator_id) do update
           set verdict = 'confirmed', reviewer = excluded.reviewer, at = excluded.at where verdict is null""",
        (item_id, indicator, reviewer, at),
    )
