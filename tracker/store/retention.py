"""How long what is kept: old rows go in short transactions, while daemon and pages work. Hits and verdicts stay."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker import clock as clocks
from tracker.store import items, removal, upkeep
from tracker.store.connect import writing
from tracker.store.removal import Removable

UNLESS_TOLD = {"checks": 400}
"""Days that are kept where the settings say nothing; whatever is not named here is kept for ever."""
ROWS_AT_ONCE = 2_000
TEXTS_AT_ONCE = 100
PAGES_AT_ONCE = 500
BREATH = 0.02
"""Seconds at least between two transactions, so that others get their turn."""
_WITHOUT_HIT = """not exists (select 1 from hits h where h.item_id = i.id)
    and not exists (select 1 from samples a where a.item_id = i.id)"""


@dataclass(frozen=True, slots=True)
class Going:
    """What goes of one kind. ``days`` 0: nothing, it is kept for ever."""

    what: str
    days: int
    before: str
    """UTC time (or day) before which it goes; "" where nothing does."""
    rows: int = 0


Stop = Callable[[], bool]


def never() -> bool:
    """For those who do not stop halfway."""
    return False


def plan(connection: sqlite3.Connection, keep: Mapping[str, int], now: datetime) -> list[Going]:
    """What would go of each kind. Only reads; may take a while."""
    return [_counted(connection, going) for going in _wanted(keep, now)]


def _wanted(keep: Mapping[str, int], now: datetime) -> Iterator[Going]:
    days = UNLESS_TOLD | dict(keep)
    for what in ("items", *_KINDS):
        kept = days.get(what, 0)
        yield Going(what, kept, clocks.iso(now - timedelta(days=kept)) if kept else "")


def _counted(connection: sqlite3.Connection, going: Going) -> Going:
    if not going.days:
        return going
    if going.what == "items":
        return Going(
            going.what, going.days, going.before, removal.count(connection, Removable(going.before[:10])).items
        )
    rows = connection.execute(f"select count(*) from {_KINDS[going.what].among}", (going.before,)).fetchone()[0]
    return Going(going.what, going.days, going.before, rows)


def run(
    connection: sqlite3.Connection,
    keep: Mapping[str, int],
    now: datetime,
    *,
    who: str,
    stop: Stop = never,
) -> list[Going]:
    """Let go what is older than the settings keep; return what went. Killed at any moment, it goes on next time."""
    gone = []
    for going in _wanted(keep, now):
        rows = 0
        if going.days:
            record = _Record(connection, now, who, going.what, going.before)
            wanted = Removable(going.before[:10])
            rows = (
                stories(connection, wanted, record, stop).items
                if going.what == "items"
                else _in_batches(connection, _KINDS[going.what], going.before, record, stop)
            )
        gone.append(Going(going.what, going.days, going.before, rows))
    if any(going.rows for going in gone) and not stop():
        tidy(connection, stop)
    return gone


class _Record:
    """The line in table ``removals`` that grows with each transaction of a run; none where nothing goes."""

    def __init__(
        self, connection: sqlite3.Connection, now: datetime, who: str, what: str, before: str, because: str = ""
    ) -> None:
        self._connection = connection
        self._about = (clocks.iso(now), who, what, before, because)
        self._id = 0

    def add(self, rows: int) -> None:
        """So many rows go in this transaction."""
        if not rows:
            return
        if not self._id:
            made = self._connection.execute(
                "insert into removals (at, who, what, older_than, because) values (?, ?, ?, ?, ?)", self._about
            ).lastrowid
            assert made is not None
            self._id = made
        self._connection.execute("update removals set removed = removed + ? where id = ?", (rows, self._id))


def stories(connection: sqlite3.Connection, wanted: Removable, record: _Record, stop: Stop) -> removal.Removed:
    """Remove all stories that may go, a few at a time."""
    after, gone = 0, removal.Removed()
    while not stop() and (chosen := removal.candidates(connection, wanted, after)):
        after, started = chosen[-1], time.monotonic()
        with writing(connection):
            removed = removal.remove(connection, wanted, chosen)
            record.add(removed.items)
        gone += removed
        _breathe(started)
    return gone


def remove_hits(
    connection: sqlite3.Connection, statuses: tuple[str, ...], before: str, now: datetime, *, who: str, because: str
) -> removal.Removed:
    """Remove old stories all of whose hits have one of these statuses, with hits, verdicts and items; for ever.

    What was removed, by whom and why stands in table ``removals``. ``before`` is a UTC day.
    """
    record = _Record(connection, now, who, f"hits: {', '.join(statuses)}", before, because)
    gone = stories(connection, Removable(before, statuses), record, never)
    if gone.stories:
        tidy(connection, never)
    return gone


def tidy(connection: sqlite3.Connection, stop: Stop) -> None:
    """Fold the full-text index together, give pages back where the file can shrink, and fold the log in."""
    changes = -1
    while changes < connection.total_changes - 1 and not stop():
        changes, started = connection.total_changes, time.monotonic()
        with writing(connection):
            connection.execute(f"insert into items_fts (items_fts, rank) values ('merge', {PAGES_AT_ONCE})")
        _breathe(started)
    if connection.execute("pragma auto_vacuum").fetchone()[0]:
        while connection.execute("pragma freelist_count").fetchone()[0] and not stop():
            started = time.monotonic()
            connection.execute(f"pragma incremental_vacuum({PAGES_AT_ONCE})").fetchall()
            _breathe(started)
    upkeep.checkpoint(connection)


def _in_batches(connection: sqlite3.Connection, kind: _Kind, before: str, record: _Record, stop: Stop) -> int:
    gone = 0
    while not stop():
        sql = f"select {kind.key} from {kind.among} limit ?"
        ids = [row[0] for row in connection.execute(sql, (before, kind.at_once))]
        if not ids:
            break
        started = time.monotonic()
        with writing(connection):
            rows = kind.let_go(connection, f"{kind.key} in ({','.join(map(str, ids))})")
            record.add(rows)
        gone += rows
        _breathe(started)
        if not rows:
            break
    return gone


def _breathe(started: float) -> None:
    time.sleep(max(BREATH, time.monotonic() - started))


def _bodies(connection: sqlite3.Connection, where: str) -> int:
    rows = connection.execute(
        f"select i.id, i.title, i.summary, i.body from items i where {where} and {_WITHOUT_HIT}"
    ).fetchall()
    for row in rows:
        items.unindex(connection, row)
    connection.executemany("update items set body = '' where id = ?", [(row["id"],) for row in rows])
    items.index(connection, [row["id"] for row in rows])
    return len(rows)


def _deleted_from(table: str) -> Callable[[sqlite3.Connection, str], int]:
    return lambda connection, where: connection.execute(f"delete from {table} where {where}").rowcount


def _mails(connection: sqlite3.Connection, where: str) -> int:
    return connection.execute(f"update deliveries set message = x'' where {where}").rowcount


@dataclass(frozen=True, slots=True)
class _Kind:
    """``among``: table and condition of rows that go, with one ``?`` for the time; ``let_go`` takes the keys' rows."""

    key: str
    among: str
    let_go: Callable[[sqlite3.Connection, str], int]
    at_once: int = ROWS_AT_ONCE


_VERSIONS = """item_versions where replaced_at < ? and content_hash not in (
    select content_hash from hits where hits.item_id = item_versions.item_id)"""
_BODIES = f"items i where i.body != '' and max(i.day || 'T', i.fetched_at) < ? and {_WITHOUT_HIT}"
_MAILS = """deliveries where length(message) > 0 and state in ('sent', 'failed')
    and coalesce(nullif(sent_at, ''), last_attempt_at) < ?"""

_KINDS: dict[str, _Kind] = {
    "bodies": _Kind("i.id", _BODIES, _bodies, TEXTS_AT_ONCE),
    "versions": _Kind("id", _VERSIONS, _deleted_from("item_versions")),
    "mails": _Kind("id", _MAILS, _mails),
    "checks": _Kind("id", "checks where at < ?", _deleted_from("checks")),
}
"""What may go besides stories, by the names of the setting `keep`."""
