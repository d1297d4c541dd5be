"""Samples read blind, and a query tried, over the desk's own pages."""

from __future__ import annotations

import re
import sqlite3

import pytest

from tests.review.conftest import Desk, Visitor
from tracker.settings import Settings
from tracker.store import samples

AT = "2026-02-03T00:00:00Z"
CODEBOOK = """\
version: "1"
indicators:
  - {id: sanctions, title: Sanctions, group: driver, direction: toward, query: sanctions}
"""


def draw(db: sqlite3.Connection) -> list[int]:
    """Draw hits of one indicator for reading; returns the samples."""
    hits = samples.primary_hits(db, "sanctions", "")[:3]
    samples.keep(db, samples.Frame("sanctions", "hit", "", 9, 9, 9), [(item, "") for item in hits], AT)
    db.execute("update samples set verdict = null")
    return [row[0] for row in db.execute("select id from samples where frame_id is not null order by id")]


@pytest.fixture
def drawn(db: sqlite3.Connection) -> list[int]:
    return draw(db)


async def test_samples_are_read_one_after_the_other_and_nobody_sees_a_verdict(
    desk: Desk, ann: Visitor, drawn: list[int]
) -> None:
    page = (await ann.get("/-/tracker/samples")).text
    assert f'name="sample" value="{drawn[0]}"' in page
    assert f"{len(drawn)} unread" in page
    assert not re.search(r"status-(confirmed|rejected)", page)
    skipped = await ann.post("/-/tracker/samples/read", {"sample": str(drawn[0]), "verdict": "skip"})
    assert f'value="{drawn[1]}"' in (await ann.get(skipped.headers["location"])).text
    answer = await ann.post("/-/tracker/samples/read", {"sample": str(drawn[0]), "verdict": "rejected", "note": "no"})
    assert answer.status_code == 303
    kept = desk.db.execute("select reviewer, verdict, note from sample_readings").fetchall()
    assert [tuple(row) for row in kept] == [("ann", "rejected", "no")]
    again = await ann.post("/-/tracker/samples/read", {"sample": str(drawn[0]), "verdict": "confirmed"})
    assert again.status_code == 404


async def test_readers_do_not_judge_samples(desk: Desk, drawn: list[int]) -> None:
    reader = await desk.signed_in("rea")
    assert 'value="confirmed"' not in (await reader.get("/-/tracker/samples")).text
    refused = await reader.post("/-/tracker/samples/read", {"sample": str(drawn[0]), "verdict": "confirmed"})
    assert refused.status_code == 403


async def test_the_indicator_page_tells_precision_with_its_interval(ann: Visitor, drawn: list[int]) -> None:
    for sample in drawn:
        await ann.post("/-/tracker/samples/read", {"sample": str(sample), "verdict": "confirmed"})
    page = (await ann.get("/-/tracker/indicators/sanctions")).text
    assert "From samples drawn at random" in page
    assert re.search(r"Precision</dt><dd>\d+ % .*90 % interval \d+–100 %", page)
    assert f"{len(drawn)} of {len(drawn)} samples read" in page


async def test_a_query_is_tried_and_changes_nothing(desk: Desk, ann: Visitor, settings: Settings) -> None:
    settings.indicators.write_text(CODEBOOK)
    before = desk.db.execute("select count(*), max(id) from hits").fetchone()
    assert "sanctions</textarea>" in (await ann.get("/-/tracker/try/sanctions")).text
    page = (await ann.post("/-/tracker/try/sanctions", {"query": "sanctions OR vessel* OR the"})).text
    found = re.search(r"([\d,]+) found by both, ([\d,]+) gained, ([\d,]+) lost", page)
    assert found is not None
    assert int(found[2]) > 0
    assert found[3] == "0"
    assert "<h3>Gained</h3>" in page
    assert "<mark" in page
    assert tuple(desk.db.execute("select count(*), max(id) from hits").fetchone()) == tuple(before)
    assert settings.indicators.read_text() == CODEBOOK


async def test_a_faulty_query_is_told_with_its_place(ann: Visitor, settings: Settings) -> None:
    settings.indicators.write_text(CODEBOOK)
    answer = await ann.post("/-/tracker/try/sanctions", {"query": "sanctions AND\n(embargo"})
    assert answer.status_code == 400
    assert "line 2, column" in answer.text
    assert "(embargo</textarea>" in answer.text
    hostile = await ann.post("/-/tracker/try/sanctions", {"query": "x" * 30_000})
    assert "longer than 20,000 characters" in hostile.text


async def test_only_analysts_try_queries(desk: Desk, settings: Settings) -> None:
    settings.indicators.write_text(CODEBOOK)
    reader = await desk.signed_in("rea")
    assert (await reader.get("/-/tracker/try/sanctions")).status_code == 403
