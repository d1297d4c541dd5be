"""Items: each stored once, changed ones updated in place with their history kept."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tracker.model import Item, Match

VERSIONS_KEPT = 20
KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Identified:
    """An item with the keys by which the store knows it again."""

    item: Item
    canonical_url: str
    content_hash: str
    entry_hash: str = ""
    """Hash of the feed's own text, where an article took its place."""
    matches: tuple[Match, ...] | None = None
    """What was recognised in it; None where nobody has looked yet."""


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
        replace(
            i,
            item=_without_guid(i.item) if guids[i.item.guid] > 1 else i.item,
            canonical_url="" if links[i.canonical_url] > 1 else i.canonical_url,
        )
        if guids[i.item.guid] > 1 or links[i.canonical_url] > 1
        else i
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
    trusted = trusted_keys(items)
    taken = _taken_keys(connection, feed_id, trusted)
    for identified in reversed(trusted):
        keys = _keys(identified)
        known = None if taken.isdisjoint(keys) else _find(connection, feed_id, identified)
        if known is None:
            found.append(_insert(connection, feed_id, identified, now))
            taken.update(keys)
        elif (known["entry_hash"] or known["content_hash"]) != identified.content_hash:
            found.append(_change(connection, known, _with_known_article(known, identified), now))
    return found


def fill(
    connection: sqlite3.Connection, item_id: int, article: str, implies: tuple[str, ...], now: str
) -> Stored | None:
    """Put the article behind its link into an item as its body, where that tells more than the feed's own text.

    Returns the item as changed, to be matched and indexed anew; None where nothing changed. ``implies``: what its feed
    takes for granted. The earlier text is kept where hits point into it. Must run inside a transaction.
    """
    row = connection.execute("select * from items where id = ?", (item_id,)).fetchone()
    if row is None or row["body"] == article or (not row["entry_hash"] and len(article) <= len(row["body"])):
        return None
    entry_hash = row["entry_hash"] or row["content_hash"]
    item = Item(
        row["guid"], row["url"], row["title"], row["summary"], article, row["language"], row["author"],
        row["published_at"], source=row["feed_id"], implies=implies,
    )  # fmt: skip
    it = Identified(item, row["canonical_url"], _hash_with_article(entry_hash, article), entry_hash)
    return _change(connection, row, it, now, only_if_pointed_into=True)


def _with_known_article(known: sqlite3.Row, it: Identified) -> Identified:
    """A changed entry keeps the article that was read for it, until that is read anew."""
    if not known["entry_hash"]:
        return it
    article = known["body"]
    return replace(
        it,
        item=replace(it.item, body=article),
        content_hash=_hash_with_article(it.content_hash, article),
        entry_hash=it.content_hash,
        matches=None,
    )


def _hash_with_article(entry_hash: str, article: str) -> str:
    text = f"{entry_hash}\x1f{article}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _keys(it: Identified) -> list[tuple[str, str]]:
    """(column, value) of all by which ``_find`` may know an item."""
    keys = [("guid", it.item.guid), ("canonical_url", it.canonical_url)]
    return [key for key in keys if key[1]] or [("content_hash", it.content_hash)]


def _taken_keys(connection: sqlite3.Connection, feed_id: str, items: Sequence[Identified]) -> set[tuple[str, str]]:
    """Those of the items' keys that items of the feed have already, asked for in few questions."""
    wanted: dict[str, list[str]] = {}
    for it in items:
        for column, value in _keys(it):
            wanted.setdefault(column, []).append(value)
    taken = set()
    for column, values in wanted.items():
        for start in range(0, len(values), KEYS_AT_ONCE):
            batch = values[start : start + KEYS_AT_ONCE]
            marks = ",".join("?" * len(batch))
            sql = f"select {column} from items where feed_id = ? and {column} in ({marks}) and {column} != ''"
            taken |= {(column, row[0]) for row in connection.execute(sql, (feed_id, *batch))}
    return taken


def _find(connection: sqlite3.Connection, feed_id: str, it: Identified) -> sqlite3.Row | None:
    columns = "id, title, summary, body, content_hash, entry_hash, story_id, day"
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
            sql += " and (content_hash = ? or entry_hash = ?)"
            return _one(connection, sql, feed_id, it.canonical_url, it.content_hash, it.content_hash)
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


def _change(
    connection: sqlite3.Connection, known: sqlite3.Row, it: Identified, now: str, *, only_if_pointed_into: bool = False
) -> Stored:
    connection.execute(
        """insert into item_versions (item_id, title, summary, body, content_hash, replaced_at)
           select ?1, ?2, ?3, ?4, ?5, ?6
           where not ?7 or exists (select 1 from hits where item_id = ?1 and content_hash = ?5)""",
        (known["id"], known["title"], known["summary"], known["body"], known["content_hash"], now,
         only_if_pointed_into),
    )  # fmt: skip
    connection.execute(
        """delete from item_versions where item_id = ? and id not in
           (select id from item_versions where item_id = ? order by id desc limit ?)
           and content_hash not in (select content_hash from hits where hits.item_id = item_versions.item_id)""",
        (known["id"], known["id"], VERSIONS_KEPT),
    )
    unindex(connection, known)
    item = it.item
    connection.execute(
        """update items set title = ?, summary = ?, body = ?, url = ?, canonical_url = ?, content_hash = ?,
                  entry_hash = ? where id = ?""",
        (item.title, item.summary, item.body, item.url, it.canonical_url, it.content_hash, it.entry_hash, known["id"]),
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
