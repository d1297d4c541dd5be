"""The queue: order, filters, leases, and that it never scans the big tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.review import sample
from tracker.store import alerts, board, filing, listing, marks, queue, reviews, unhit
from tracker.store.dossier import dossier, item_file, story_file
from tracker.store.health import health
from tracker.store.history import history
from tracker.store.indicator_file import indicator_file
from tracker.store.migrations import open_store
from tracker.store.queue import Filters

NOW = sample.NOW


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_store(tmp_path / "tracker.db")
    sample.fill(connection)
    yield connection
    connection.close()


def walk(db: sqlite3.Connection, filters: Filters) -> list[int]:
    found, after = [], 0
    while hit := queue.next_hit(db, filters, "ann", NOW, after):
        found.append(hit)
        after = hit
    return found


def test_newest_day_first_then_the_strongest(db: sqlite3.Connection) -> None:
    rows = db.execute("select id, day, score from hits where primary_in_story").fetchall()
    expected = [row["id"] for row in sorted(rows, key=lambda r: (r["day"], r["score"], -r["id"]), reverse=True)]
    assert walk(db, Filters()) == expected
    assert queue.page(db, Filters(), 4) == expected[:4]
    assert queue.page(db, Filters(), 4, after=expected[3]) == expected[4:8]


def test_backwards_is_the_same_way_back(db: sqlite3.Connection) -> None:
    order = walk(db, Filters())
    back = [queue.next_hit(db, Filters(), "ann", NOW, hit, backwards=True) for hit in order]
    assert back == [None, *order[:-1]]


@pytest.mark.parametrize(
    ("filters", "clause"),
    [
        (Filters(indicator="sanctions"), "h.indicator_id = 'sanctions'"),
        (Filters(group="cooperation"), "n.group_name = 'cooperation'"),
        (Filters(direction="away"), "n.direction = 'away'"),
        (Filters(language="ru"), "i.language = 'ru'"),
        (Filters(feed="lantern"), "i.feed_id = 'lantern'"),
        (Filters(since="2026-01-31", until="2026-02-01"), "h.day between '2026-01-31' and '2026-02-01'"),
        (Filters(min_score=0.65), "h.score >= 0.65"),
        (Filters(order="score"), "true"),
        (Filters(order="score", indicator="sanctions"), "h.indicator_id = 'sanctions'"),
    ],
)
def test_filters_keep_what_they_say(db: sqlite3.Connection, filters: Filters, clause: str) -> None:
    expected = db.execute(
        f"""select h.id from hits h join items i on i.id = h.item_id join indicators n on n.id = h.indicator_id
            where h.primary_in_story and {clause}"""
    ).fetchall()
    assert sorted(walk(db, filters)) == sorted(row[0] for row in expected)
    assert queue.count(db, filters) == len(expected)


def test_copies_come_only_when_asked_for(db: sqlite3.Connection) -> None:
    assert len(walk(db, Filters(copies=True))) == len(walk(db, Filters())) + 1


def test_two_analysts_get_different_hits(db: sqlite3.Connection) -> None:
    first = queue.take(db, Filters(), "ann", NOW)
    second = queue.take(db, Filters(), "bob", NOW)
    assert None not in (first, second)
    assert first != second
    assert queue.take(db, Filters(), "ann", NOW) == first


def test_a_lease_ends_by_time_and_by_taking_another(db: sqlite3.Connection) -> None:
    first = queue.take(db, Filters(), "ann", NOW)
    assert queue.take(db, Filters(), "bob", NOW + queue.LEASE - timedelta(seconds=1)) != first
    assert queue.take(db, Filters(), "cy", NOW + queue.LEASE) == first
    queue.take(db, Filters(), "dee", NOW + queue.LEASE, after=first or 0)
    held = db.execute("select leased_by, count(*) from hits where leased_by is not null group by 1").fetchall()
    assert all(count == 1 for _, count in held)


def test_looking_at_a_hit_does_not_steal_it(db: sqlite3.Connection) -> None:
    hit = queue.take(db, Filters(), "ann", NOW)
    queue.lease(db, hit, "bob", NOW)
    assert db.execute("select leased_by from hits where id = ?", (hit,)).fetchone()[0] == "ann"


def test_hits_assigned_to_somebody_else_are_left_to_them(db: sqlite3.Connection) -> None:
    hit = queue.next_hit(db, Filters(), "ann", NOW)
    db.execute("update hits set assigned_to = 'bob' where id = ?", (hit,))
    assert queue.next_hit(db, Filters(), "ann", NOW) != hit
    assert queue.next_hit(db, Filters(), "bob", NOW) == hit


def test_no_page_scans_items_or_hits(db: sqlite3.Connection) -> None:
    """Every statement that the pages run, explained: tables that grow are only ever searched by an index."""
    sample.add_past(db, 30)
    db.execute("analyze")
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    board.board(db, NOW, "ann")
    for filters in (
        Filters(), Filters(indicator="sanctions"), Filters(language="ru", group="driver"), Filters(copies=True),
        Filters(order="score"), Filters(status="confirmed", indicator="doubts"), Filters(since="2026-01-01"),
        Filters(assigned="ann"), Filters(feed="lantern"), Filters(alerting=True), Filters(tag="brief"),
        Filters(alerting=True, indicator="sanctions", order="score"), Filters(copies=True, status="rejected"),
    ):  # fmt: skip
        queue.count(db, filters)
        hit = queue.next_hit(db, filters, "ann", NOW)
        queue.next_hit(db, filters, "ann", NOW, hit or 0)
        queue.next_hit(db, filters, "ann", NOW, hit or 0, backwards=True)
        listing.page(db, filters, 5000)
    listing.lately_confirmed(db)
    item_file(db, 1)
    alerts.alerts(db, NOW, "open")
    alerts.marks(db, NOW, 90)
    marks.watched(db, "ann")
    marks.all_tags(db)
    unhit.recent(db, 300, looked_at=3000)
    filing.assign(db, 1, "")
    filing.file_under(db, 1, "pact", reviewer="ann", at=sample.STAMP)
    reviews.undo(db, reviews.last_act(db, "ann") or 0, by="ann", at=sample.STAMP)
    queue.take(db, Filters(), "ann", NOW)
    dossier(db, 1)
    story_file(db, 1)
    indicator_file(db, "sanctions", NOW, 90)
    history(db, reviewer="ann")
    health(db, NOW)
    db.set_trace_callback(None)
    plans = []
    for statement in dict.fromkeys(statements):
        if statement.lower().lstrip().startswith(("select", "update", "insert", "delete")):
            plans += [(row["detail"], statement) for row in db.execute(f"explain query plan {statement}")]
    assert len(plans) > 60
    big = {"h", "hits", "i", "items", "r", "reviews", "checks", "c", "stories"}
    scans = [
        (detail, statement) for detail, statement in plans if detail.startswith("SCAN") and detail.split()[1] in big
    ]
    assert [statement for _, statement in scans if "codebooks c" not in statement] == []


@pytest.mark.parametrize("column", ["hits.status", "hits.indicator_id", "items.language"])
def test_facets_of_the_tables_read_an_index_alone(db: sqlite3.Connection, column: str) -> None:
    """The statement that Datasette counts a facet with."""
    table, name = column.split(".")
    columns = ", ".join(row["name"] for row in db.execute(f"pragma table_info({table})"))
    plan = db.execute(
        f"""explain query plan select {name} as value, count(*) as count from (select {columns} from {table})
            where {name} is not null group by {name} order by count desc, value limit 31"""
    ).fetchall()
    assert "COVERING INDEX" in plan[0]["detail"]


def test_relevance_orders_the_queue_and_hides_nothing(db: sqlite3.Connection) -> None:
    everything = queue.Filters(order="relevance", copies=True)
    before = queue.page(db, everything, 1000)
    last = before[-1]
    db.execute("update hits set relevance = 0.999 where id = ?", (last,))
    after = queue.page(db, everything, 1000)
    assert after[0] == last
    assert sorted(after) == sorted(before)
    assert queue.page(db, everything, 1000, after=last) == after[1:]


def test_the_queue_by_relevance_is_read_along_its_index(db: sqlite3.Connection) -> None:
    source, where, values = queue._query(db, queue.Filters(order="relevance"))
    order = queue._order("relevance")
    plan = db.execute(
        f"explain query plan select h.id from {source} where {' and '.join(where)} order by {order} limit 1", values
    ).fetchall()
    told = " ".join(row["detail"] for row in plan)
    assert "hits_relevance" in told
    assert "TEMP B-TREE" not in told
