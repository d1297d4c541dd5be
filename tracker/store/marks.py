"""What analysts put on things to find them again: tags on hits, and stories that somebody watches."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from tracker.store.connect import writing
from tracker.store.stories import now_called

MOST_TAGS = 12
_WORD = re.compile(r"[\w.+-]{1,40}")


def tags_in(text: str) -> tuple[str, ...]:
    """The tags that somebody typed, separated by commas or white space; what is no word is left out."""
    words = (word.strip("#").lower() for word in re.split(r"[,;\s]+", text))
    return tuple(dict.fromkeys(word for word in words if _WORD.fullmatch(word)))[:MOST_TAGS]


def tags_of(connection: sqlite3.Connection, hit_id: int) -> list[str]:
    """The tags on a hit."""
    return [row[0] for row in connection.execute("select tag from hit_tags where hit_id = ? order by tag", (hit_id,))]


def all_tags(connection: sqlite3.Connection, limit: int = 200) -> list[str]:
    """Every tag in use."""
    return [row[0] for row in connection.execute("select distinct tag from hit_tags order by tag limit ?", (limit,))]


def tag(connection: sqlite3.Connection, hit_id: int, words: Iterable[str], *, by: str, at: str) -> None:
    """Let a hit bear these tags and no others. Raises LookupError where there is no such hit."""
    wanted = set(words)
    with writing(connection):
        if connection.execute("select 1 from hits where id = ?", (hit_id,)).fetchone() is None:
            raise LookupError(hit_id)
        held = set(tags_of(connection, hit_id))
        connection.executemany(
            "delete from hit_tags where hit_id = ? and tag = ?", [(hit_id, word) for word in held - wanted]
        )
        connection.executemany(
            "insert into hit_tags (hit_id, tag, tagged_by, at) values (?, ?, ?, ?)",
            [(hit_id, word, by, at) for word in sorted(wanted - held)],
        )


def watches(connection: sqlite3.Connection, viewer: str, story_id: int) -> bool:
    """Whether somebody watches a story."""
    row = connection.execute(
        "select 1 from story_watches where user_name = ? and story_id = ?", (viewer, story_id)
    ).fetchone()
    return row is not None


def watch(connection: sqlite3.Connection, viewer: str, story_id: int, *, at: str, on: bool) -> None:
    """Watch a story, or stop; watching it anew counts from what it holds now. Raises LookupError for no such story."""
    with writing(connection):
        story_id = now_called(connection, story_id)
        if connection.execute("select 1 from stories where id = ?", (story_id,)).fetchone() is None:
            raise LookupError(story_id)
        connection.execute("delete from story_watches where user_name = ? and story_id = ?", (viewer, story_id))
        if on:
            connection.execute(
                """insert into story_watches (user_name, story_id, since, size_seen)
                   select ?, id, ?, size from stories where id = ?""",
                (viewer, at, story_id),
            )


def watched(connection: sqlite3.Connection, viewer: str, limit: int = 20) -> list[sqlite3.Row]:
    """The stories that somebody watches with their title, size and ``fresh`` items; those that grew come first."""
    return connection.execute(
        """select s.id, s.size, s.outlets, s.first_day, max(0, s.size - w.size_seen) as fresh,
                  substr(i.title, 1, 300) as title, i.language
           from story_watches w join stories s on s.id = w.story_id left join items i on i.id = s.first_item_id
           where w.user_name = ? order by s.size > w.size_seen desc, w.since desc limit ?""",
        (viewer, limit),
    ).fetchall()


def looked_at(connection: sqlite3.Connection, viewer: str, story_id: int) -> None:
    """Remember that a watcher has seen the story as it is now."""
    with writing(connection):
        connection.execute(
            """update story_watches set size_seen = (select size from stories where id = story_id)
               where user_name = ? and story_id = ?""",
            (viewer, story_id),
        )
