"""How the house is doing, in numbers: read from the database and the disk, for health, metrics and the doctor."""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tracker import clock as clocks
from tracker.store import jobs

SWEEP_LATE = 900.0
"""Seconds without a good look for due feeds after which the daemon counts as stuck, or ten ticks if that is longer."""
TICKS_LATE = 10
POLL_LATE = 3600.0
"""Seconds that the longest-waiting feed may be overdue."""
MAIL_LATE = 6 * 3600.0
"""Seconds that a queued mail may wait."""
FEW_BYTES = 500_000_000
LARGE_LOG = 500_000_000


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look. Counts are of rows, sizes in bytes, lags in seconds."""

    at: datetime
    feeds: tuple[tuple[str, int], ...]
    """(status, how many) of the feeds of the catalogue."""
    overdue_seconds: float
    """How long the feed that has waited longest past its time has waited; 0 where none does."""
    checks: tuple[tuple[str, int], ...]
    """(outcome, how many) of the last hour."""
    items: int
    hits: tuple[tuple[str, int], ...]
    """(status, how many)."""
    mails: tuple[tuple[str, int], ...]
    """(state, how many)."""
    oldest_mail_seconds: float
    open_alerts: int
    jobs: tuple[jobs.JobRun, ...]
    db_bytes: int
    log_bytes: int
    free_bytes: int

    def stale(self, tick: float) -> list[str]:
        """Why results may be out of date, in words; empty where all is well. ``tick``: seconds between looks."""
        reasons = []
        looked = next((run.last_ok_at for run in self.jobs if run.name == "poll"), "")
        if not looked:
            reasons.append("no daemon has looked for due feeds yet")
        elif (silent := self._since(looked)) > max(SWEEP_LATE, TICKS_LATE * tick):
            reasons.append(f"the daemon last looked for due feeds {_span(silent)} ago")
        elif self.overdue_seconds > POLL_LATE:
            reasons.append(f"feeds wait {_span(self.overdue_seconds)} past their time")
        reasons += [f"{run.name} has failed {run.failures} times in a row" for run in self.jobs if run.failures >= 3]
        if self.oldest_mail_seconds > MAIL_LATE:
            reasons.append(f"a mail has waited {_span(self.oldest_mail_seconds)} to be sent")
        if self.free_bytes < FEW_BYTES:
            reasons.append(f"only {self.free_bytes // 1_000_000} MB are free on the disk of the database")
        if self.log_bytes > LARGE_LOG:
            reasons.append(f"the write-ahead log has grown to {self.log_bytes // 1_000_000} MB")
        return reasons

    def epoch(self, moment: str) -> float:
        """A time of our tables as Unix seconds."""
        return clocks.parse_iso(moment).timestamp()

    def _since(self, moment: str) -> float:
        return (self.at - clocks.parse_iso(moment)).total_seconds()


def look(connection: sqlite3.Connection, database: Path, now: datetime) -> Vitals:
    """Read the vitals. ``connection`` is to ``database``; nothing is written."""

    def counts(sql: str, *values: object) -> tuple[tuple[str, int], ...]:
        return tuple((row[0], row[1]) for row in connection.execute(sql, values))

    def number(sql: str, *values: object) -> int:
        return int(connection.execute(sql, values).fetchone()[0] or 0)

    def age(moment: str | None) -> float:
        return max(0.0, (now - clocks.parse_iso(moment)).total_seconds()) if moment else 0.0

    due = connection.execute(
        """select min(next_due_at) from feeds where removed_at = '' and kind != 'archive'
           and status in ('active', 'failing') and next_due_at != ''"""
    ).fetchone()[0]
    waiting = connection.execute(
        """select min(created_at) from deliveries join digests on digests.id = digest_id
           where state in ('queued', 'sending')"""
    ).fetchone()[0]
    return Vitals(
        at=now,
        feeds=counts("select status, count(*) from feeds where removed_at = '' and kind != 'archive' group by status"),
        overdue_seconds=age(due),
        checks=counts("select outcome, count(*) from checks where at >= ? group by outcome", _ago(now, hours=1)),
        items=number("select count(*) from items"),
        hits=counts("select status, count(*) from hits group by status"),
        mails=counts("select state, count(*) from deliveries group by state"),
        oldest_mail_seconds=age(waiting),
        open_alerts=number("select count(*) from alerts where status = 'open'"),
        jobs=tuple(jobs.runs(connection)),
        db_bytes=_size(database),
        log_bytes=_size(database.with_name(database.name + "-wal")),
        free_bytes=shutil.disk_usage(database.parent).free,
    )


def _ago(now: datetime, *, hours: int) -> str:
    return clocks.iso(now - timedelta(hours=hours))


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _span(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
