"""Pages behind links, for feeds with full text: which are wanted, what came of each, and sites' robots.txt."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from tracker.clock import iso, parse_iso
from tracker.model import Feed, PageResult, PageWanted

AT_ONCE, OF_ONE_HOST = 200, 10
"""Pages of one run: in all, and of one host, so that no long queue holds back the others."""
ATTEMPTS = 4
FIRST_RETRY = timedelta(minutes=15)
"""After a first failure; each further one waits four times as long."""
COPY_AGE = timedelta(days=1)
"""For how long the page of one item serves others with the same link."""


@dataclass(frozen=True, slots=True)
class SiteRules:
    """A robots.txt as it is kept; see `tracker.feeds.robots.Robots`."""

    text: str
    until: str
    reachable: bool


def want(connection: sqlite3.Connection, links: Iterable[tuple[int, str]], now: str) -> None:
    """Enter (item, link) pairs as pages to be read, also those that were read before. Must run in a transaction."""
    connection.executemany(
        """insert into pages (item_id, url, host, status, next_at, wanted_at) values (?, ?, ?, 'waiting', ?, ?)
           on conflict (item_id) do update set url = excluded.url, host = excluded.host, status = 'waiting',
               attempts = 0, next_at = excluded.next_at, wanted_at = excluded.wanted_at, error = ''""",
        [(item_id, url, _host(url), now, now) for item_id, url in links if url.startswith(("http://", "https://"))],
    )


def waiting(connection: sqlite3.Connection, feeds: Mapping[str, Feed], now: str) -> list[PageWanted]:
    """The pages to ask now, newest items first, of those feeds alone; none of a host that asked for a pause.

    A link that several items share is asked for one of them.
    """
    rows = connection.execute(
        """select item_id, url, host, feed_id from (
               select p.item_id, p.url, p.host, i.feed_id,
                      row_number() over (partition by p.host order by p.item_id desc) as place
               from pages p join items i on i.id = p.item_id
               where p.status = 'waiting' and p.next_at <= ?1
                 and p.host not in (select host from hosts where paused_until > ?1))
           where place <= ?2 order by place, item_id desc""",
        (now, 5 * OF_ONE_HOST),
    )
    chosen: dict[str, PageWanted] = {}
    per_host: dict[str, int] = {}
    for item_id, url, host, feed_id in rows:
        if feed_id in feeds and url not in chosen and per_host.get(host, 0) < OF_ONE_HOST:
            chosen[url] = PageWanted(item_id, url, feeds[feed_id])
            per_host[host] = per_host.get(host, 0) + 1
        if len(chosen) >= AT_ONCE:
            break
    return list(chosen.values())


def copy(connection: sqlite3.Connection, wanted: PageWanted, now: str) -> str:
    """The article of the same link that another item has had lately; empty where there is none."""
    row = connection.execute(
        """select i.body from pages p join items i on i.id = p.item_id
           where p.url = ? and p.status = 'read' and p.read_at > ? and p.item_id != ?
           order by p.read_at desc limit 1""",
        (wanted.url, iso(parse_iso(now) - COPY_AGE), wanted.item_id),
    ).fetchone()
    return row[0] if row else ""


def record(connection: sqlite3.Connection, wanted: PageWanted, result: PageResult, now: str) -> None:
    """Write down what came of a page. A failure is tried again, four times in all; a host's wish for a pause is kept.

    Must run in the transaction that stores the article.
    """
    row = connection.execute("select attempts from pages where item_id = ?", (wanted.item_id,)).fetchone()
    attempts = (row[0] if row else 0) + 1
    again = result.outcome == "failed" and attempts < ATTEMPTS
    wait = max(FIRST_RETRY * 4 ** (attempts - 1), timedelta(seconds=result.retry_after or 0))
    connection.execute(
        """update pages set status = ?, attempts = ?, next_at = ?, read_at = ?, characters = ?, error = ?
           where item_id = ?""",
        ("waiting" if again else result.outcome, attempts, iso(parse_iso(now) + wait) if again else "", now,
         len(result.text), result.error, wanted.item_id),
    )  # fmt: skip
    if result.retry_after:
        until = iso(parse_iso(now) + timedelta(seconds=result.retry_after))
        connection.execute(
            """insert into hosts (host, paused_until, paused_at, reason) values (?, ?, ?, ?)
               on conflict (host) do update set paused_until = max(paused_until, excluded.paused_until),
                   paused_at = excluded.paused_at, reason = excluded.reason""",
            (_host(wanted.url), until, now, result.error),
        )


def rules(connection: sqlite3.Connection, origins: Iterable[str], now: str) -> dict[str, SiteRules]:
    """What is known of these sites' robots.txt and still holds."""
    found = {}
    for origin in set(origins):
        row = connection.execute(
            "select text, until, reachable from robots where origin = ? and until > ?", (origin, now)
        ).fetchone()
        if row:
            found[origin] = SiteRules(row[0], row[1], bool(row[2]))
    return found


def keep_rules(connection: sqlite3.Connection, learnt: Mapping[str, SiteRules], now: str) -> None:
    """Remember sites' robots.txt and forget those that hold no more. Must run in a transaction."""
    connection.execute("delete from robots where until <= ?", (now,))
    connection.executemany(
        "insert or replace into robots (origin, text, until, reachable) values (?, ?, ?, ?)",
        [(origin, site.text, site.until, site.reachable) for origin, site in learnt.items()],
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
