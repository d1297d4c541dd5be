"""Subscribers and their subscriptions: who gets which digest, when, and of what."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from tracker.store.connect import writing

DigestName = Literal["daily", "weekly"]
DIGESTS: tuple[DigestName, ...] = get_args(DigestName)
MailName = Literal["daily", "weekly", "alerts", "feeds"]
"""Digests by the reader's clock; alerts and notices about feeds as they come."""
MAILS: tuple[MailName, ...] = get_args(MailName)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BOUNCES_ALLOWED = 3
"""So many refusals of an address in a row, and it gets no more mail until it is resumed."""


def is_language(word: str) -> bool:
    """Whether it looks like a language code in small letters, such as en or zh-hant."""
    return re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", word, re.ASCII) is not None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a subscriber wants to read. Empty fields do not filter."""

    groups: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    direction: str = ""
    languages: tuple[str, ...] = ()
    min_score: float = 0.0
    confirmed_only: bool = False
    nothing_new: bool = False
    """Whether a mail is wanted that says that there is nothing new."""
    time: str = ""
    """Local time of day such as 07:00; empty for the one of the settings."""
    days: tuple[str, ...] = ()
    """Local weekdays (mon … sun, in that order) on which a digest leaves; empty: every day, a weekly one on Mondays."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One digest for one subscriber, and how far it has been told."""

    subscriber_id: int
    address: str
    name: str
    status: str
    timezone: str
    """Empty for the time zone of the settings."""
    digest: MailName
    wishes: Wishes
    since: str
    """UTC time at which its next digest begins."""
    hits_until: int
    """Hits up to this id were looked at."""
    reviews_until: int
    handled_at: str
    """UTC time of the last look; slots before it are over."""
    added_at: str = ""
    """UTC time of subscribing."""
    events_until: int = 0
    """Feed events up to this id were told."""


def add(
    connection: sqlite3.Connection,
    address: str,
    digest: MailName,
    *,
    name: str = "",
    timezone: str = "",
    wishes: Wishes = Wishes(),
    since: str,
    now: str,
) -> bool:
    """Subscribe ``address`` to a digest that tells of hits found from ``since`` on; False where it was subscribed.

    Then wishes and time zone are replaced and what was told stays told. A paused, bouncing or removed address gets mail
    again.
    """
    with writing(connection):
        row = connection.execute("select id from subscribers where address = ?", (address,)).fetchone()
        if row is None:
            subscriber_id = connection.execute(
                "insert into subscribers (address, name, timezone, added_at) values (?, ?, ?, ?)",
                (address, name, timezone, now),
            ).lastrowid
        else:
            subscriber_id = row["id"]
            connection.execute(
                """update subscribers set status = 'active', bounces = 0, name = coalesce(nullif(?, ''), name),
                          timezone = coalesce(nullif(?, ''), timezone) where id = ?""",
                (name, timezone, subscriber_id),
            )
        known = connection.execute(
            "update subscriptions set settings = ? where subscriber_id = ? and digest = ?",
            (_wishes_json(wishes), subscriber_id, digest),
        ).rowcount
        if not known:
            connection.execute(
                """insert into subscriptions (subscriber_id, digest, settings, since, handled_at, added_at, hits_until,
                                              reviews_until, events_until)
                   values (?1, ?2, ?3, ?4, ?5, ?5,
                           coalesce((select min(id) - 1 from hits where found_at >= ?4),
                                    (select max(id) from hits), 0),
                           coalesce((select max(id) from reviews), 0),
                           coalesce((select max(id) from feed_events), 0))""",
                (subscriber_id, digest, _wishes_json(wishes), since, now),
            )
    return not known


def set_status(connection: sqlite3.Connection, address: str, status: Literal["active", "paused"]) -> bool:
    """Pause or resume an address; False where there is none such."""
    with writing(connection):
        return (
            connection.execute(
                "update subscribers set status = ?, bounces = 0 where address = ? and status != 'removed'",
                (status, address),
            ).rowcount
            == 1
        )


def remove(connection: sqlite3.Connection, address: str) -> bool:
    """End every subscription of an address; mail that still waits is not sent. False where there is none such.

    The address itself is forgotten unless the log of past deliveries names it.
    """
    with writing(connection):
        row = connection.execute(
            "select id from subscribers where address = ? and status != 'removed'", (address,)
        ).fetchone()
        if row is None:
            return False
        connection.execute("delete from subscriptions where subscriber_id = ?", (row["id"],))
        if connection.execute("select 1 from digests where subscriber_id = ? limit 1", (row["id"],)).fetchone():
            connection.execute("update subscribers set status = 'removed' where id = ?", (row["id"],))
        else:
            connection.execute("delete from subscribers where id = ?", (row["id"],))
    return True


def unsubscribe(connection: sqlite3.Connection, subscriber_id: int, digest: str) -> str | None:
    """End one subscription; the address whose it is or was, None where there is no such subscriber."""
    with writing(connection):
        connection.execute("delete from subscriptions where subscriber_id = ? and digest = ?", (subscriber_id, digest))
        row = connection.execute("select address from subscribers where id = ?", (subscriber_id,)).fetchone()
    return str(row["address"]) if row else None


def note_refusal(connection: sqlite3.Connection, subscriber_id: int) -> None:
    """Count a refusal of the address by its mail server; too many in a row stop further mail."""
    connection.execute(
        """update subscribers set bounces = bounces + 1,
                  status = case when status = 'active' and bounces + 1 >= ? then 'bouncing' else status end
           where id = ?""",
        (BOUNCES_ALLOWED, subscriber_id),
    )


def subscriptions(
    connection: sqlite3.Connection, digest: str = "", address: str = "", *, active_only: bool = True
) -> list[Subscription]:
    """Subscriptions in the order of subscribing, of one digest or address where given."""
    rows = connection.execute(
        """select s.*, p.address, p.name, p.status, p.timezone
           from subscriptions s join subscribers p on p.id = s.subscriber_id
           where (?1 = '' or s.digest = ?1) and (?2 = '' or p.address = ?2) and (p.status = 'active' or not ?3)
           order by p.id, s.digest""",
        (digest, address, active_only),
    )
    return [
        Subscription(
            subscriber_id=row["subscriber_id"],
            address=row["address"],
            name=row["name"],
            status=row["status"],
            timezone=row["timezone"],
            digest=row["digest"],
            wishes=_wishes(row["settings"]),
            since=row["since"],
            hits_until=row["hits_until"],
            reviews_until=row["reviews_until"],
            handled_at=row["handled_at"],
            added_at=row["added_at"] or row["since"],
            events_until=row["events_until"],
        )
        for row in rows
    ]


def change(connection: sqlite3.Connection, subscriber_id: int, digest: MailName, wishes: Wishes, timezone: str) -> bool:
    """Replace the wishes of a subscription and its reader's time zone; False where there is no such subscription."""
    with writing(connection):
        changed = connection.execute(
            "update subscriptions set settings = ? where subscriber_id = ? and digest = ?",
            (_wishes_json(wishes), subscriber_id, digest),
        ).rowcount
        if changed:
            connection.execute("update subscribers set timezone = ? where id = ?", (timezone, subscriber_id))
    return changed == 1


def _wishes_json(wishes: Wishes) -> str:
    return json.dumps({key: value for key, value in asdict(wishes).items() if value})


def _wishes(stored: str) -> Wishes:
    values: dict[str, Any] = json.loads(stored)
    for key in ("groups", "indicators", "languages", "days"):
        values[key] = tuple(values.get(key, ()))
    return Wishes(**values)
