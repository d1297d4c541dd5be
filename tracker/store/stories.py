"""Stories: rows for groups of items that tell the same thing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

_NEXT = """1 + max(coalesce((select max(id) from stories), 0), coalesce((select max(old_id) from story_aliases), 0))"""
"""In SQL: the number of the next story. That of a story that was merged into another is never given again."""


def new(connection: sqlite3.Connection, item_id: int, day: str) -> int:
    """Open a story with its first item and return the story's id. Must run inside a transaction."""
    placing = Placing(connection)
    story_id = placing.new(item_id, day)
    placing.write()
    return story_id


def join(connection: sqlite3.Connection, story_id: int, item_id: int) -> bool:
    """Add an item to a story; False where the story was let go meanwhile. Must run inside a transaction."""
    placing = Placing(connection)
    joined = placing.join(story_id, item_id)
    placing.write()
    return joined


@dataclass(slots=True)
class Placing:
    """Stories of many items, decided one by one, written together by ``write``, in one transaction."""

    connection: sqlite3.Connection
    opened: list[tuple[int, int, str]] = field(default_factory=list)
    """(story, its first item, that one's day)"""
    joined: list[tuple[int, int]] = field(default_factory=list)
    """(story, item)"""
    _next: int = 0
    _known: set[int] = field(default_factory=set)

    def new(self, item_id: int, day: str) -> int:
        """Open a story with its first item and return the story's id."""
        if not self._next:
            self._next = int(self.connection.execute(f"select {_NEXT}").fetchone()[0])
        story, self._next = self._next, self._next + 1
        self._known.add(story)
        self.opened.append((story, item_id, day))
        return story

    def join(self, story_id: int, item_id: int) -> bool:
        """Add an item to a story; False where the story was let go meanwhile."""
        if story_id not in self._known:
            if self.connection.execute("select 1 from stories where id = ?", (story_id,)).fetchone() is None:
                return False
            self._known.add(story_id)
        self.joined.append((story_id, item_id))
        return True

    def write(self) -> None:
        """Write what was decided."""
        run = self.connection.executemany
        run("insert into stories (id, first_item_id, first_day) values (?, ?, ?)", self.opened)
        run("update items set story_id = ? where id = ?", [(story, item) for story, item, _ in self.opened])
        run("update items set story_id = ? where id = ?", self.joined)
        for story in {story for story, _ in self.joined}:
            count_again(self.connection, story)


def count_again(connection: sqlite3.Connection, story_id: int) -> None:
    """Count a story's items and outlets. Outlets of one owner, which may be a state, count as one."""
    connection.execute(
        """update stories set (size, first_day, outlets) =
             (select count(*), min(items.day),
                     count(distinct coalesce(nullif(feeds.owner, ''), nullif(feeds.publisher, ''), feeds.id))
              from items join feeds on feeds.id = items.feed_id where items.story_id = stories.id)
           where id = ?""",
        (story_id,),
    )


def now_called(connection: sqlite3.Connection, story_id: int) -> int:
    """The story that a number leads to: itself, or the one it was merged into."""
    row = connection.execute("select story_id from story_aliases where old_id = ?", (story_id,)).fetchone()
    return int(row[0]) if row else story_id


OUTLET = "coalesce(nullif(feeds.publisher, ''), feeds.id)"
"""In SQL: whoever prints what a feed brings, however many feeds that one has."""


def outlet(connection: sqlite3.Connection, feed_id: str) -> str:
    """The outlet of a feed's items."""
    row = connection.execute(f"select {OUTLET} from feeds where id = ?", (feed_id,)).fetchone()
    return str(row[0]) if row else feed_id


def members(
    connection: sqlite3.Connection, first_day: str, last_day: str
) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """(story id, (text, day, outlet)) of all items of the stories whose first item is of those days.

    The items of a story follow each other, its first item first; all bear that one's day.
    """
    rows = connection.execute(
        f"""select s.id, f.day, i.title, i.summary, {OUTLET} as outlet
            from items f join stories s on s.first_item_id = f.id
            join items i on i.story_id = s.id join feeds on feeds.id = i.feed_id
            where f.day between ? and ? and s.id = f.story_id order by s.id, i.id != s.first_item_id, i.id""",
        (first_day, last_day),
    )
    for row in rows:
        yield row["id"], (text(row["title"], row["summary"]), row["day"], row["outlet"])


def text(title: str, summary: str) -> str:
    """What of an item tells which story it belongs to."""
    return f"{title}\n{summary}"
