"""When each job of the daemon last succeeded or failed: what health, metrics and the doctor go by."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tracker.store.connect import writing


@dataclass(frozen=True, slots=True)
class JobRun:
    """One job. Times are UTC, empty where it never came to that; ``failures`` counts those since it last succeeded."""

    name: str
    last_ok_at: str
    last_failed_at: str
    failures: int


def note(connection: sqlite3.Connection, name: str, now: str, *, ok: bool) -> None:
    """Remember that a job has just succeeded or failed."""
    with writing(connection):
        if ok:
            connection.execute(
                """insert into job_runs (name, last_ok_at) values (?, ?)
                   on conflict (name) do update set last_ok_at = excluded.last_ok_at, failures = 0""",
                (name, now),
            )
        else:
            connection.execute(
                """insert into job_runs (name, last_failed_at, failures) values (?, ?, 1)
                   on conflict (name) do update
                   set last_failed_at = excluded.last_failed_at, failures = failures + 1""",
                (name, now),
            )


def runs(connection: sqlite3.Connection) -> list[JobRun]:
    """All jobs that ever ran, by name."""
    rows = connection.execute("select name, last_ok_at, last_failed_at, failures from job_runs order by name")
    return [JobRun(*row) for row in rows]
