"""The outbox: digests that were chosen, and the mail that carries them until a server has taken it.

A message keeps its Message-ID through every attempt. What was chosen, how far the subscriber has been told and the
message itself are written in one transaction.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tracker.store.connect import writing
from tracker.store.digests import Window
from tracker.store.subscribers import Subscription, note_refusal


@dataclass(frozen=True, slots=True)
class Entry:
    """One story in a digest."""

    story_id: int
    hit_id: int
    reason: str
    """new, grew or confirmed."""
    outlets: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """A digest that is ready to be queued."""

    period: str
    subject: str
    message_id: str
    message: bytes
    entries: Sequence[Entry]
    left_out: int = 0
    older: int = 0
    alerts: Sequence[tuple[str, str]] = ()
    """(indicator, day) of the alerts it tells."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits to be sent, and the digest it carries."""

    delivery_id: int
    digest_id: int
    subscriber_id: int
    digest: str
    period: str
    recipient: str
    message: bytes
    message_id: str
    attempts: int
    """Attempts so far, this one included once it is claimed."""
    created_at: str
    wanted: bool
    """Whether the address still subscribes to this digest and is to get mail."""
    left_out: int
    older: int
    window_start: str
    window_end: str


class Telling(Protocol):
    """What a finished mail tells."""

    @property
    def entries(self) -> Sequence[Entry]:
        """The stories that found room."""

    @property
    def alerts(self) -> Sequence[tuple[str, str]]:
        """(indicator, day) of its alerts."""

    @property
    def left_out(self) -> int:
        """Stories that found no room."""

    @property
    def older(self) -> int:
        """Stories that were old when they were found."""


def mail_of(told: Telling, period: str, subject: str, message_id: str, message: bytes) -> Mail:
    """A finished mail, ready to be queued."""
    return Mail(period, subject, message_id, message, told.entries, told.left_out, told.older, told.alerts)


class OvertakenError(Exception):
    """Somebody else advanced the subscription, or rejected a chosen hit, while the digest was being made."""


def period_is_told(connection: sqlite3.Connection, subscriber_id: int, digest: str, period: str) -> bool:
    """Whether the subscriber has had, or will get, the digest of that period."""
    row = connection.execute(
        "select 1 from digests where subscriber_id = ? and digest = ? and period = ?", (subscriber_id, digest, period)
    ).fetchone()
    return row is not None


def still_waits(connection: sqlite3.Connection, subscriber_id: int, digest: str) -> bool:
    """Whether an earlier digest of that name has not left yet; the next one then waits and tells of the whole gap."""
    row = connection.execute(
        """select 1 from digests g cross join deliveries d on d.digest_id = g.id
           where g.subscriber_id = ? and g.digest = ? and d.state in ('queued', 'sending') limit 1""",
        (subscriber_id, digest),
    ).fetchone()
    return row is not None


def last_message_id(connection: sqlite3.Connection, subscriber_id: int, digest: str) -> str:
    """Message-ID of the subscriber's newest digest of that name, empty where there is none."""
    row = connection.execute(
        """select d.message_id from digests g cross join deliveries d on d.digest_id = g.id
           where g.subscriber_id = ? and g.digest = ? order by g.period desc limit 1""",
        (subscriber_id, digest),
    ).fetchone()
    return str(row["message_id"]) if row else ""


def expect_much(connection: sqlite3.Connection) -> None:
    """Let this connection write 32 MB between two checkpoints instead of 4: a third of the time with many readers."""
    connection.execute("pragma wal_autocheckpoint = 8000")


def pass_over(connection: sqlite3.Connection, subscription: Subscription, window: Window) -> None:
    """Note that the window held nothing to tell. Raises OvertakenError."""
    with writing(connection):
        _advance(connection, subscription, window)


def pass_over_all(connection: sqlite3.Connection, passed: Sequence[tuple[Subscription, Window]]) -> None:
    """Note in one transaction that many windows held nothing to tell; a subscription that moved meanwhile stays."""
    with writing(connection):
        for subscription, window in passed:
            with suppress(OvertakenError):
                _advance(connection, subscription, window)


def mails_since(connection: sqlite3.Connection, subscriber_id: int, digest: str, moment: str) -> int:
    """Mails of a name whose periods are UTC times after ``moment``: alerts and notices of one reader."""
    row = connection.execute(
        "select count(*) from digests where subscriber_id = ? and digest = ? and period > ?",
        (subscriber_id, digest, moment),
    ).fetchone()
    return int(row[0])


def skip_slot(connection: sqlite3.Connection, subscription: Subscription, now: str) -> None:
    """Note that a slot is over without looking at what arrived."""
    with writing(connection):
        connection.execute(
            "update subscriptions set handled_at = ? where subscriber_id = ? and digest = ?",
            (now, subscription.subscriber_id, subscription.digest),
        )


def put(connection: sqlite3.Connection, subscription: Subscription, window: Window, mail: Mail) -> int:
    """Queue a digest: what it tells, how far its reader is told, and the message, all or nothing; returns its id.

    Raises OvertakenError, with nothing written, where a chosen hit was rejected or the subscription moved meanwhile.
    """
    with writing(connection):
        _advance(connection, subscription, window)
        digest_id = connection.execute(
            """insert into digests (subscriber_id, digest, period, period_start, period_end, created_at, subject,
                                    stories, left_out, older)
               values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (subscription.subscriber_id, subscription.digest, mail.period, window.start, window.end, window.end,
             mail.subject, len(mail.entries), mail.left_out, mail.older),
        ).lastrowid  # fmt: skip
        assert digest_id is not None
        connection.executemany(
            """insert into digest_items (digest_id, subscriber_id, digest, story_id, hit_id, reason, outlets, confirmed,
                                         position)
               values (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (digest_id, subscription.subscriber_id, subscription.digest, e.story_id, e.hit_id, e.reason, e.outlets,
                 e.confirmed, position)
                for position, e in enumerate(mail.entries)
            ],
        )  # fmt: skip
        connection.executemany(
            "insert into alerts_told (subscriber_id, indicator_id, day, digest_id) values (?, ?, ?, ?)",
            [(subscription.subscriber_id, indicator, day, digest_id) for indicator, day in mail.alerts],
        )
        if rejected_hits(connection, digest_id):
            raise OvertakenError
        connection.execute(
            "insert into deliveries (digest_id, message_id, recipient, message) values (?, ?, ?, ?)",
            (digest_id, mail.message_id, subscription.address, mail.message),
        )
    return digest_id


def _advance(connection: sqlite3.Connection, subscription: Subscription, window: Window) -> None:
    moved = connection.execute(
        """update subscriptions set hits_until = ?, reviews_until = ?, since = ?, handled_at = ?,
                  events_until = max(events_until, ?)
           where subscriber_id = ? and digest = ? and hits_until = ? and reviews_until = ? and handled_at = ?
             and events_until = ?""",
        (window.hits_upto, window.reviews_upto, window.end, window.end, window.events_upto, subscription.subscriber_id,
         subscription.digest, subscription.hits_until, subscription.reviews_until, subscription.handled_at,
         subscription.events_until),
    ).rowcount  # fmt: skip
    if moved != 1:
        raise OvertakenError


def rejected_hits(connection: sqlite3.Connection, digest_id: int) -> list[int]:
    """Hits of a digest that were rejected or withdrawn since it was chosen."""
    rows = connection.execute(
        """select d.hit_id from digest_items d join hits h on h.id = d.hit_id
           where d.digest_id = ? and h.status in ('rejected', 'withdrawn')""",
        (digest_id,),
    )
    return [row[0] for row in rows]


def entries(connection: sqlite3.Connection, digest_id: int) -> list[Entry]:
    """What a digest tells, in its order."""
    rows = connection.execute(
        "select story_id, hit_id, reason, outlets, confirmed from digest_items where digest_id = ? order by position",
        (digest_id,),
    )
    return [Entry(r[0], r[1], r[2], r[3], bool(r[4])) for r in rows]


@contextmanager
def sole_sender(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the right to send from this outbox; it goes with the process, however that ends.

    Raises BlockingIOError where another process holds it.
    """
    database = Path(connection.execute("pragma database_list").fetchone()["file"])
    with open(database.with_name(database.name + ".mail.lock"), "a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def requeue_interrupted(connection: sqlite3.Connection) -> int:
    """Queue again what a process that died was sending. Call it only while holding the right to send."""
    with writing(connection):
        return connection.execute("update deliveries set state = 'queued' where state = 'sending'").rowcount


def claim(connection: sqlite3.Connection, now: str, *, mail_too: bool = True) -> Queued | None:
    """Mark the oldest message that is due as being sent and return it; None where nothing is due.

    Without ``mail_too`` only messages to chat channels are looked at.
    """
    with writing(connection):
        row = connection.execute(
            """select d.id as delivery_id, d.digest_id, g.subscriber_id, g.digest, g.period, d.recipient,
                      d.message, d.message_id, d.attempts + 1 as attempts, g.created_at,
                      p.status = 'active' and exists (select 1 from subscriptions s
                          where s.subscriber_id = p.id and s.digest = g.digest) as wanted,
                      g.left_out, g.older, g.period_start as window_start, g.period_end as window_end
               from deliveries d join digests g on g.id = d.digest_id join subscribers p on p.id = g.subscriber_id
               where d.state = 'queued' and d.next_attempt_at <= ? and (? or substr(d.recipient, 1, 8) = 'channel:')
               order by d.next_attempt_at, d.id limit 1""",
            (now, mail_too),
        ).fetchone()
        if row is None:
            return None
        connection.execute(
            "update deliveries set state = 'sending', attempts = attempts + 1, last_attempt_at = ? where id = ?",
            (now, row["delivery_id"]),
        )
    return Queued(**(dict(row) | {"wanted": bool(row["wanted"])}))


def waiting(connection: sqlite3.Connection) -> int:
    """Messages that have not left yet."""
    row = connection.execute("select count(*) from deliveries where state in ('queued', 'sending')").fetchone()
    return int(row[0])


def sent_since(connection: sqlite3.Connection, moment: str) -> int:
    """Messages that a server took after a UTC time."""
    row = connection.execute("select count(*) from deliveries where sent_at > ?", (moment,)).fetchone()
    return int(row[0])


def mark_sent(connection: sqlite3.Connection, mail: Queued, now: str) -> None:
    """A server has taken the message."""
    with writing(connection):
        connection.execute(
            "update deliveries set state = 'sent', sent_at = ?, error = '' where id = ?", (now, mail.delivery_id)
        )
        connection.execute("update subscribers set bounces = 0 where id = ? and bounces > 0", (mail.subscriber_id,))


def mark_failed(connection: sqlite3.Connection, mail: Queued, error: str, *, address_refused: bool = False) -> None:
    """Give a message up. ``address_refused`` counts against the address."""
    with writing(connection):
        connection.execute("update deliveries set state = 'failed', error = ? where id = ?", (error, mail.delivery_id))
        if address_refused:
            note_refusal(connection, mail.subscriber_id)


def put_off(connection: sqlite3.Connection, mail: Queued, error: str, until: str) -> None:
    """Try the message again from a UTC time on."""
    with writing(connection):
        connection.execute(
            "update deliveries set state = 'queued', error = ?, next_attempt_at = ? where id = ?",
            (error, until, mail.delivery_id),
        )


def rest(connection: sqlite3.Connection, until: str) -> None:
    """Try no mail at all before a UTC time: the server is in trouble. Chat channels go on."""
    with writing(connection):
        connection.execute(
            """update deliveries set next_attempt_at = ?1
               where state = 'queued' and next_attempt_at < ?1 and substr(recipient, 1, 8) != 'channel:'""",
            (until,),
        )


def replace_message(
    connection: sqlite3.Connection, mail: Queued, kept: Sequence[Entry], subject: str, message: bytes
) -> None:
    """Tell less than was chosen, under the same Message-ID; what is no longer told may be told another time."""
    keep = [entry.story_id for entry in kept]
    with writing(connection):
        connection.execute(
            f"delete from digest_items where digest_id = ? and story_id not in ({','.join('?' * len(keep))})",
            (mail.digest_id, *keep),
        )
        connection.executemany(
            "update digest_items set hit_id = ?, confirmed = ? where digest_id = ? and story_id = ?",
            [(entry.hit_id, entry.confirmed, mail.digest_id, entry.story_id) for entry in kept],
        )
        connection.execute(
            "update digests set stories = ?, subject = ? where id = ?", (len(keep), subject, mail.digest_id)
        )
        connection.execute(
            """delete from alerts_told where digest_id = ?1 and not exists (
                   select 1 from alerts a where a.indicator_id = alerts_told.indicator_id and a.day = alerts_told.day
                   and a.status = 'open')""",
            (mail.digest_id,),
        )
        connection.execute("update deliveries set message = ? where id = ?", (message, mail.delivery_id))


def log(connection: sqlite3.Connection, limit: int) -> list[sqlite3.Row]:
    """The newest digests with what became of them."""
    return connection.execute(
        """select g.created_at, g.digest, g.period, g.subject, g.stories, g.left_out, d.recipient, d.state, d.attempts,
                  d.next_attempt_at, d.sent_at, d.error, d.message_id, length(d.message) as bytes
           from digests g join deliveries d on d.digest_id = g.id order by g.id desc limit ?""",
        (limit,),
    ).fetchall()


def secret(connection: sqlite3.Connection, name: str, fresh: str) -> str:
    """The secret kept under ``name``; ``fresh`` becomes it where there is none yet."""
    row = connection.execute("select value from secrets where name = ?", (name,)).fetchone()
    if row is None:
        with writing(connection):
            connection.execute("insert or ignore into secrets (name, value) values (?, ?)", (name, fresh))
        row = connection.execute("select value from secrets where name = ?", (name,)).fetchone()
    return str(row["value"])
