"""Alerts on the desk: what is open, acting with a history, stale pages, marks on board, queue and indicator."""

from __future__ import annotations

import re
import sqlite3

import pytest

from tests.review import sample
from tests.review.conftest import Desk, Visitor
from tracker.review.alert_pages import chance
from tracker.store import alerts


def raise_alert(db: sqlite3.Connection, indicator: str = "sanctions", day: str = "2026-02-02") -> int:
    made = db.execute(
        """insert into alerts (indicator_id, day, known_at, observed, expected, p, q, exposure, reason)
           values (?, ?, ?, 7, 1.4, 0.0004, 0.01, 0.92, 'a jump')""",
        (indicator, day, f"{day}T23:00:00Z"),
    ).lastrowid
    assert made is not None
    return made


async def act(visitor: Visitor, alert: int, what: str, seen: int = 0, **more: str) -> str:
    answer = await visitor.post(
        "/-/tracker/alerts/handle", {"alert": str(alert), "act": what, "seen": str(seen), "state": "all", **more}
    )
    assert answer.status_code == 303
    return (await visitor.get(answer.headers["location"])).text


def state(desk: Desk, alert: int) -> tuple[str, str, str]:
    row = desk.db.execute("select status, reason, snoozed_until from alerts where id = ?", (alert,)).fetchone()
    return tuple(row)


async def test_without_alerts_the_page_says_so(ann: Visitor) -> None:
    assert "not computed yet" in (await ann.get("/-/tracker/alerts")).text


async def test_an_alert_shows_on_every_page_it_concerns(desk: Desk, ann: Visitor) -> None:
    raise_alert(desk.db)
    page = (await ann.get("/-/tracker/alerts")).text
    for words in ("Western sanctions", "<strong>7</strong> stories, 1.4 expected", "1 in 2,500", "92 % of the day"):
        assert words in page
    board = (await ann.get("/")).text
    assert "1 open" in board
    assert "alert 02-02" in board
    assert 'class="alert"' in (await ann.get("/-/tracker/indicators/sanctions")).text
    waiting = (await ann.get("/-/tracker/list?alerting=1")).text
    assert set(re.findall(r"indicators/|外长谈制裁|New sanctions|Минис", waiting)) == {"外长谈制裁"}


async def test_acknowledge_snooze_close_and_open_again(desk: Desk, ann: Visitor) -> None:
    alert = raise_alert(desk.db)
    await act(ann, alert, "snoozed", days="7", note="looking into it")
    assert state(desk, alert) == ("open", "a jump", "2026-02-10T06:00:00Z")
    assert "No open alerts" in (await ann.get("/-/tracker/alerts")).text
    assert "0 open" in (await ann.get("/")).text
    assert "looking into it" in (await ann.get("/-/tracker/alerts?state=snoozed")).text
    page = await act(ann, alert, "acknowledged", 1)
    assert state(desk, alert) == ("acknowledged", "a jump", "")
    assert "acknowledged by <bdi>ann</bdi>" in page
    assert "Say why it is closed" in await act(ann, alert, "closed", 2)
    assert "a second outlet copied it" in await act(ann, alert, "closed", 2, note="a second outlet copied it")
    assert state(desk, alert) == ("closed", "a second outlet copied it", "")
    await act(ann, alert, "reopened", 3)
    assert state(desk, alert) == ("open", "a jump", "")


async def test_a_snooze_ends_by_itself(desk: Desk) -> None:
    alert = raise_alert(desk.db)
    alerts.handle(
        desk.db, alert, "snoozed", reviewer="ann", at=sample.STAMP, seen_act=0, until="2026-02-03T05:59:00Z"
    )  # fmt: skip
    assert alerts.counts(desk.db, sample.NOW)["open"] == 1
    assert alerts.marks(desk.db, sample.NOW, 90) == {"sanctions": "2026-02-02"}


async def test_a_stale_page_changes_nothing(desk: Desk, ann: Visitor) -> None:
    alert = raise_alert(desk.db)
    bob = await desk.signed_in("bob")
    await act(bob, alert, "closed", note="a holiday")
    assert "Somebody changed this alert meanwhile" in await act(ann, alert, "acknowledged")
    assert state(desk, alert)[0] == "closed"


async def test_readers_see_alerts_and_change_none(desk: Desk) -> None:
    alert = raise_alert(desk.db)
    rea = await desk.signed_in("rea")
    assert "Acknowledge" not in (await rea.get("/-/tracker/alerts")).text
    answer = await rea.post("/-/tracker/alerts/handle", {"alert": str(alert), "act": "acknowledged", "seen": "0"})
    assert answer.status_code == 403
    ann = await desk.signed_in("ann")
    assert (await ann.post("/-/tracker/alerts/handle", {"alert": "99", "act": "acknowledged"})).status_code == 404
    assert (await ann.post("/-/tracker/alerts/handle", {"alert": str(alert), "act": "delete"})).status_code == 404
    assert state(desk, alert)[0] == "open"


@pytest.mark.parametrize(("p", "words"), [(0.004, "1 in 250"), (0.0, "less than 1 in a million"), (None, "")])
def test_chances_in_words(p: float | None, words: str) -> None:
    assert chance(p) == words


async def test_many_are_closed_at_once_and_stale_ones_spared(desk: Desk, ann: Visitor) -> None:
    made = [raise_alert(desk.db, day=f"2026-01-{day:02}") for day in range(10, 15)]
    page = (await ann.get("/-/tracker/alerts")).text
    ticks = re.findall(r'name="alert" value="(\d+:\d+)"', page)
    assert len(ticks) == 5
    await act(ann, made[0], "acknowledged", note="mine")
    form = {"alert": [*ticks, "999:0"], "state": "open"}
    refused = await ann.post("/-/tracker/alerts/handle-many", {**form, "act": "closed"})
    assert "Say why it is closed" in (await ann.get(refused.headers["location"])).text
    assert state(desk, made[1])[0] == "open"
    done = await ann.post("/-/tracker/alerts/handle-many", {**form, "act": "closed", "note": "one summit, told twice"})
    after = (await ann.get(done.headers["location"])).text
    assert "4 alerts were changed. 2 had been changed by somebody meanwhile and are as before." in after
    assert state(desk, made[0])[0] == "acknowledged"
    assert [state(desk, one)[:2] for one in made[1:]] == [("closed", "one summit, told twice")] * 4
    nothing = await ann.post("/-/tracker/alerts/handle-many", {"act": "acknowledged"})
    assert "No alert was ticked" in (await ann.get(nothing.headers["location"])).text


async def test_readers_close_nothing(desk: Desk) -> None:
    alert = raise_alert(desk.db)
    rea = await desk.signed_in("rea")
    answer = await rea.post("/-/tracker/alerts/handle-many", {"alert": f"{alert}:0", "act": "closed", "note": "x"})
    assert answer.status_code == 403
    assert state(desk, alert)[0] == "open"
