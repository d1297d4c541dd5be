"""Samples drawn at random for reading: hits for precision, what queries left for recall; each reading is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tracker.model import Verdict
from tracker.store import filing, reviews
from tracker.store.connect import writing

Stratum = Literal["hit", "near_miss", "suppressed", "non_hit"]
STRATA: tuple[Stratum, ...] = ("hit", "near_miss", "suppressed", "non_hit")
READ_TWICE = 5
"""Every so many-th sample is read by a second analyst too, who does not see the first verdict."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One drawing of one stratum: see the columns of `sample_frames`."""

    indicator: str
    stratum: Stratum
    since: str
    stories: int
    looked_at: int
    counted: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The newest drawing of a stratum and what its readers said, up to the first sample that nobody has read.

    Later ones that were judged elsewhere do not count yet: they may have been picked by their score.
    """

    frame: Frame
    drawn: int
    confirmed: int
    rejected: int
    unsure: int
    codebook_id: int
    drawn_at: str


def primary_hits(connection: sqlite3.Connection, indicator: str, since: str) -> list[int]:
    """Items of the first hits in their stories that the query finds, judged or not."""
    rows = connection.execute(
        """select item_id from hits where indicator_id = ? and day >= ? and status != 'withdrawn' and origin = 'query'
           and lost_by is null and primary_in_story = 1 order by item_id""",
        (indicator, since),
    )
    return [row[0] for row in rows]


def first_items(connection: sqlite3.Connection, since: str) -> list[int]:
    """One item of every story of a day from ``since`` on."""
    rows = connection.execute(
        """select i.id from items i left join stories s on s.id = i.story_id
           where i.day >= ? and (s.id is null or s.first_item_id = i.id) order by i.id""",
        (since,),
    )
    return [row[0] for row in rows]


def stories_with_hit(connection: sqlite3.Connection, indicator: str) -> set[int]:
    """Items of which the story, or the item itself, is a hit of the indicator."""
    rows = connection.execute(
        """select h.item_id, s.first_item_id from hits h left join stories s on s.id = h.story_id
           where h.indicator_id = ? and h.status != 'withdrawn' and h.origin = 'query' and h.lost_by is null""",
        (indicator,),
    )
    return {item for row in rows for item in row if item is not None}


def keep(connection: sqlite3.Connection, frame: Frame, drawn: Sequence[tuple[int, str]], now: str) -> int:
    """Enter a drawing: (item, clause that failed) in the order in which they are to be read. Return its number.

    What was drawn or judged before keeps its verdict and belongs to this drawing from now on.
    """
    with writing(connection):
        frame_id = connection.execute(
            """insert into sample_frames (indicator_id, stratum, codebook_id, since, drawn_at, stories, looked_at,
                                          counted, drawn)
               values (?1, ?2, (select codebook_id from indicators where id = ?1), ?3, ?4, ?5, ?6, ?7, ?8)""",
            (frame.indicator, frame.stratum, frame.since, now, frame.stories, frame.looked_at, frame.counted,
             len(drawn)),
        ).lastrowid  # fmt: skip
        assert frame_id is not None
        chance = len(drawn) / max(1, frame.counted) * frame.looked_at / max(1, frame.stories)
        for item, missing in drawn:
            connection.execute(
                """insert into samples (item_id, indicator_id, stratum, missing_clause, probability, drawn_at, frame_id)
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   on conflict (item_id, indicator_id) do update set stratum = ?3, missing_clause = ?4,
                     probability = ?5, drawn_at = ?6, frame_id = ?7""",
                (item, frame.indicator, frame.stratum, missing, chance, now, frame_id),
            )
        if frame.stratum == "hit":
            _take_over_verdicts(connection, frame_id)
    return frame_id


def _take_over_verdicts(connection: sqlite3.Connection, frame_id: int) -> None:
    connection.execute(
        """update samples set (verdict, reviewer, at) =
             (select h.status, r.reviewer, r.at from hits h join reviews r on r.id = h.last_review_id
              where h.item_id = samples.item_id and h.indicator_id = samples.indicator_id
              and h.status in ('confirmed', 'rejected', 'unsure'))
           where frame_id = ?""",
        (frame_id,),
    )


def tally(connection: sqlite3.Connection, indicator: str, stratum: Stratum) -> Tally | None:
    """What the newest drawing says; None where there was none."""
    row = connection.execute(
        "select * from sample_frames where indicator_id = ? and stratum = ? order by id desc limit 1",
        (indicator, stratum),
    ).fetchone()
    if row is None:
        return None
    counts = {"confirmed": 0, "rejected": 0, "unsure": 0}
    for (verdict,) in connection.execute("select verdict from samples where frame_id = ? order by id", (row["id"],)):
        if verdict is None:
            break
        counts[verdict] += 1
    frame = Frame(indicator, stratum, row["since"], row["stories"], row["looked_at"], row["counted"])
    return Tally(frame, row["drawn"], **counts, codebook_id=row["codebook_id"], drawn_at=row["drawn_at"])


def next_sample(connection: sqlite3.Connection, reader: str, indicator: str = "", after: int = 0) -> int | None:
    """The next sample for this reader: unread ones, and some that another has read; in the order of drawing."""
    narrow = " and s.indicator_id = :indicator" if indicator else ""
    row = connection.execute(
        f"""select s.id from samples s where s.frame_id is not null and s.id > :after{narrow}
            and (s.verdict is null or (s.id % :twice = 0
                 and (select count(*) from sample_readings r where r.sample_id = s.id) = 1))
            and not exists (select 1 from sample_readings r where r.sample_id = s.id and r.reviewer = :reader)
            order by s.id limit 1""",
        {"after": after, "indicator": indicator, "reader": reader, "twice": READ_TWICE},
    ).fetchone()
    return int(row[0]) if row else None


def shown(connection: sqlite3.Connection, sample_id: int) -> sqlite3.Row | None:
    """A sample with its item and indicator, without anybody's verdict."""
    row: sqlite3.Row | None = connection.execute(
        """select s.id, s.item_id, s.indicator_id, n.title as indicator_title, n.counts, n.does_not_count, i.title,
                  i.summary, i.body, i.language, i.url, i.day, i.published_at,
                  coalesce(nullif(f.publisher, ''), nullif(f.title, ''), f.id) as source
           from samples s join items i on i.id = s.item_id join feeds f on f.id = i.feed_id
           join indicators n on n.id = s.indicator_id where s.id = ?""",
        (sample_id,),
    ).fetchone()
    return row


def waiting(connection: sqlite3.Connection) -> dict[str, int]:
    """Indicator -> samples that nobody has read."""
    rows = connection.execute(
        """select indicator_id, count(*) from samples where verdict is null and frame_id is not null
           group by indicator_id"""
    )
    return {row[0]: row[1] for row in rows}


def read(
    connection: sqlite3.Connection, sample_id: int, verdict: Verdict, *, reader: str, at: str, note: str = ""
) -> None:
    """Keep a reading. The first one of a sample stands: it judges the hit, or files a miss under its indicator.

    Raises LookupError where there is no such sample or this reader has read it already.
    """
    with writing(connection):
        sample = connection.execute(
            "select item_id, indicator_id, stratum, verdict from samples where id = ?", (sample_id,)
        ).fetchone()
        made = (
            connection.execute(
                "insert or ignore into sample_readings (sample_id, reviewer, verdict, note, at) values (?, ?, ?, ?, ?)",
                (sample_id, reader, verdict, note[: reviews.NOTE_LIMIT], at),
            )
            if sample
            else None
        )
        if sample is None or made is None or made.rowcount == 0:
            raise LookupError(sample_id)
        if sample["verdict"] is not None:
            return
        hit = connection.execute(
            "select id, status, last_review_id from hits where item_id = ? and indicator_id = ?",
            (sample["item_id"], sample["indicator_id"]),
        ).fetchone()
        if hit is not None and hit["status"] == "new":
            reviews.judge(connection, hit["id"], verdict, reviewer=reader, at=at, seen_review_id=0, note=note)
        elif hit is None and verdict == "confirmed":
            filing.file_under(connection, sample["item_id"], sample["indicator_id"], reviewer=reader, at=at, note=note)
        connection.execute(
            "update samples set verdict = ?, reviewer = ?, at = ? where id = ? and verdict is null",
            (verdict, reader, at, sample_id),
        )


def readings(connection: sqlite3.Connection, indicator: str = "") -> list[list[str]]:
    """The verdicts of every sample that two or more have read."""
    rows = connection.execute(
        """select r.sample_id, r.verdict from sample_readings r join samples s on s.id = r.sample_id
           where ? in ('', s.indicator_id)""",
        (indicator,),
    )
    found: dict[int, list[str]] = {}
    for sample, verdict in rows:
        found.setdefault(sample, []).append(verdict)
    return [verdicts for verdicts in found.values() if len(verdicts) >= 2]


def changed_since(connection: sqlite3.Connection, indicator: str, codebook_id: int) -> bool:
    """Whether the query of an indicator has changed since that codebook."""
    row = connection.execute(
        "select 1 from codebook_breaks where indicator_id = ? and codebook_id > ? and change = 'changed' limit 1",
        (indicator, codebook_id),
    ).fetchone()
    return row is not None
