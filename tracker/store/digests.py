"""What a digest is made of, read from the store: arrivals, verdicts, the series, and coverage by the feeds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

AT_ONCE = 500
STATUS_THAT_COUNTS = "not in ('rejected', 'withdrawn')"


@dataclass(frozen=True, slots=True)
class Window:
    """What arrived between two digests: hits and reviews after one id, up to another. Times are for people."""

    hits_after: int
    hits_upto: int
    reviews_after: int
    reviews_upto: int
    start: str
    end: str
    events_after: int = 0
    events_upto: int = 0
    """Feed events, for notices about feeds."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit that a digest may tell of, with what choosing needs to know."""

    hit_id: int
    story_id: int
    indicator: str
    score: float
    confirmed: bool
    old: bool
    """Published more than seven days before it was found: a feed's past, not news."""
    language: str
    outlets: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscriber has read of a story in digests of one name."""

    outlets: int
    confirmed: bool


def horizon(connection: sqlite3.Connection) -> tuple[int, int]:
    """The newest hit's and review's id, 0 where there is none."""
    row = connection.execute(
        "select coalesce((select max(id) from hits), 0), coalesce((select max(id) from reviews), 0)"
    ).fetchone()
    return row[0], row[1]


def window_of(connection: sqlite3.Connection, start: str, end: str) -> Window:
    """What was found from ``start`` to ``end`` (UTC times), whoever has read it."""
    row = connection.execute(
        """select coalesce((select min(id) - 1 from hits where found_at >= ?1), (select max(id) from hits), 0),
                  coalesce((select max(id) from hits where found_at <= ?2), 0),
                  coalesce((select id from reviews where at < ?1 order by id desc limit 1), 0),
                  coalesce((select max(id) from reviews), 0)""",
        (start, end),
    ).fetchone()
    return Window(row[0], row[1], row[2], row[3], start, end)


_NOT_REJECTED = f"""h.status {STATUS_THAT_COUNTS}
    and (h.status = 'confirmed' or not exists (
        select 1 from hits r where r.story_id = h.story_id and r.indicator_id = h.indicator_id
        and r.status = 'rejected'))"""


def arrivals(connection: sqlite3.Connection, window: Window) -> list[Candidate]:
    """Hits of the window that nobody has rejected, in the order of arrival.

    A copy of a story that was rejected for the same indicator counts as rejected too, unless it was confirmed itself.
    """
    return _candidates(
        connection,
        f"h.id > ? and h.id <= ? and {_NOT_REJECTED}",
        (window.hits_after, window.hits_upto),
    )


def standing(connection: sqlite3.Connection, story_ids: Iterable[int]) -> list[Candidate]:
    """Every hit of the stories that counts as things are now."""
    return [
        candidate
        for batch in _batches(story_ids)
        for candidate in _candidates(
            connection, f"h.story_id in ({','.join('?' * len(batch))}) and {_NOT_REJECTED}", batch
        )
    ]


def confirmations(connection: sqlite3.Connection, window: Window) -> list[Candidate]:
    """Hits that were found before the window, were confirmed in it and still are."""
    return _candidates(
        connection,
        """h.id in (select hit_id from reviews where id > ? and id <= ? and verdict = 'confirmed' and undone_at is null)
           and h.status = 'confirmed' and h.id <= ?""",
        (window.reviews_after, window.reviews_upto, window.hits_after),
    )


def _candidates(connection: sqlite3.Connection, where: str, values: Sequence[int]) -> list[Candidate]:
    rows = connection.execute(
        f"""select h.id, h.story_id, h.indicator_id, h.score, h.status = 'confirmed',
                   h.day < date(h.found_at, '-7 days'), i.language, s.outlets
            from hits h join items i on i.id = h.item_id join stories s on s.id = h.story_id
            where {where} order by h.id""",
        values,
    )
    return [Candidate(r[0], r[1], r[2], r[3], bool(r[4]), bool(r[5]), r[6], r[7]) for r in rows]


def told(connection: sqlite3.Connection, subscriber_id: int, digest: str, story_ids: Iterable[int]) -> dict[int, Told]:
    """Which of the stories were in the subscriber's earlier digests of that name."""
    found: dict[int, Told] = {}
    for batch in _batches(story_ids):
        marks = ",".join("?" * len(batch))
        rows = connection.execute(
            f"""select d.story_id, max(d.outlets), max(d.confirmed) from digest_items d
                where d.subscriber_id = ? and d.digest = ? and d.story_id in ({marks}) group by d.story_id""",
            (subscriber_id, digest, *batch),
        )
        found |= {row[0]: Told(row[1], bool(row[2])) for row in rows}
    return found


def details(connection: sqlite3.Connection, hit_ids: Iterable[int]) -> Iterator[sqlite3.Row]:
    """Everything that is shown of a hit: its item, its feed, its evidence and the text that evidence was found in."""
    for batch in _batches(hit_ids):
        marks = ",".join("?" * len(batch))
        yield from connection.execute(
            f"""select h.id as hit_id, h.story_id, h.indicator_id, h.status, h.evidence, s.outlets,
                       coalesce(v.title, i.title) as title, coalesce(v.summary, i.summary) as summary,
                       coalesce(v.body, i.body) as body, i.url, i.language, i.published_at, i.day,
                       coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source
                from hits h join items i on i.id = h.item_id join feeds f on f.id = i.feed_id
                join stories s on s.id = h.story_id
                left join item_versions v on v.id = (
                    select max(id) from item_versions where item_id = i.id and content_hash = h.content_hash
                    and h.content_hash != i.content_hash)
                where h.id in ({marks})""",
            batch,
        )


def indicators_of(connection: sqlite3.Connection, story_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
    """(story, indicator) of all hits of the stories that count."""
    for batch in _batches(story_ids):
        marks = ",".join("?" * len(batch))
        yield from connection.execute(
            f"""select distinct story_id, indicator_id from hits
                where story_id in ({marks}) and status {STATUS_THAT_COUNTS}""",
            batch,
        )


def indicators(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """id, title, group_name, direction, diagnosticity and retired_at of every indicator, in the codebook's order."""
    return connection.execute(
        "select id, title, group_name, direction, diagnosticity, retired_at from indicators order by position, id"
    ).fetchall()


def daily_stories(connection: sqlite3.Connection, first_day: str, last_day: str) -> list[tuple[str, str, int]]:
    """(indicator, day, stories) of the days that have any."""
    rows = connection.execute(
        "select indicator_id, day, stories from daily_hits where day between ? and ? and stories > 0",
        (first_day, last_day),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def reach_of_feeds(connection: sqlite3.Connection) -> list[str]:
    """The day of the oldest dated item of each feed that has one: how far back the store can see."""
    rows = connection.execute(
        """select (select min(published_at) from items where feed_id = feeds.id and published_at is not null) as first
           from feeds where removed_at = ''"""
    )
    return [row["first"][:10] for row in rows if row["first"]]


def watched_since(connection: sqlite3.Connection) -> str:
    """UTC time of the first check, empty where nothing was polled yet."""
    row = connection.execute("select min(at) from checks").fetchone()
    return str(row[0] or "")


def poll_times(connection: sqlite3.Connection, start: str, end: str) -> list[str]:
    """UTC times of the checks between two times, in order, each once."""
    rows = connection.execute("select distinct at from checks where at between ? and ? order by at", (start, end))
    return [row[0] for row in rows]


def troubled_feeds(connection: sqlite3.Connection, silent_before: str) -> list[sqlite3.Row]:
    """Feeds that are polled but have failed three times in a row, are gone, or have not answered since a time."""
    return connection.execute(
        """select id, coalesce(nullif(title, ''), nullif(publisher, ''), id) as title, status, failures, last_ok_at,
                  last_error
           from feeds where removed_at = '' and kind != 'archive' and status != 'paused'
           and (status = 'gone' or failures >= 3 or (last_ok_at != '' and last_ok_at < ?)) order by last_ok_at, id""",
        (silent_before,),
    ).fetchall()


def polled_feeds(connection: sqlite3.Connection) -> int:
    """How many feeds are polled or should be."""
    row = connection.execute(
        "select count(*) from feeds where removed_at = '' and kind != 'archive' and status != 'paused'"
    ).fetchone()
    return int(row[0])


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]
