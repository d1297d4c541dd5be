"""Verdicts on a real file: append-only, undone act by act, never overwritten by a stale page."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.review import sample
from tracker.store import reviews
from tracker.store.connect import connect
from tracker.store.migrations import open_store

AT = sample.STAMP


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_store(tmp_path / "tracker.db")
    sample.fill(connection)
    yield connection
    connection.close()


def status(db: sqlite3.Connection, hit: int) -> tuple[str, int | None]:
    row = db.execute("select status, last_review_id from hits where id = ?", (hit,)).fetchone()
    return row["status"], row["last_review_id"]


def judge(db: sqlite3.Connection, hit: int, verdict: str = "confirmed", seen: int = 0, **more: object) -> reviews.Act:
    return reviews.judge(db, hit, verdict, reviewer=more.pop("by", "ann"), at=AT, seen_review_id=seen, **more)  # type: ignore[arg-type]


def test_a_verdict_is_a_row_and_a_status(db: sqlite3.Connection) -> None:
    act = judge(db, 1, "confirmed", note="seen the photographs")
    row = db.execute("select * from reviews").fetchone()
    assert (row["hit_id"], row["verdict"], row["note"], row["reviewer"], row["at"], row["previous_status"]) == (
        1, "confirmed", "seen the photographs", "ann", AT, "new",
    )  # fmt: skip
    assert status(db, 1) == ("confirmed", act.id)
    day = db.execute("select confirmed from daily_hits where indicator_id = 'arms-transfer' and day = '2026-02-03'")
    assert day.fetchone()[0] == 1


def test_undo_goes_back_one_act_at_a_time(db: sqlite3.Connection) -> None:
    judge(db, 1, "confirmed")
    judge(db, 2, "rejected")
    judge(db, 4, "unsure")
    undone = []
    while (act := reviews.last_act(db, "ann")) is not None:
        undone.append(reviews.undo(db, act, by="ann", at=AT).hit_id)
    assert undone == [4, 2, 1]
    assert [status(db, hit) for hit in (1, 2, 4)] == [("new", None)] * 3
    assert (
        db.execute("select count(*) from reviews where undone_by = 'ann' and undone_at = ?", (AT,)).fetchone()[0] == 3
    )
    assert db.execute("select sum(confirmed) + sum(rejected) from daily_hits").fetchone()[0] == 0


def test_undo_returns_to_the_verdict_before(db: sqlite3.Connection) -> None:
    first = judge(db, 1, "confirmed", by="ann")
    second = judge(db, 1, "rejected", seen=first.id, by="bob")
    reviews.undo(db, second.id, by="bob", at=AT)
    assert status(db, 1) == ("confirmed", first.id)


def test_a_stale_page_never_overwrites(db: sqlite3.Connection) -> None:
    act = judge(db, 1, "confirmed", by="ann")
    with pytest.raises(reviews.ConflictError) as conflict:
        judge(db, 1, "rejected", seen=0, by="bob")
    assert (conflict.value.in_force.reviewer, conflict.value.in_force.status) == ("ann", "confirmed")
    assert status(db, 1) == ("confirmed", act.id)
    assert db.execute("select count(*) from reviews").fetchone()[0] == 1


def test_undo_never_touches_a_newer_verdict(db: sqlite3.Connection) -> None:
    first = judge(db, 1, "confirmed", by="ann")
    second = judge(db, 1, "rejected", seen=first.id, by="bob")
    with pytest.raises(reviews.ConflictError):
        reviews.undo(db, first.id, by="ann", at=AT)
    assert status(db, 1) == ("rejected", second.id)
    assert reviews.last_act(db, "ann") is None


def test_an_act_is_undone_once(db: sqlite3.Connection) -> None:
    act = judge(db, 1)
    reviews.undo(db, act.id, by="ann", at=AT)
    with pytest.raises(reviews.ConflictError):
        reviews.undo(db, act.id, by="ann", at=AT)
    with pytest.raises(LookupError):
        reviews.undo(db, 999, by="ann", at=AT)


def test_copies_share_the_verdict_and_the_undo(db: sqlite3.Connection) -> None:
    copy = db.execute("select id from hits where indicator_id = 'arms-transfer' and not primary_in_story").fetchone()[0]
    act = judge(db, 1, "rejected", copies=[copy, 5, 999])
    assert act.hits == 2
    assert status(db, copy)[0] == "rejected"
    assert status(db, 5)[0] == "new"
    undone = reviews.undo(db, act.id, by="ann", at=AT)
    assert undone.hits == 2
    assert status(db, copy) == ("new", None)


def test_a_copy_that_was_judged_keeps_its_verdict(db: sqlite3.Connection) -> None:
    copy = db.execute("select id from hits where indicator_id = 'arms-transfer' and not primary_in_story").fetchone()[0]
    own = judge(db, copy, "confirmed", by="bob")
    act = judge(db, 1, "rejected", copies=[copy])
    assert act.hits == 1
    assert status(db, copy) == ("confirmed", own.id)


def test_undoing_an_act_spares_copies_judged_again_since(db: sqlite3.Connection) -> None:
    copy = db.execute("select id from hits where indicator_id = 'arms-transfer' and not primary_in_story").fetchone()[0]
    act = judge(db, 1, "rejected", copies=[copy])
    newer = judge(db, copy, "confirmed", seen=status(db, copy)[1] or 0, by="bob")
    reviews.undo(db, act.id, by="ann", at=AT)
    assert status(db, 1) == ("new", None)
    assert status(db, copy) == ("confirmed", newer.id)


def test_many_at_once_skip_what_is_judged_and_undo_together(db: sqlite3.Connection) -> None:
    judge(db, 2, "confirmed", by="bob")
    act = reviews.judge_many(db, [1, 2, 4, 999], "rejected", reviewer="ann", at=AT)
    assert act is not None
    assert act.hits == 2
    assert [status(db, hit)[0] for hit in (1, 2, 4)] == ["rejected", "confirmed", "rejected"]
    reviews.undo(db, act.id, by="ann", at=AT)
    assert [status(db, hit)[0] for hit in (1, 2, 4)] == ["new", "confirmed", "new"]
    assert reviews.judge_many(db, [2, 999], "rejected", reviewer="ann", at=AT) is None


def test_withdrawn_and_unknown_hits_are_not_judged(db: sqlite3.Connection) -> None:
    db.execute("update hits set status = 'withdrawn' where id = 1")
    with pytest.raises(reviews.ConflictError):
        judge(db, 1)
    with pytest.raises(LookupError):
        judge(db, 999)
    assert db.execute("select count(*) from reviews").fetchone()[0] == 0


def test_of_two_at_the_same_moment_one_wins(db: sqlite3.Connection, tmp_path: Path) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def analyst(name: str) -> None:
        own = connect(tmp_path / "tracker.db")
        start.wait()
        try:
            judge(own, 1, "confirmed", by=name)
            outcomes.append("judged")
        except reviews.ConflictError:
            outcomes.append("conflict")
        own.close()

    threads = [threading.Thread(target=analyst, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "judged"]
    assert db.execute("select count(*) from reviews").fetchone()[0] == 1


@pytest.mark.parametrize("seconds", [0.3, pytest.param(8.0, marks=pytest.mark.soak)])
def test_a_verdict_waits_for_the_lock(db: sqlite3.Connection, tmp_path: Path, seconds: float) -> None:
    own = connect(tmp_path / "tracker.db")
    own.execute("begin immediate")
    waiting = threading.Thread(target=judge, args=(db, 1))
    waiting.start()
    waiting.join(seconds)
    assert waiting.is_alive()
    own.commit()
    waiting.join(10)
    assert status(db, 1)[0] == "confirmed"
    own.close()
