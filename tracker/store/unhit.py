"""Recent items that no query found: where near misses are looked for."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from tracker.model import Item


@dataclass(frozen=True, slots=True)
class Unhit:
    """A stored item without a hit; ``item`` is what a matcher needs of it."""

    id: int
    day: str
    item: Item


def recent(connection: sqlite3.Connection, limit: int, *, looked_at: int) -> list[Unhit]:
    """The newest ``limit`` items without any hit, one per story, among the last ``looked_at`` that were stored."""
    rows = connection.execute(
        """select i.id, i.day, i.guid, i.url, i.title, i.summary, i.body, i.language, i.author, i.published_at,
                  i.feed_id, f.implies
           from items i join feeds f on f.id = i.feed_id
           where i.id > (select coalesce(max(id), 0) from items) - ?
                 and not exists (select 1 from hits where item_id = i.id and status != 'withdrawn')
                 and (i.story_id is null or i.id = (select first_item_id from stories where id = i.story_id))
           order by i.id desc limit ?""",
        (looked_at, limit),
    )
    return [Unhit(row["id"], row["day"], _item(row)) for row in rows]


def _item(row: sqlite3.Row) -> Item:
    return Item(
        guid=row["guid"],
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        body=row["body"],
        language=row["language"],
        author=row["author"],
        published_at=row["published_at"],
        source=row["feed_id"],
        implies=tuple(json.loads(row["implies"])),
    )
