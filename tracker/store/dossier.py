"""Everything a page says about one hit or one story: item, indicator, other hits, copies, reviews."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tracker.store.stories import now_called

COPIES_SHOWN = 50

_HIT = """select h.*, i.title, i.summary, i.body, i.url, i.language, i.author, i.published_at, i.fetched_at,
       i.date_doubtful, i.feed_id, i.content_hash as item_hash,
       coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source, f.country as feed_country,
       n.title as indicator_title, n.group_name, n.direction, n.counts, n.does_not_count, n.confusable, n.query,
       n.retired_at, lost.loaded_at as lost_at
   from hits h join items i on i.id = h.item_id join feeds f on f.id = i.feed_id
   join indicators n on n.id = h.indicator_id left join codebooks lost on lost.id = h.lost_by where h.id = ?"""


@dataclass(frozen=True, slots=True)
class Texts:
    """The text a hit was found in, and whether the publisher has changed it since."""

    title: str
    summary: str
    body: str
    changed_since: bool
    """The item reads differently now; these are the earlier texts if ``kept``, else the present ones."""
    kept: bool
    """Whether these are the very texts that the evidence points into."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A hit with all its surroundings. ``hit`` has the columns of hits, items, feeds and indicators that pages show."""

    hit: sqlite3.Row
    texts: Texts
    others: list[sqlite3.Row]
    copies: list[sqlite3.Row]
    copies_beyond: int
    reviews: list[sqlite3.Row]


def dossier(connection: sqlite3.Connection, hit_id: int) -> Dossier | None:
    """All about one hit; None where there is no such hit."""
    hit = connection.execute(_HIT, (hit_id,)).fetchone()
    if hit is None:
        return None
    copies = _copies(connection, hit)
    return Dossier(
        hit=hit,
        texts=_texts(connection, hit),
        others=_other_indicators(connection, hit),
        copies=copies[:COPIES_SHOWN],
        copies_beyond=max(0, len(copies) - COPIES_SHOWN),
        reviews=connection.execute(
            "select * from reviews where hit_id = ? order by id desc limit 50", (hit_id,)
        ).fetchall(),
    )


def _texts(connection: sqlite3.Connection, hit: sqlite3.Row) -> Texts:
    if hit["content_hash"] == hit["item_hash"]:
        return Texts(hit["title"], hit["summary"], hit["body"], changed_since=False, kept=True)
    old = connection.execute(
        """select title, summary, body from item_versions
           where item_id = ? and content_hash = ? order by id desc limit 1""",
        (hit["item_id"], hit["content_hash"]),
    ).fetchone()
    if old is None:
        return Texts(hit["title"], hit["summary"], hit["body"], changed_since=True, kept=False)
    return Texts(old["title"], old["summary"], old["body"], changed_since=True, kept=True)


def _other_indicators(connection: sqlite3.Connection, hit: sqlite3.Row) -> list[sqlite3.Row]:
    return connection.execute(
        """select h.id, h.indicator_id, h.status, n.title, n.direction, n.group_name
           from hits h join indicators n on n.id = h.indicator_id
           where h.item_id = ? and h.id != ? and h.status != 'withdrawn' order by n.position""",
        (hit["item_id"], hit["id"]),
    ).fetchall()


def _copies(connection: sqlite3.Connection, hit: sqlite3.Row) -> list[sqlite3.Row]:
    if hit["story_id"] is None:
        return []
    return connection.execute(
        """select h.id, h.status, h.day, h.primary_in_story, substr(i.title, 1, 300) as title, i.language,
                  coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source
           from hits h join items i on i.id = h.item_id join feeds f on f.id = i.feed_id
           where h.story_id = ? and h.indicator_id = ? and h.id != ? and h.status != 'withdrawn'
           order by h.id limit 500""",
        (hit["story_id"], hit["indicator_id"], hit["id"]),
    ).fetchall()


@dataclass(frozen=True, slots=True)
class StoryFile:
    """A story with its items in the order of publication, and the hits of each by item id."""

    row: sqlite3.Row
    items: list[sqlite3.Row]
    hits: dict[int, list[sqlite3.Row]]


def story_file(connection: sqlite3.Connection, story_id: int, limit: int = 200) -> StoryFile | None:
    """All about one story; None where there is no such story. The number of a merged story leads to where it went."""
    story_id = now_called(connection, story_id)
    row = connection.execute("select * from stories where id = ?", (story_id,)).fetchone()
    if row is None:
        return None
    items = connection.execute(
        """select i.id, i.title, substr(i.summary, 1, 600) as summary, i.url, i.language, i.published_at, i.fetched_at,
                  i.day, coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source, f.country
           from items i join feeds f on f.id = i.feed_id where i.story_id = ?
           order by coalesce(i.published_at, i.fetched_at), i.id limit ?""",
        (story_id, limit),
    ).fetchall()
    hits: dict[int, list[sqlite3.Row]] = {}
    for hit in connection.execute(
        """select h.id, h.item_id, h.indicator_id, h.status, h.primary_in_story, n.title, n.direction
           from hits h join indicators n on n.id = h.indicator_id
           where h.story_id = ? and h.status != 'withdrawn' order by n.position""",
        (story_id,),
    ):
        hits.setdefault(hit["item_id"], []).append(hit)
    return StoryFile(row, items, hits)


@dataclass(frozen=True, slots=True)
class ItemFile:
    """An item with its hits, its earlier texts, and the indicators that it could still be filed under."""

    row: sqlite3.Row
    hits: list[sqlite3.Row]
    versions: list[sqlite3.Row]
    elsewhere: list[sqlite3.Row]


def item_file(connection: sqlite3.Connection, item_id: int) -> ItemFile | None:
    """All about one item; None where there is no such item."""
    row = connection.execute(
        """select i.*, coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source
           from items i join feeds f on f.id = i.feed_id where i.id = ?""",
        (item_id,),
    ).fetchone()
    if row is None:
        return None
    hits = connection.execute(
        """select h.id, h.indicator_id, h.status, h.origin, h.lost_by, n.title, n.direction
           from hits h join indicators n on n.id = h.indicator_id
           where h.item_id = ? and h.status != 'withdrawn' order by n.position""",
        (item_id,),
    ).fetchall()
    versions = connection.execute(
        "select title, summary, body, replaced_at from item_versions where item_id = ? order by id desc limit 20",
        (item_id,),
    ).fetchall()
    return ItemFile(row, hits, versions, elsewhere(connection, item_id))


def elsewhere(connection: sqlite3.Connection, item_id: int) -> list[sqlite3.Row]:
    """Indicators in force that the item does not hit."""
    return connection.execute(
        """select id, title from indicators n where retired_at is null and not exists (
             select 1 from hits where item_id = ? and indicator_id = n.id and status != 'withdrawn')
           order by position, id""",
        (item_id,),
    ).fetchall()
