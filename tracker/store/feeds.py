"""Feeds and checks: what the catalogue declares, what polling found out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from tracker.model import CheckResult, Feed, FeedState
from tracker.store.connect import writing

RECENT_ITEMS = 20


def sync_catalogue(connection: sqlite3.Connection, feeds: Sequence[Feed], now: str) -> None:
    """Make the table agree with the declared feeds. State is kept; a feed declared anew at another URL starts afresh.

    Feeds that are no longer declared are marked removed; their items stay.
    """
    with writing(connection):
        known = {
            row["id"]: row
            for row in connection.execute(
                """select id, declared_url, title, publisher, owner, language, kind, country, implies, removed_at
                   from feeds where kind != 'archive'"""
            )
        }
        for feed in feeds:
            row = {
                "id": feed.id, "url": feed.url, "title": feed.title, "publisher": feed.publisher, "owner": feed.owner,
                "language": feed.language, "kind": feed.kind, "country": feed.country,
                "implies": json.dumps(feed.implies), "now": now,
            }  # fmt: skip
            before = known.get(feed.id)
            if before is None:
                connection.execute(
                    """insert into feeds (id, url, declared_url, title, publisher, owner, language, kind, country,
                                          implies, added_at)
                       values (:id, :url, :url, :title, :publisher, :owner, :language, :kind, :country,
                               :implies, :now)""",
                    row,
                )
                continue
            if _agrees(before, row):
                continue
            connection.execute(
                """update feeds set title = coalesce(nullif(:title, ''), title), publisher = :publisher,
                          owner = :owner, language = coalesce(nullif(:language, ''), language), kind = :kind,
                          country = :country, implies = :implies, removed_at = '' where id = :id""",
                row,
            )
            if before["declared_url"] != feed.url:
                connection.execute(
                    """update feeds set url = :url, declared_url = :url, etag = '', last_modified = '', body_hash = '',
                              next_due_at = '', failures = 0, last_error = '', moved_to = '',
                              status = case status when 'paused' then 'paused' else 'active' end where id = :id""",
                    row,
                )
                connection.execute("delete from entry_memories where feed_id = ?", (feed.id,))
        kept = {feed.id for feed in feeds}
        gone = [(now, feed_id) for feed_id in known if feed_id not in kept]
        connection.executemany("update feeds set removed_at = ? where id = ? and removed_at = ''", gone)


def _agrees(before: sqlite3.Row, row: dict[str, Any]) -> bool:
    """Whether a stored row says all that is declared; a title or language that is not declared is the feed's own."""
    return (
        not before["removed_at"]
        and before["declared_url"] == row["url"]
        and all(before[name] == row[name] for name in ("publisher", "owner", "kind", "country", "implies"))
        and all(row[name] in ("", before[name]) for name in ("title", "language"))
    )


def due(
    connection: sqlite3.Connection, feeds: Iterable[Feed], now: str, *, everything: bool = False
) -> list[FeedState]:
    """States of the declared feeds that are due at ``now`` (with ``everything``: of all but paused and gone ones).

    Feeds of a host that asked for a pause are left out until the pause ends.
    """
    declared = {feed.id: feed for feed in feeds}
    paused = {row[0] for row in connection.execute("select host from hosts where paused_until > ?", (now,))}
    rows = connection.execute(
        "select feeds.*, memory from feeds left join entry_memories on feed_id = feeds.id"
        " where status in ('active', 'failing') and removed_at = '' and next_due_at <= ? order by next_due_at, id",
        ("~" if everything else now,),
    ).fetchall()
    return [
        state(connection, declared[row["id"]], row)
        for row in rows
        if row["id"] in declared and host_of(row["url"]) not in paused
    ]


def state(connection: sqlite3.Connection, feed: Feed, row: sqlite3.Row) -> FeedState:
    """The feed's row, with what is remembered of its entries, as the cadence and the fetcher need it."""
    times = connection.execute(
        "select published_at from items where feed_id = ? and published_at is not null"
        " order by published_at desc limit ?",
        (feed.id, RECENT_ITEMS),
    )
    return FeedState(
        feed=feed,
        url=row["url"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        status=row["status"],
        failures=row["failures"],
        next_due_at=row["next_due_at"],
        last_ok_at=row["last_ok_at"],
        newest_item_at=row["newest_item_at"],
        moved_to=row["moved_to"],
        item_times=tuple(time for (time,) in times),
        entry_memory=row["memory"] or b"",
    )


def host_of(url: str) -> str:
    """Host and port that a pause applies to."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def record_check(
    connection: sqlite3.Connection, before: FeedState, result: CheckResult, next_due_at: str, items_new: int
) -> None:
    """Write down one check and what follows from it. Must run in the transaction that stores the check's items,

    so that validators never vouch for a body that is not stored.
    """
    connection.execute(
        """insert into checks (feed_id, at, outcome, status, items_new, bytes, ms, error, error_class)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (result.feed_id, result.at, result.outcome, result.status, items_new, result.bytes, result.milliseconds,
         result.error, result.error_class),
    )  # fmt: skip
    if result.outcome == "failed":
        _record_failure(connection, before, result, next_due_at)
    else:
        _record_success(connection, before, result, next_due_at)


def _record_failure(connection: sqlite3.Connection, before: FeedState, result: CheckResult, next_due_at: str) -> None:
    connection.execute(
        """update feeds set failures = failures + 1, last_error = ?, last_check_at = ?, next_due_at = ?,
                  status = case when ? then 'gone' when status = 'paused' then 'paused' else 'failing' end
           where id = ?""",
        (result.error, result.at, next_due_at, result.gone, result.feed_id),
    )
    if result.error_class == "throttled" and result.hints.retry_after:
        connection.execute(
            """insert into hosts (host, paused_until, paused_at, reason) values (?, ?, ?, ?)
               on conflict (host) do update set paused_until = max(paused_until, excluded.paused_until),
                      paused_at = excluded.paused_at, reason = excluded.reason""",
            (host_of(before.url), next_due_at, result.at, result.error),
        )


def _record_success(connection: sqlite3.Connection, before: FeedState, result: CheckResult, next_due_at: str) -> None:
    changed = result.outcome == "new"
    settled = bool(result.moved_to) and result.moved_to == before.moved_to
    newest = max((item.published_at for item in result.items if item.published_at), default="")
    connection.execute(
        """update feeds set failures = 0, last_error = '', last_check_at = :at, last_ok_at = :at,
                  next_due_at = :next_due_at, status = case status when 'paused' then 'paused' else 'active' end,
                  etag = :etag, last_modified = :last_modified, body_hash = :body_hash,
                  url = :url, moved_to = :moved_to, title = coalesce(nullif(title, ''), :title),
                  language = coalesce(nullif(language, ''), :language),
                  newest_item_at = max(newest_item_at, :newest)
           where id = :id""",
        {
            "id": result.feed_id,
            "at": result.at,
            "next_due_at": next_due_at,
            "etag": result.etag if changed else result.etag or before.etag,
            "last_modified": result.last_modified if changed else result.last_modified or before.last_modified,
            "body_hash": result.body_hash or before.body_hash,
            "url": result.moved_to if settled else before.url,
            "moved_to": "" if settled else result.moved_to,
            "title": result.title,
            "language": result.language,
            "newest": newest,
        },
    )
    if result.body_hash and result.body_hash != before.body_hash:
        connection.execute(
            "insert or replace into entry_memories (feed_id, memory) values (?, ?)",
            (result.feed_id, result.entry_memory),
        )


def listing(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """One row per feed with its state, number of items and newest item, for `tracker feeds list`."""
    rows = connection.execute(
        """select feeds.*, (select count(*) from items where items.feed_id = feeds.id) as items
           from feeds where removed_at = '' order by id"""
    )
    return [dict(row) for row in rows]
