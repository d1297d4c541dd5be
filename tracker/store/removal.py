"""Takes whole stories out of the store, with the index, the counts and the memory of them kept in step."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.store import items

STORIES_AT_ONCE = 100
_BATCH = 500
_HITS = "and h.status not in ({})"


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows went."""

    stories: int = 0
    items: int = 0
    hits: int = 0
    reviews: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(
            self.stories + other.stories,
            self.items + other.items,
            self.hits + other.hits,
            self.reviews + other.reviews,
        )


@dataclass(frozen=True, slots=True)
class Removable:
    """Which stories may go: all their items are of days before ``before`` and were fetched before it.

    No item of theirs has a hit, other than of a status in ``hits``, or was drawn as a sample; nobody watches them and
    no mail told them.
    """

    before: str
    hits: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The condition in SQL, on ``stories s``; bind ``values``."""
        but = _HITS.format(",".join(f"'{status}'" for status in self.hits)) if self.hits else ""
        wanted = "exists (select 1 from hits h where h.story_id = s.id)" if self.hits else "true"
        return f"""s.first_day < :before and {wanted}
            and not exists (
                select 1 from items i where i.story_id = s.id and (
                    i.day >= :before or i.fetched_at >= :before or i.id = :newest
                    or exists (select 1 from hits h where h.item_id = i.id {but})
                    or exists (select 1 from samples a where a.item_id = i.id)))
            and not exists (select 1 from hits h where h.story_id = s.id and h.id = :newest_hit)
            and not exists (select 1 from story_watches w where w.story_id = s.id)
            and not exists (select 1 from digest_items d where d.story_id = s.id)"""

    def values(self, connection: sqlite3.Connection) -> dict[str, object]:
        """The newest item and hit stay, because their numbers must not be given again."""
        newest = connection.execute(
            "select coalesce((select max(id) from items), 0), coalesce((select max(id) from hits), 0)"
        ).fetchone()
        return {"before": self.before, "newest": newest[0], "newest_hit": newest[1]}


def count(connection: sqlite3.Connection, wanted: Removable) -> Removed:
    """What would go. Reads the whole store."""
    row = connection.execute(
        f"""with gone as materialized (select s.id from stories s where {wanted.where})
            select (select count(*) from gone), (select count(*) from items where story_id in gone),
                   (select count(*) from hits where story_id in gone),
                   (select count(*) from reviews where hit_id in (select id from hits where story_id in gone))""",
        wanted.values(connection),
    ).fetchone()
    return Removed(*row)


def candidates(connection: sqlite3.Connection, wanted: Removable, after: int) -> list[int]:
    """The next stories that may go, by number; those up to ``after`` left out."""
    rows = connection.execute(
        f"select s.id from stories s where s.id > :after and {wanted.where} order by s.id limit :limit",
        wanted.values(connection) | {"after": after, "limit": STORIES_AT_ONCE},
    )
    return [row[0] for row in rows]


def remove(connection: sqlite3.Connection, wanted: Removable, stories: Sequence[int]) -> Removed:
    """Remove those of these stories that still may go. Must run inside a transaction.

    How many stories each feed told on a day is kept, because shares and exposure are made of it.
    """
    marks = ",".join(map(str, stories))
    gone = [
        row[0]
        for row in connection.execute(
            f"select s.id from stories s where s.id in ({marks}) and {wanted.where}", wanted.values(connection)
        )
    ]
    among = f"in ({','.join(map(str, gone))})"
    rows = connection.execute(
        f"""select id, feed_id, story_id, day, fetched_at, title, summary, body,
                   coalesce(nullif(entry_hash, ''), content_hash) as entry_hash from items where story_id {among}"""
    ).fetchall()
    for row in rows:
        items.unindex(connection, row)
    connection.executemany(
        "insert or ignore into removed_entries (key) values (?)",
        [(entry_key(row["feed_id"], row["entry_hash"]),) for row in rows],
    )
    _keep_counts(connection, rows)
    return _delete(connection, among, len(gone), [row["id"] for row in rows])


def _keep_counts(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> None:
    first_told: dict[tuple[str, str, int], str] = {}
    for row in rows:
        spot = (row["feed_id"], row["day"], row["story_id"])
        first_told[spot] = min(row["fetched_at"][:10], first_told.get(spot, "~"))
    connection.executemany(
        """insert into removed_days (feed_id, day, fetched_day, stories) values (?, ?, ?, 1)
           on conflict (day, feed_id, fetched_day) do update set stories = stories + 1""",
        [(feed, day, fetched) for (feed, day, _), fetched in first_told.items()],
    )


def _delete(connection: sqlite3.Connection, among: str, stories: int, ids: Sequence[int]) -> Removed:
    def rows(sql: str) -> int:
        return connection.execute(sql).rowcount

    of_hits = f"hit_id in (select id from hits where story_id {among})"
    reviews = rows(f"delete from reviews where {of_hits}")
    rows(f"delete from hit_tags where {of_hits}")
    hits = rows(f"delete from hits where story_id {among}")
    for start in range(0, len(ids), _BATCH):
        of_items = f"item_id in ({','.join(map(str, ids[start : start + _BATCH]))})"
        rows(f"delete from item_versions where {of_items}")
        rows(f"delete from pages where {of_items}")
    gone = rows(f"delete from items where story_id {among}")
    rows(f"delete from story_aliases where story_id {among}")
    rows(f"delete from stories where id {among}")
    return Removed(stories, gone, hits, reviews)


def entry_key(feed_id: str, entry_hash: str) -> int:
    """What a removed entry is known by, should its feed show it again."""
    text = f"{feed_id}\x1f{entry_hash}"
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def seen_before(connection: sqlite3.Connection, feed_id: str, entry_hashes: Sequence[str]) -> set[str]:
    """Those of a feed's entries that were stored once and removed."""
    if connection.execute("select 1 from removed_entries limit 1").fetchone() is None:
        return set()
    by_key = {entry_key(feed_id, entry_hash): entry_hash for entry_hash in entry_hashes}
    keys, found = list(by_key), set()
    for start in range(0, len(keys), _BATCH):
        batch = ",".join(map(str, keys[start : start + _BATCH]))
        rows = connection.execute(f"select key from removed_entries where key in ({batch})")
        found |= {by_key[row[0]] for row in rows}
    return found


def take_back(connection: sqlite3.Connection, feed_id: str, entry_hash: str, day: str) -> None:
    """A removed entry is stored anew: neither its mark nor its share of the counts stays."""
    connection.execute("delete from removed_entries where key = ?", (entry_key(feed_id, entry_hash),))
    connection.execute(
        """update removed_days set stories = stories - 1 where stories > 0 and feed_id = ?1 and day = ?2
           and fetched_day = (select min(fetched_day) from removed_days
                              where feed_id = ?1 and day = ?2 and stories > 0)""",
        (feed_id, day),
    )
