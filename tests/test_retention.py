"""What is let go for its age, what never is, and that nothing else changes by it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker.model import Item
from tracker.pipeline import Pipeline
from tracker.settings import Settings
from tracker.store import retention, reviews, series
from tracker.store.connect import connect, split_cjk

CODEBOOK = """\
version: "1"
indicators:
  - {id: drills, title: Drills at sea, group: cooperation, direction: toward, query: drill}
  - {id: doubts, title: Doubts, group: barrier, direction: away, query: doubt}
"""
THEN = datetime(2023, 5, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 2, 3, 6, tzinfo=UTC)
KEEP = {"items": 365}
PORTS = ("Aldermoor", "Brinewick", "Calderport", "Dunmarsh", "Eastholm", "Fenwater", "Galehaven", "Hollowbay")


def fair(number: int, day: str = "2023-04-30", title: str = "") -> Item:
    port = PORTS[number % len(PORTS)]
    text = title or f"Fair number {number} opens in {port} with {number * 7} stalls and guest {number * 31}"
    return Item(f"g{number}", f"https://a.example/{number}", text, "", published_at=f"{day}T08:00:00Z", source="post")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    return tmp_path


@pytest.fixture
def pipeline(desk: Path) -> Iterator[Pipeline]:
    opened = open_pipeline(desk)
    yield opened
    opened.close()


def open_pipeline(desk: Path) -> Pipeline:
    settings = Settings(db=desk / "t.db", indicators=desk / "indicators.yaml", feeds=desk / "feeds.yaml")
    return Pipeline(settings, lambda: THEN)


def store(pipeline: Pipeline, *found: Item, block: int = 0) -> tuple[int, int]:
    matches = {at: matched for at, item in enumerate(found) if (matched := pipeline.match(item))}
    return pipeline.store_archive_block("archive", block, found, matches, bad_lines=0)


def rows(connection: sqlite3.Connection, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(sql)]


def found_by(connection: sqlite3.Connection, word: str) -> int:
    sql = "select count(*) from items_fts where items_fts match ?"
    return int(connection.execute(sql, (split_cjk(word),)).fetchone()[0])


def screened(connection: sqlite3.Connection) -> list[tuple[str, str, int]]:
    told = series.screened(connection, "2023-01-01", "2026-12-31", "2026-02-03T06:00:00Z")
    return sorted((feed, day, stories) for feed, day, stories in told)


def let_go(pipeline: Pipeline, **keep: int) -> dict[str, int]:
    gone = retention.run(pipeline.connection, keep or KEEP, NOW, who="a test")
    return {one.what: one.rows for one in gone}


def test_old_items_without_hits_go_and_all_that_was_counted_stays(pipeline: Pipeline) -> None:
    drill = fair(50, title="A drill begins off the northern cape")
    copy = Item("copy", "", drill.title, "", published_at="2023-04-30T09:00:00Z", source="wire")
    fresh = fair(60, day="2026-02-01")
    store(pipeline, *(fair(n) for n in range(20)), drill, copy, fresh)
    db = pipeline.connection
    before, counted, first = screened(db), rows(db, "select * from daily_hits"), series.first_day(db)
    assert let_go(pipeline)["items"] == 20
    titles = {row[0] for row in rows(db, "select title from items")}
    assert titles == {drill.title, fresh.title}, "what hit, its copies, and what is young stay"
    assert (screened(db), rows(db, "select * from daily_hits"), series.first_day(db)) == (before, counted, first)
    assert (found_by(db, "fair"), found_by(db, "drill")) == (1, 2)
    assert rows(db, "pragma foreign_key_check") == []
    assert rows(db, "select who, what, removed from removals") == [("a test", "items", 20)]
    assert rows(db, "select count(*) from stories s where not exists (select 1 from items where story_id = s.id)") == [
        (0,)
    ]
    assert let_go(pipeline)["items"] == 0
    assert len(rows(db, "select 1 from removals")) == 1, "a run that finds nothing leaves no line"


@pytest.mark.parametrize("kept_by", ["sample", "watch", "withdrawn hit"])
def test_what_somebody_relies_on_is_not_let_go(pipeline: Pipeline, kept_by: str) -> None:
    store(pipeline, fair(1), fair(2), fair(3, day="2026-02-01"))
    db = pipeline.connection
    item, story = rows(db, "select id, story_id from items where guid = 'g1'")[0]
    if kept_by == "sample":
        db.execute(
            "insert into samples (item_id, indicator_id, stratum, drawn_at) values (?, 'drills', 'non_hit', '')",
            (item,),
        )
    elif kept_by == "watch":
        db.execute("insert into users (name, role, added_at) values ('ann', 'analyst', '')")
        db.execute("insert into story_watches values ('ann', ?, '', 1)", (story,))
    else:
        db.execute(
            """insert into hits (item_id, indicator_id, codebook_id, status, day, found_at, content_hash, story_id)
               values (?, 'drills', 1, 'withdrawn', '2023-04-30', '', '', ?)""",
            (item, story),
        )
    assert let_go(pipeline)["items"] == 1
    assert rows(db, "select guid from items order by id") == [("g1",), ("g3",)]


def test_an_entry_that_its_feed_still_shows_does_not_come_back(pipeline: Pipeline) -> None:
    old = fair(1)
    store(pipeline, old, fair(2, day="2026-02-01"))
    before = screened(pipeline.connection)
    let_go(pipeline)
    assert store(pipeline, old, block=1) == (0, 0)
    assert screened(pipeline.connection) == before


def test_it_comes_back_where_another_codebook_finds_something_in_it(desk: Path) -> None:
    pipeline = open_pipeline(desk)
    old = fair(1)
    store(pipeline, old, fair(2, day="2026-02-01"))
    before = screened(pipeline.connection)
    let_go(pipeline)
    pipeline.close()
    (desk / "indicators.yaml").write_text(CODEBOOK.replace("query: drill", "query: drill OR fair"))
    pipeline = open_pipeline(desk)
    assert store(pipeline, old, block=1) == (1, 1)
    assert screened(pipeline.connection) == before, "and is not counted twice"
    pipeline.close()


def test_a_copy_of_a_story_that_was_let_go_opens_one_of_its_own(pipeline: Pipeline) -> None:
    old = fair(1)
    store(pipeline, old, fair(2, day="2026-02-01"))
    let_go(pipeline)
    copy = Item("late", "", old.title, "", published_at="2023-04-30T10:00:00Z", source="wire")
    assert store(pipeline, copy, block=1) == (1, 0)
    assert rows(pipeline.connection, "pragma foreign_key_check") == []
    size = "select s.size from stories s join items i on i.story_id = s.id where i.guid = 'late'"
    assert rows(pipeline.connection, size) == [(1,)]


def test_long_texts_go_and_the_rest_of_the_item_is_still_found(pipeline: Pipeline) -> None:
    told = Item(
        "a", "", "Fair opens", "Many came", "The whole article on harvests", published_at="2023-04-30T08:00:00Z"
    )
    hit = Item("b", "", "Sea", "", "A drill amid harvests", published_at="2023-04-30T08:00:00Z")
    store(pipeline, told, hit)
    assert let_go(pipeline, bodies=90)["bodies"] == 1
    db = pipeline.connection
    assert rows(db, "select guid, body != '' from items order by guid") == [("a", 0), ("b", 1)]
    assert [found_by(db, word) for word in ("opens", "harvests")] == [1, 1]
    assert store(pipeline, told, block=1) == (0, 0)
    assert rows(db, "select count(*) from item_versions") == [(0,)], "the same entry is no change"


def test_checks_versions_and_mails_go_by_their_age(pipeline: Pipeline) -> None:
    store(pipeline, fair(1))
    db = pipeline.connection
    (item, text), *_ = rows(db, "select id, content_hash from items")
    for at in ("2023-01-01T00:00:00Z", "2026-02-01T00:00:00Z"):
        db.execute("insert into checks (feed_id, at, outcome) select id, ?, 'unchanged' from feeds", (at,))
        for kept in ("pointed into", "free"):
            db.execute("insert into item_versions values (null, ?, 't', '', '', ?, ?)", (item, kept, at))
    db.execute(
        """insert into hits (item_id, indicator_id, codebook_id, day, found_at, content_hash)
           values (?, 'drills', 1, '2023-04-30', '', 'pointed into')""",
        (item,),
    )
    db.execute("insert into subscribers (id, address, added_at) values (1, 'ann@example.org', '')")
    for number, state in enumerate(("sent", "failed", "queued"), 1):
        db.execute(
            """insert into digests (id, subscriber_id, digest, period, period_start, period_end, created_at)
               values (?, 1, 'daily', ?, '', '', '')""",
            (number, state),
        )
        db.execute(
            """insert into deliveries (digest_id, message_id, recipient, message, state, last_attempt_at)
               values (?, ?, 'ann@example.org', x'01', ?, '2023-01-01T00:00:00Z')""",
            (number, state, state),
        )
    gone = let_go(pipeline, versions=365, mails=365)
    assert gone == {"items": 0, "bodies": 0, "versions": 1, "mails": 2, "checks": 1}
    assert rows(db, "select at from checks") == [("2026-02-01T00:00:00Z",)]
    assert len(rows(db, "select 1 from item_versions where content_hash = 'pointed into'")) == 2
    assert rows(db, "select state, length(message) from deliveries order by id") == [
        ("sent", 0),
        ("failed", 0),
        ("queued", 1),
    ]
    assert text


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from tracker.store import items, retention
from tracker.store.connect import connect
left, real = int(sys.argv[2]), items.unindex
def unindex(connection, row):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    real(connection, row)
items.unindex = unindex
retention.run(connect(Path(sys.argv[1])), {"items": 365}, datetime(2026, 2, 3, 6, tzinfo=UTC), who="killed")
"""


@pytest.mark.parametrize("at", [1, 150, 290])
def test_killed_in_the_middle_it_goes_on_next_time(desk: Path, at: int) -> None:
    pipeline = open_pipeline(desk)
    store(pipeline, *(fair(n) for n in range(300)), fair(999, day="2026-02-01"))
    before = screened(pipeline.connection)
    pipeline.close()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(desk / "t.db"), str(at)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(connect(desk / "t.db")) as db:
        left = rows(db, "select count(*) from items")[0][0]
        assert found_by(db, "fair") == left, "rows and index go together"
        assert screened(db) == before
        assert retention.run(db, KEEP, NOW, who="again")[0].rows == int(str(left)) - 1
        assert (rows(db, "select count(*) from items"), found_by(db, "fair")) == ([(1,)], 1)
        assert screened(db) == before
        assert rows(db, "select sum(removed) from removals") == [(300,)]
        assert rows(db, "pragma integrity_check") == [("ok",)]


def tracker(desk: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (desk / "clock").write_text("2026-02-03T06:00:00Z")
    where = {"TRACKER_DB": "t.db", "TRACKER_CLOCK": str(desk / "clock")} | environment
    return subprocess.run(
        [sys.executable, "-m", "tracker", *arguments],
        cwd=desk,
        env=os.environ | where,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_counts_first_and_then_does_it(desk: Path) -> None:
    pipeline = open_pipeline(desk)
    store(pipeline, *(fair(n) for n in range(5)), fair(9, day="2026-02-01"))
    pipeline.close()
    dry = tracker(desk, "prune", "--dry-run", TRACKER_KEEP="items=365")
    assert dry.returncode == 0, dry.stderr
    assert "365 days    5 would go" in dry.stdout
    assert "Nothing was changed" in dry.stdout
    assert max(map(len, dry.stdout.splitlines())) <= 80
    done = tracker(desk, "prune", "--json", TRACKER_KEEP="items=365")
    assert [one["rows"] for one in json.loads(done.stdout)["gone"]] == [5, 0, 0, 0, 0]
    nothing = tracker(desk, "prune", "--json", TRACKER_KEEP="")
    assert [one["rows"] for one in json.loads(nothing.stdout)["gone"]] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("wrong", ["items=3", "hits=400", "items=soon", "items"])
def test_a_wrong_age_is_refused_in_words(desk: Path, wrong: str) -> None:
    answer = tracker(desk, "prune", TRACKER_KEEP=wrong)
    assert answer.returncode == 2
    assert "TRACKER_KEEP" in answer.stderr


def test_hits_go_only_where_somebody_names_them_and_says_why(desk: Path) -> None:
    pipeline = open_pipeline(desk)
    titles = ("A drill on paper", "The drill press is new", "A drill that nobody read")
    found = [fair(n, title=title) for n, title in enumerate(titles)]
    store(pipeline, *found, fair(9, day="2026-02-01", title="Another drill"))
    db = pipeline.connection
    for hit, verdict in ((1, "rejected"), (2, "confirmed")):
        reviews.judge(db, hit, verdict, reviewer="ann", at="2023-05-02T08:00:00Z", seen_review_id=0)  # type: ignore[arg-type]
    before = screened(db)
    pipeline.close()
    assert tracker(desk, "prune", "--hits", "rejected").returncode == 2
    assert tracker(desk, "prune", "--hits", "confirmed", "--older-than", "400", "--because", "x").returncode == 2
    flags = ("--hits", "rejected", "--older-than", "400", "--because", "bought drills")
    dry = tracker(desk, "prune", *flags, "--dry-run")
    assert "1 hits (rejected) before 2024-12-30, 1 reviews of them, 1 items in 1 stories" in dry.stdout
    done = tracker(desk, "prune", *flags, "--yes")
    assert done.returncode == 0, done.stderr
    with closing(connect(desk / "t.db")) as after:
        assert rows(after, "select id from hits order by id") == [(2,), (3,), (4,)]
        assert rows(after, "select hit_id, verdict from reviews") == [(2, "confirmed")]
        assert rows(after, "select what, removed, because from removals") == [("hits: rejected", 1, "bought drills")]
        assert rows(after, "pragma foreign_key_check") == []
        assert screened(after) == before
