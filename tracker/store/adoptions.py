"""Adoptions: a codebook is put in force and the past is matched with it, in batches that can be continued."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracker.model import Item, Match
from tracker.store import hits
from tracker.store.connect import writing


@dataclass(frozen=True, slots=True)
class Adoption:
    """Items up to ``ceiling`` are to be matched anew; those up to ``done_until`` have been."""

    id: int
    codebook_id: int
    ceiling: int
    done_until: int
    gained: int
    withdrawn: int
    kept: int
    """Judged hits that the codebook no longer finds."""


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item as it lies in the store, with the hash that says whether its text is still the same."""

    id: int
    content_hash: str
    item: Item


@dataclass(frozen=True, slots=True)
class Tally:
    """What one batch changed."""

    gained: int = 0
    withdrawn: int = 0
    kept: int = 0


class SupersededError(Exception):
    """Another codebook came into force while this one was being adopted."""


def newest(connection: sqlite3.Connection) -> int:
    """The number of the newest adoption, 0 where there was none. Who holds an older one must load the codebook anew."""
    return int(connection.execute("select coalesce(max(id), 0) from adoptions").fetchone()[0])


def begin(connection: sqlite3.Connection, codebook_id: int, now: str) -> Adoption:
    """Open an adoption, or go on with the one of this codebook that was cut off. Must run inside a transaction."""
    row = connection.execute(
        "select id from adoptions where id = (select max(id) from adoptions) and codebook_id = ? and finished_at = ''",
        (codebook_id,),
    ).fetchone()
    if row is not None:
        return get(connection, row["id"])
    made = connection.execute(
        """insert into adoptions (codebook_id, started_at, ceiling)
           values (?, ?, (select coalesce(max(id), 0) from items))""",
        (codebook_id, now),
    ).lastrowid
    assert made is not None
    return get(connection, made)


def get(connection: sqlite3.Connection, adoption_id: int) -> Adoption:
    """Where an adoption stands."""
    row = connection.execute(
        "select id, codebook_id, ceiling, done_until, gained, withdrawn, kept from adoptions where id = ?",
        (adoption_id,),
    ).fetchone()
    return Adoption(*row)


def stored_items(
    connection: sqlite3.Connection, after: int, until: int, *, since: str = "", limit: int = -1
) -> Iterator[StoredItem]:
    """Stored items with ``after`` < id <= ``until`` and a day from ``since`` on, by id, as a matcher needs them."""
    granting = connection.execute("select id, implies from feeds where implies != '[]'")
    implied = {row["id"]: tuple(json.loads(row["implies"])) for row in granting}
    rows = connection.execute(
        """select id, content_hash, guid, url, title, summary, body, language, author, published_at, feed_id
           from items where id > ? and id <= ? and day >= ? order by id limit ?""",
        (after, until, since, limit),
    )
    for row in rows:
        guid, url, title, summary, body, language, author, published_at, feed = row[2:]
        known = implied.get(feed, ())
        item = Item(guid, url, title, summary, body, language, author, published_at, source=feed, implies=known)
        yield StoredItem(row[0], row[1], item)


def store_batch(
    connection: sqlite3.Connection,
    adoption: Adoption,
    found: Sequence[tuple[StoredItem, tuple[Match, ...]]],
    until: int,
    now: str,
) -> Tally:
    """Bring the hits of a batch of items in line with what the codebook finds; note ``until`` as done, all at once.

    Unjudged hits that are found no longer are withdrawn. Judged ones stay and are marked. Items whose text has changed
    since they were read are left: whoever changed them has matched them with the codebook in force.
    Raises SupersededError where that is another by now.
    """
    gained = withdrawn = kept = 0
    with writing(connection):
        if newest(connection) != adoption.id or _in_force(connection) != adoption.codebook_id:
            raise SupersededError
        held = _hits_of(connection, [one.id for one, _ in found])
        for one, matches in found:
            known = held.get(one.id, {})
            if not matches and not known:
                continue
            now_hash = connection.execute("select content_hash from items where id = ?", (one.id,)).fetchone()
            if now_hash is None or now_hash[0] != one.content_hash:
                continue
            changed = [match for match in matches if _is_news(known.get(match.indicator), match)]
            hits.add(
                connection, one.id, changed, codebook_id=adoption.codebook_id, content_hash=one.content_hash, now=now
            )
            gained += sum(
                match.indicator not in known or known[match.indicator]["status"] == "withdrawn" for match in changed
            )
            present = {match.indicator for match in matches}
            withdrawn += sum(
                row["status"] == "new" and row["origin"] == "query" and name not in present
                for name, row in known.items()
            )
            hits.withdraw_absent(connection, one.id, matches)
            kept += _mark(connection, adoption.codebook_id, known, present)
        connection.execute(
            """update adoptions set done_until = ?, gained = gained + ?, withdrawn = withdrawn + ?, kept = kept + ?
               where id = ?""",
            (until, gained, withdrawn, kept, adoption.id),
        )
    return Tally(gained, withdrawn, kept)


def finish(connection: sqlite3.Connection, adoption: Adoption, now: str) -> None:
    """The past is matched as the present is: breaks in the series of this codebook and of earlier ones are closed."""
    with writing(connection):
        if newest(connection) != adoption.id or _in_force(connection) != adoption.codebook_id:
            raise SupersededError
        connection.execute("update adoptions set finished_at = ? where id = ? and finished_at = ''", (now, adoption.id))
        connection.execute("update codebooks set adopted_at = ? where adopted_at is null", (now,))


def _in_force(connection: sqlite3.Connection) -> int:
    row = connection.execute("select codebook_id from indicators where retired_at is null limit 1").fetchone()
    return int(row[0]) if row else 0


def _hits_of(connection: sqlite3.Connection, items: Sequence[int]) -> dict[int, dict[str, sqlite3.Row]]:
    """Hits by item and indicator; ``items`` is in the order of ids."""
    found: dict[int, dict[str, sqlite3.Row]] = {}
    if not items:
        return found
    rows = connection.execute(
        """select id, item_id, indicator_id, status, origin, score, evidence, lost_by from hits
           where item_id between ? and ?""",
        (items[0], items[-1]),
    )
    for row in rows:
        found.setdefault(row["item_id"], {})[row["indicator_id"]] = row
    return found


def _is_news(known: sqlite3.Row | None, match: Match) -> bool:
    if known is None or known["status"] == "withdrawn":
        return True
    same = known["score"] == match.score and known["evidence"] == hits.evidence_json(match.evidence)
    return known["status"] == "new" and known["origin"] == "query" and not same


def _mark(connection: sqlite3.Connection, codebook_id: int, known: Mapping[str, sqlite3.Row], present: set[str]) -> int:
    """Mark judged hits that are no longer found, unmark those that are again; return how many were marked anew."""
    marked = 0
    for name, row in known.items():
        judged = row["status"] in ("confirmed", "rejected", "unsure") and row["origin"] == "query"
        if judged and name not in present and row["lost_by"] is None:
            connection.execute("update hits set lost_by = ? where id = ?", (codebook_id, row["id"]))
            marked += 1
        elif row["lost_by"] is not None and name in present:
            connection.execute("update hits set lost_by = null where id = ?", (row["id"],))
    return marked


def text_in_force(connection: sqlite3.Connection) -> str | None:
    """The text of the codebook that new items are matched with; None before the first."""
    row = connection.execute("select text from codebooks where id = ?", (_in_force(connection),)).fetchone()
    return str(row[0]) if row else None


def is_kept(connection: sqlite3.Connection, digest: str) -> bool:
    """Whether the text of a codebook lies in the database."""
    return connection.execute("select 1 from codebooks where hash = ?", (digest,)).fetchone() is not None


def open_breaks(connection: sqlite3.Connection) -> set[str]:
    """Indicators whose query has changed without the past being matched anew."""
    rows = connection.execute(
        """select distinct b.indicator_id from codebook_breaks b join codebooks c on c.id = b.codebook_id
           where c.adopted_at is null and b.change != 'retired'"""
    )
    return {row[0] for row in rows}
