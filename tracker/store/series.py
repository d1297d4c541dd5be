"""Counts over time for analysis: stories per indicator, day and feed, what was screened, and when feeds answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesFeed:
    """One feed as the series need it. ``archive``: known from replays alone, so that its exposure is inferred."""

    id: str
    archive: bool
    status: str
    added_at: str
    removed_at: str


@dataclass(frozen=True, slots=True)
class SeriesIndicator:
    """One indicator in force, with what the indices weigh it by."""

    id: str
    title: str
    group: str
    direction: str
    ratings: str
    """JSON: hypothesis to word."""
    diagnosticity: str


def first_day(connection: sqlite3.Connection) -> str | None:
    """The earliest day of which there are items, or were before they were let go."""
    days = [connection.execute(f"select min(day) from {table}").fetchone()[0] for table in ("items", "removed_days")]
    return min((day for day in days if day), default=None)


def any_items(connection: sqlite3.Connection, until: str) -> bool:
    """Whether there are items of that day or earlier."""
    return connection.execute("select 1 from items where day <= ? limit 1", (until,)).fetchone() is not None


def any_checks(connection: sqlite3.Connection) -> bool:
    """Whether feeds are asked here, rather than archives replayed alone."""
    return connection.execute("select 1 from checks limit 1").fetchone() is not None


def newest_days(connection: sqlite3.Connection, until: str, limit: int = 364) -> list[tuple[str, int]]:
    """(day, items) of the newest days with items, newest first."""
    rows = connection.execute(
        "select day, count(*) from items where day <= ? group by day order by day desc limit ?", (until, limit)
    )
    return [(row[0], row[1]) for row in rows]


def feeds(connection: sqlite3.Connection) -> list[SeriesFeed]:
    """Every feed that ever was in the catalogue or in an archive."""
    rows = connection.execute("select id, kind = 'archive', status, added_at, removed_at from feeds order by id")
    return [SeriesFeed(row[0], bool(row[1]), row[2], row[3], row[4]) for row in rows]


def indicators(connection: sqlite3.Connection) -> list[SeriesIndicator]:
    """The indicators in force, in the order of the codebook."""
    rows = connection.execute(
        """select id, title, group_name, direction, ratings, diagnosticity from indicators
           where retired_at is null order by position"""
    )
    return [SeriesIndicator(*row) for row in rows]


_ARCHIVES = "select id from feeds where kind = 'archive'"
"""What an archive tells counts as known when it was published: when it was replayed says nothing of the world."""


def screened(connection: sqlite3.Connection, first: str, last: str, known_at: str) -> Iterator[tuple[str, str, int]]:
    """(feed, day, stories) of the items of those days that had been fetched at ``known_at`` (or lie in an archive).

    Stories that were let go for their age count as they did.
    """
    yield from connection.execute(
        f"""select feed_id, day, sum(stories) from (
                select feed_id, day, count(distinct coalesce(story_id, -id)) as stories from items
                where day between :first and :last and (fetched_at <= :known or feed_id in ({_ARCHIVES}))
                group by day, feed_id
                union all
                select feed_id, day, sum(stories) from removed_days
                where day between :first and :last
                      and (fetched_day <= substr(:known, 1, 10) or feed_id in ({_ARCHIVES})) group by day, feed_id)
            group by day, feed_id""",
        {"first": first, "last": last, "known": known_at},
    )


def breaks(connection: sqlite3.Connection, last: str) -> dict[str, str]:
    """Indicator -> newest day up to ``last`` on which its query changed without the past being matched again."""
    rows = connection.execute(
        """select b.indicator_id, max(b.day) from codebook_breaks b join codebooks c on c.id = b.codebook_id
           where c.adopted_at is null and b.change != 'retired' and b.day <= ? group by b.indicator_id""",
        (last,),
    )
    return {row[0]: row[1] for row in rows}


def sampled_verdicts(connection: sqlite3.Connection, known_at: str) -> dict[str, tuple[int, int]]:
    """Indicator -> (confirmed, rejected) of the newest random draw of its hits, up to the first that nobody had read.

    Later ones that were judged elsewhere do not count: they may have been picked by their score.
    """
    rows = connection.execute(
        """select indicator_id, iif(at <= :known, verdict, null) from samples s
           where stratum = 'hit' and frame_id = (
               select max(id) from sample_frames f
               where f.indicator_id = s.indicator_id and f.stratum = 'hit' and f.drawn_at <= :known)
           order by indicator_id, id""",
        {"known": known_at},
    )
    found: dict[str, tuple[int, int]] = {}
    ended: set[str] = set()
    for indicator, verdict in rows:
        if verdict is None:
            ended.add(indicator)
        if indicator not in ended:
            right, wrong = found.get(indicator, (0, 0))
            found[indicator] = (right + (verdict == "confirmed"), wrong + (verdict == "rejected"))
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """A story of an indicator on a day through a feed, and what analysts had said of it: "new" where nothing."""

    indicator: str
    day: str
    feed: str
    story_id: int
    hit_id: int
    status: str


def told(connection: sqlite3.Connection, first: str, last: str, known_at: str) -> Iterator[Told]:
    """Primary hits of those days that had been found at ``known_at``, with the verdict in force at that time.

    Verdicts undone since then count; hits withdrawn since then do not, because when that happened is not kept.
    """
    rows = connection.execute(
        """select h.indicator_id, h.day, i.feed_id, coalesce(h.story_id, -h.item_id), h.id,
                  coalesce((select r.verdict from reviews r where r.hit_id = h.id and r.at <= :known
                            and (r.undone_at is null or r.undone_at > :known) order by r.id desc limit 1), 'new')
           from hits h join items i on i.id = h.item_id
           where h.day between :first and :last and h.status != 'withdrawn' and h.primary_in_story
                 and (h.found_at <= :known or i.feed_id in (select id from feeds where kind = 'archive'))
                 and h.indicator_id in (select id from indicators where retired_at is null)""",
        {"first": first, "last": last, "known": known_at},
    )
    for row in rows:
        yield Told(*row)


def good_checks(connection: sqlite3.Connection, first: str, last: str) -> Iterator[tuple[str, str]]:
    """(feed, time) of every check that was answered between two times, by feed and time."""
    yield from connection.execute(
        """select feed_id, at from checks where outcome != 'failed' and at >= ? and at <= ? order by feed_id, at""",
        (first, last),
    )


def first_checks(connection: sqlite3.Connection) -> dict[str, str]:
    """When each feed was asked for the first time, as far as checks are kept."""
    return dict(connection.execute("select feed_id, min(at) from checks group by feed_id").fetchall())


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as it is to be kept."""

    indicator: str
    day: str
    observed: float
    expected: float
    p: float
    q: float
    exposure: float
    reason: str


REVISED = "late items, verdicts or a new codebook took it back"


def keep_alerts(
    connection: sqlite3.Connection, found: list[AlertRow], judged: tuple[str, str], now: str
) -> tuple[int, int]:
    """Enter alerts of the days from ``judged[0]`` to ``judged[1]``; return (new, taken back). In one transaction.

    What an analyst has acknowledged or closed stays as it is. An open alert that the days' counts no longer bear out is
    closed with a reason, and opened again should they bear it out once more.
    """
    held = {
        (row["indicator_id"], row["day"]): row
        for row in connection.execute("select * from alerts where day between ? and ?", judged)
    }
    new = 0
    for alert in found:
        known = held.pop((alert.indicator, alert.day), None)
        if known is None:
            new += 1
            connection.execute(
                """insert into alerts (indicator_id, day, known_at, observed, expected, p, q, exposure, reason)
                   values (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (alert.indicator, alert.day, now, alert.observed, alert.expected, alert.p, alert.q, alert.exposure,
                 alert.reason),
            )  # fmt: skip
        elif known["status"] == "open" or known["reason"] == REVISED:
            connection.execute(
                """update alerts set observed = ?, expected = ?, p = ?, q = ?, exposure = ?, status = 'open', reason = ?
                   where id = ?""",
                (alert.observed, alert.expected, alert.p, alert.q, alert.exposure, alert.reason, known["id"]),
            )
    gone = [row["id"] for row in held.values() if row["status"] == "open"]
    connection.executemany(
        "update alerts set status = 'closed', reason = ? where id = ?", [(REVISED, alert) for alert in gone]
    )
    return new, len(gone)


@dataclass(frozen=True, slots=True)
class Headline:
    """What a hit's item says, for a list of sources."""

    title: str
    url: str
    feed: str
    item_id: int


def headlines(connection: sqlite3.Connection, hits: Sequence[int]) -> dict[int, Headline]:
    """Titles of the items of these hits."""
    found: dict[int, Headline] = {}
    for hit in hits:
        row = connection.execute(
            """select coalesce(nullif(i.title, ''), substr(i.summary, 1, 200)), i.url,
                      coalesce(nullif(f.title, ''), f.id), i.id
               from hits h join items i on i.id = h.item_id join feeds f on f.id = i.feed_id where h.id = ?""",
            (hit,),
        ).fetchone()
        if row:
            found[hit] = Headline(*row)
    return found
