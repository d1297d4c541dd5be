"""Alerts as analysts handle them: open, acknowledged, snoozed or closed with a reason, and who did what."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tracker.clock import iso
from tracker.store.connect import writing
from tracker.store.notices import WEEK_OF_RISE

State = Literal["open", "acknowledged", "snoozed", "closed"]
Act = Literal["acknowledged", "snoozed", "closed", "reopened"]
STATES: tuple[State, ...] = ("open", "acknowledged", "snoozed", "closed")
NOTE_LIMIT = 2000
PAGE = 50

_STATE = "case when status = 'open' and snoozed_until > :now then 'snoozed' else status end"


@dataclass(frozen=True, slots=True)
class AlertFile:
    """One alert. ``acts`` are newest first; ``last_act`` is the newest one's number, 0 where nobody has acted."""

    row: sqlite3.Row
    state: State
    acts: list[sqlite3.Row]
    last_act: int
    week_before: str
    """First of the seven days that end with the alert's day."""


class StaleError(Exception):
    """Somebody changed the alert since it was shown."""


class ReasonMissingError(Exception):
    """An alert is closed with a reason only."""


def alerts(
    connection: sqlite3.Connection, now: datetime, state: State | None, *, indicator: str = "", before: int = 0
) -> list[AlertFile]:
    """The newest alerts in a state (all, with None), at most one more than PAGE; ``before`` skips so many."""
    rows = connection.execute(
        f"""select a.*, {WEEK_OF_RISE}, {_STATE} as state, n.title, n.direction, n.retired_at from alerts a
            join indicators n on n.id = a.indicator_id
            where (:state is null or {_STATE} = :state) and (:indicator = '' or a.indicator_id = :indicator)
            order by a.day desc, a.q, a.id limit :limit offset :before""",
        {"now": iso(now), "state": state, "indicator": indicator, "limit": PAGE + 1, "before": before},
    ).fetchall()
    return [_file(connection, row) for row in rows]


def counts(connection: sqlite3.Connection, now: datetime) -> dict[State, int]:
    """How many alerts are in each state."""
    found = connection.execute(f"select {_STATE} as state, count(*) from alerts group by state", {"now": iso(now)})
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in found}


def marks(connection: sqlite3.Connection, now: datetime, days: int) -> dict[str, str]:
    """Indicator -> day of its newest alert of the last ``days`` days that is open and not snoozed."""
    rows = connection.execute(
        """select indicator_id, max(day) from alerts
           where status = 'open' and snoozed_until <= ? and day >= ? group by indicator_id""",
        (iso(now), (now - timedelta(days=days)).date().isoformat()),
    )
    return {row[0]: row[1] for row in rows}


def handle(
    connection: sqlite3.Connection,
    alert_id: int,
    act: Act,
    *,
    reviewer: str,
    at: str,
    seen_act: int,
    note: str = "",
    until: str = "",
) -> None:
    """Do one act. ``seen_act`` is the ``last_act`` that the page showed; ``until`` (UTC) is for snoozing.

    Raises LookupError for an unknown alert, StaleError where somebody acted meanwhile, ReasonMissingError for closing
    without a note.
    """
    _need_a_reason(act, note)
    with writing(connection):
        _handle(connection, alert_id, act, reviewer, at, seen_act, note, until)


def handle_many(
    connection: sqlite3.Connection,
    seen: Mapping[int, int],
    act: Act,
    *,
    reviewer: str,
    at: str,
    note: str = "",
    until: str = "",
) -> int:
    """Do one act on many alerts in one transaction; returns on how many.

    ``seen``: alert -> the ``last_act`` that the page showed. Those that somebody has changed since are left as they
    are. Raises ReasonMissingError for closing without a note.
    """
    _need_a_reason(act, note)
    done = 0
    with writing(connection):
        for alert_id, seen_act in seen.items():
            with contextlib.suppress(LookupError, StaleError):
                _handle(connection, alert_id, act, reviewer, at, seen_act, note, until)
                done += 1
    return done


def _need_a_reason(act: Act, note: str) -> None:
    if act == "closed" and not note:
        raise ReasonMissingError


def _handle(
    connection: sqlite3.Connection,
    alert_id: int,
    act: Act,
    reviewer: str,
    at: str,
    seen_act: int,
    note: str,
    until: str,
) -> None:
    row = connection.execute(
        """select reason, (select coalesce(max(id), 0) from alert_acts where alert_id = a.id) as last_act
           from alerts a where id = ?""",
        (alert_id,),
    ).fetchone()
    if row is None:
        raise LookupError(alert_id)
    if row["last_act"] != seen_act:
        raise StaleError
    reason = row["reason"]
    connection.execute(
        """insert into alert_acts (alert_id, act, note, until, reviewer, at, previous_reason)
           values (?, ?, ?, ?, ?, ?, ?)""",
        (alert_id, act, note[:NOTE_LIMIT], until if act == "snoozed" else "", reviewer, at, reason),
    )
    if act == "closed":
        reason = note[:NOTE_LIMIT]
    elif act == "reopened":
        reason = _reason_before_closing(connection, alert_id, reason)
    status = act if act in ("acknowledged", "closed") else "open"
    connection.execute(
        "update alerts set status = ?, reason = ?, snoozed_until = ? where id = ?",
        (status, reason, until if act == "snoozed" else "", alert_id),
    )


def _reason_before_closing(connection: sqlite3.Connection, alert_id: int, present: str) -> str:
    row = connection.execute(
        "select previous_reason from alert_acts where alert_id = ? and act = 'closed' order by id desc limit 1",
        (alert_id,),
    ).fetchone()
    return str(row[0]) if row else present


def _file(connection: sqlite3.Connection, row: sqlite3.Row) -> AlertFile:
    acts = connection.execute("select * from alert_acts where alert_id = ? order by id desc", (row["id"],)).fetchall()
    first = datetime.fromisoformat(row["day"]).date() - timedelta(days=6)
    return AlertFile(row, row["state"], acts, acts[0]["id"] if acts else 0, first.isoformat())
