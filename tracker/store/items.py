"""Items: each stored once, changed ones updated in place with their history kept."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tracker.model import Item

VERSIONS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Identified:
    """An item with the keys by which the store knows it again."""

    item: Item
    canonical_url: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An item that is new in the database, or whose text has changed there."""

    id: int
    identified: Identified
    day: str
    story_id: int | None
    changed: bool


def trusted_keys(items: Sequence[Identified]) -> list[Identified]:
    """The items without keys that their own document shows to be no identity.

    A guid or link that two different texts of one document share (a feed that gives every entry its home page) would
    make them one item.
    """
    guids = Counter(guid for guid, _ in {(i.item.guid, i.content_hash) for i in items})
    links = Counter(link for link, _ in {(i.canonical_url, i.content_hash) for i in items})
    return [
        Identified(
            _without_guid(i.item) if guids[i.item.guid] > 1 else i.item,
            "" if links[i.canonical_url] > 1 else i.canonical_url,
            i.content_hash,
        )
        for i in items
    ]


def _without_guid(item: Item) -> Item:
    return replace(item, guid="")


def store(connection: sqlite3.Connection, feed_id: str, items: Sequence[Identified], now: str) -> list[Stored]:
    """Store what is new or changed among a document's items and return only that, oldest first.

    An item is known by its guid, else its canonical link, else its content. A new guid on a link and text that are
    stored already is the same item (some feeds make new guids at every poll). Must run inside a transaction.
    """
    found: list[Stored] = []
    for identified in reversed(trusted_keys(items)):
        known = _find(connection, feed_id, identified)
        if known is None:
            found.append(_insert(connection, feed_id, identified, now))
        elif known["content_hash"] != identified.content_hash:
            found.append(_change(connection, known, identified, now))
    return found


def _find(connection: sqlite3.Connection, feed_id: str, it: Identified) -> sqlite3.Row | None:
    columns = "id, title, summary, body, content_hash, story_id, day"
    if it.item.guid:
        row = _one(
            connection,
            f"select {columns} from items where feed_id = ? and guid = ? and guid != ''",
            feed_id,
            it.item.guid,
        )
        if row is not None:
            return row
    if it.canonical_url:
        sql = f"select {columns} from items where feed_id = ? and canonical_url = ? and canonical_url != ''"
        if it.item.guid:
            return _one(connection, f"{sql} and content_hash = ?", feed_id, it.canonical_url, it.content_hash)
        return _one(connection, f"{sql} order by id desc", feed_id, it.canonical_url)
    if it.item.guid:
        return None
    return _one(
        connection, f"select {columns} from items where feed_id = ? and content_hash = ?", feed_id, it.content_hash
    )


def _one(connection: sqlite3.Connection, sql: str, *values: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(sql + " limit 1", values).fetchone()
    return row


def _insert(connection: sqlite3.Connection, feed_id: str, it: Identified, now: str) -> Stored:
    item = it.item
    day = (item.published_at or now)[:10]
    row_id = connection.execute(
        """insert into items (feed_id, guid, url, canonical_url, title, summary, body, language, author, published_at,
                              fetched_at, day, date_doubtful, content_hash)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (feed_id, item.guid, item.url, it.canonical_url, item.title, item.summary, item.body, item.language,
         item.author, item.published_at, now, day, item.published_at is None, it.content_hash),
    ).lastrowid  # fmt: skip
    assert row_id is not None
    return Stored(row_id, it, day, None, changed=False)


def _change(connection: sqlite3.Connection, known: sqlite3.Row, it: Identified, now: str) -> Stored:
    connection.execute(
        """insert into item_versions (item_id, title, summary, body, content_hash, replaced_at)
           values (?, ?, ?, ?, ?, ?)""",
        (known["id"], known["title"], known["summary"], known["body"], known["content_hash"], now),
    )
    connection.execute(
        """delete from item_versions where item_id = ? and id not in
           (select id from item_versions where item_id = ? order by id desc limit ?)
           and content_hash not in (select content_hash from hits where hits.item_id = item_versions.item_id)""",
        (known["id"], known["id"], VERSIONS_KEPT),
    )
    unindex(connection, known)
    item = it.item
    connection.execute(
        "update items set title = ?, summary = ?, body = ?, url = ?, canonical_url = ?, content_hash = ? where id = ?",
        (item.title, item.summary, item.body, item.url, it.canonical_url, it.content_hash, known["id"]),
    )
    return Stored(known["id"], it, known["day"], known["story_id"], changed=True)


def unindex(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Take an item out of the full-text index; ``row`` must hold the texts that were indexed."""
    connection.execute(
        """insert into items_fts (items_fts, rowid, title, summary, body)
           values ('delete', ?, split_cjk(?), split_cjk(?), split_cjk(?))""",
        (row["id"], row["title"], row["summary"], row["body"]),
    )


def index(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Put items into the full-text index, in one statement per batch."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        batch = wanted[start : start + 500]
        marks = ",".join("?" * len(batch))
        connection.execute(
            f"""insert into items_fts (rowid, title, summary, body)
                select id, split_cjk(title), split_cjk(summary), split_cjk(body) from items where id in ({marks})""",
            batch,
        )
