"""Codebooks: what was in force when. A hit names the codebook that made it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tracker.model import Indicator
from tracker.store.connect import writing


def is_known(database: Path, digest: str) -> bool:
    """Whether a codebook of this text was in force before. Makes nothing; a file that cannot be read knows none."""
    return _asked(database, "select 1 from codebooks where hash = ?", digest)


def is_in_force(database: Path, digest: str) -> bool:
    """Whether a codebook of this text is the one in force. Makes nothing; a file that cannot be read knows none."""
    return _asked(
        database,
        """select 1 from codebooks where hash = ?
           and exists (select 1 from indicators where codebook_id = codebooks.id and retired_at is null)
           and not exists (select 1 from indicators where codebook_id != codebooks.id and retired_at is null)""",
        digest,
    )


def _asked(database: Path, question: str, digest: str) -> bool:
    if not database.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(question, (digest,)).fetchone() is not None
    except sqlite3.Error:
        return False


def number_of(connection: sqlite3.Connection, digest: str) -> int:
    """The id of a codebook that was in force before. Raises LookupError where it was not."""
    row = connection.execute("select id from codebooks where hash = ?", (digest,)).fetchone()
    if row is None:
        raise LookupError(digest)
    return int(row["id"])


def put_in_force(
    connection: sqlite3.Connection,
    *,
    digest: str,
    version: str,
    title: str,
    source: str,
    text: str,
    indicators: Sequence[Indicator],
    now: str,
) -> int:
    """Make a codebook the one that new items are matched with; return its id.

    ``digest`` is the hash of its text. The first codebook counts as adopted for the past; a later one marks a break in
    the series of every indicator that it adds, changes or retires.
    """
    with writing(connection):
        row = connection.execute("select id from codebooks where hash = ?", (digest,)).fetchone()
        first = connection.execute("select 1 from codebooks limit 1").fetchone() is None
        if row is None:
            codebook_id = connection.execute(
                """insert into codebooks (hash, version, title, source, text, loaded_at, adopted_at)
                   values (?, ?, ?, ?, ?, ?, ?)""",
                (digest, version, title, source, text, now, now if first else None),
            ).lastrowid
        else:
            codebook_id = row["id"]
        assert codebook_id is not None
        before = {r["id"]: r for r in connection.execute("select id, query, retired_at from indicators")}
        if not first:
            _mark_breaks(connection, codebook_id, before, indicators, now[:10])
        for position, indicator in enumerate(indicators):
            _upsert(connection, codebook_id, position, indicator)
        kept = {indicator.id for indicator in indicators}
        retired = [(now, name) for name in before if name not in kept]
        connection.executemany("update indicators set retired_at = ? where id = ? and retired_at is null", retired)
    return codebook_id


def _mark_breaks(
    connection: sqlite3.Connection,
    codebook_id: int,
    before: dict[str, sqlite3.Row],
    indicators: Sequence[Indicator],
    day: str,
) -> None:
    breaks = []
    for indicator in indicators:
        known = before.get(indicator.id)
        if known is None or known["retired_at"]:
            breaks.append((codebook_id, indicator.id, day, "added"))
        elif known["query"] != indicator.query:
            breaks.append((codebook_id, indicator.id, day, "changed"))
    kept = {indicator.id for indicator in indicators}
    breaks += [
        (codebook_id, name, day, "retired")
        for name, row in before.items()
        if name not in kept and not row["retired_at"]
    ]
    connection.executemany(
        "insert into codebook_breaks (codebook_id, indicator_id, day, change) values (?, ?, ?, ?)", breaks
    )


def _upsert(connection: sqlite3.Connection, codebook_id: int, position: int, indicator: Indicator) -> None:
    values = {
        "id": indicator.id,
        "codebook_id": codebook_id,
        "position": position,
        "title": indicator.title,
        "group_name": indicator.group,
        "direction": indicator.direction,
        "query": indicator.query,
        "counts": indicator.counts,
        "does_not_count": indicator.does_not_count,
        "confusable": indicator.confusable,
        "ground": json.dumps(indicator.ground, ensure_ascii=False),
        "ratings": json.dumps(dict(indicator.ratings), ensure_ascii=False),
        "diagnosticity": indicator.diagnosticity,
        "diagnosticity_reason": indicator.diagnosticity_reason,
    }
    columns = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
    connection.execute(
        f"insert into indicators ({columns}) values ({marks})"
        f" on conflict (id) do update set {updates}, retired_at = null",
        values,
    )
