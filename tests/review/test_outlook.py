"""Coverage, bands and indices on the pages: drawn from what the daily job has kept, and honest where it has not."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta

import pytest

from tests.review import sample
from tests.review.conftest import Desk, Visitor
from tracker.digest.outlook import moved
from tracker.review import pictures
from tracker.review.outlook import week_shown
from tracker.review.sparkline import sparkline
from tracker.store import judged
from tracker.store.judged import CoverageDay, IndexDay, IndexPart, JudgedDay, StoredReport
from tracker.store.reported import Weekly, alerts_between, weeks_of

LAST = date(2026, 2, 2)


def fill(db: sqlite3.Connection, days: int = 120) -> None:
    """A stored report such as the daily job leaves: two months inferred, one day too thinly covered."""
    names = [row["id"] for row in db.execute("select id from indicators")]
    when = [(LAST - timedelta(days=back)).isoformat() for back in range(days)][::-1]
    summary = {
        "exposure": 0.97,
        "indices": {
            "pressure": {"value": 0.31, "lower": -0.2, "upper": 0.8, "week_before": 0.11, "top_stays": 0.7,
                         "rank_correlation_of_months": 0.85},
            "cooperation": {"value": 7.44, "lower": 4.1, "upper": 9.9, "week_before": 7.56, "top_stays": 0.5,
                            "rank_correlation_of_months": 0.98},
            "pressure_specific": {"value": None},
        },
        "weeks": {"sanctions": {"stories": 9, "expected": 2.1, "lower": 0, "upper": 5, "days": 7},
                  "joint-drill": {"stories": 0, "expected": 4.2, "lower": 1, "upper": 8, "days": 7},
                  "doubts": {"stories": 1, "expected": 0.2, "lower": 0, "upper": 1, "days": 7}},
    }  # fmt: skip
    with db:
        judged.keep_days(db, (
            JudgedDay(name, day, int(at % 9 == 0), *((None, None, None) if at == days - 5 else (2.0, 0, 4)), 0.1,
                      "jump" if name == "sanctions" and at == days - 2 else "")
            for name in names for at, day in enumerate(when)
        ))  # fmt: skip
        judged.keep_coverage(
            db,
            (CoverageDay(day, 0.4 if at == days - 5 else 0.97, at < 60, 10) for at, day in enumerate(when)),
            (("harbour", day, 0.0 if at % 7 == 0 else 1.0, 3) for at, day in enumerate(when)),
        )
        judged.keep_indices(
            db,
            [IndexDay(name, day, at / 60, at / 60 - 1, at / 60 + 1) for at, day in enumerate(when)
             for name in ("pressure", "cooperation")],
            [IndexPart("pressure", "sanctions", 0.31, 0.1, 0.5, 0.2,
                       [{"hit": 1, "story": 1, "day": "2026-02-01", "weight": 1.0}])],
        )  # fmt: skip
        judged.keep_report(db, StoredReport(LAST.isoformat(), sample.STAMP, 1.0, "", summary))


async def test_without_a_stored_report_pages_say_how_to_get_one(ann: Visitor) -> None:
    for page in ("/", "/-/tracker/report", "/-/tracker/indicators/sanctions"):
        text = (await ann.get(page)).text
        assert "not computed yet" in text
        assert "tracker report --keep" in text
    assert "30 days covered" not in (await ann.get("/-/tracker/feeds")).text


async def test_the_board_shows_coverage_indices_and_the_band(desk: Desk, ann: Visitor) -> None:
    fill(desk.db)
    page = (await ann.get("/")).text
    assert "97 % on 2 Feb" in page
    assert "1 below 70% and not judged" in page
    assert "2026-01-29: 40% covered" in page
    assert page.count('<svg class="index"') == 2
    assert "+0.31</strong>" in page
    assert "up 0.20 in a week" in page
    assert "down 0.12 in a week" in page
    assert "not computed yet" not in page
    table = page[page.index("<table") :]
    above = table[table.index("Western sanctions</a>") :]
    assert 'standing-above"' in above[: above.index("</tr>")]
    assert ">0–5</small>" in above[: above.index("</tr>")]
    below = table[table.index("Joint exercises</a>") :]
    assert 'standing-below"' in below[: below.index("</tr>")]
    assert 'class="usual" d="M' in page


async def test_an_index_without_a_value_says_why(desk: Desk, ann: Visitor) -> None:
    fill(desk.db)
    with desk.db:
        desk.db.execute("update reports set summary = json_set(summary, '$.indices.pressure.value', null)")
    page = (await ann.get("/")).text
    assert page.count('<svg class="index"') == 1
    assert "too few days of that year were covered" in page


async def test_an_old_report_is_called_old(desk: Desk, ann: Visitor) -> None:
    fill(desk.db)
    with desk.db:
        desk.db.execute("update reports set last_day = '2026-01-20'")
    assert "last computed up to 2026-01-20" in (await ann.get("/")).text
    assert "not renewed this for some days" in (await ann.get("/-/tracker/report")).text


async def test_the_indicator_page_draws_the_band_and_says_how_the_week_was(desk: Desk, ann: Visitor) -> None:
    fill(desk.db)
    page = (await ann.get("/-/tracker/indicators/sanctions")).text
    assert page.count('class="usual"') == 2
    assert "9 stories in the seven days to 2026-02-02, where 0–5 are usual" in page
    assert "above what is usual</strong>" in page
    assert "above the usual range on 0 of 88 judged days" in page
    assert 'class="coverage' in page
    doubts = (await ann.get("/-/tracker/indicators/doubts")).text
    assert "1 story in the seven days to 2026-02-02, where 0–1 are usual." in doubts


async def test_feeds_have_a_strip_of_their_days(desk: Desk, ann: Visitor) -> None:
    fill(desk.db)
    page = (await ann.get("/-/tracker/feeds")).text
    assert page.count('<svg class="heat"') == 1
    assert "covered over 30 days" in page
    assert "not known" in page


async def test_the_report_page_shows_what_the_report_prints(desk: Desk, ann: Visitor) -> None:
    fill(desk.db)
    page = (await ann.get("/-/tracker/report")).text
    assert "Report up to 2026-02-02" in page
    assert "1,200 stories screened. 1 day counts as missing" in page
    assert page.count('<svg class="index"') == 2, "the index without a value is left out"
    assert "What it is made of" in page
    assert "Freighter unloads artillery shells at dawn" in page
    assert "jump: 0 stories in a day where 2 are usual" in page or "jump: 1 story in a day where 2 are usual" in page
    assert page.count('<svg class="weeks"') == 6
    assert "where 56 are usual" in page


async def test_the_report_page_tells_the_event_study_and_how_good_the_indicators_are(desk: Desk, ann: Visitor) -> None:
    fill(desk.db)
    bare = (await ann.get("/-/tracker/report")).text
    assert "Not computed: there are no dated events beside the codebook" in bare
    assert "nothing drawn at random has been read yet" in bare
    study = {
        "plainly": "No sign that <i>cooperation</i> follows pressure.",
        "weeks": 156, "first_day": "2023-02-05", "events": 17,
        "tests": [
            {"question": "cooperation after pressure", "ratio": 1.26, "lower": 0.36, "upper": 2.73, "p": 0.24},
            {"question": "pressure after summits", "ratio": None},
        ],
        "regression": None, "regression_missing": "statsmodels is not installed",
    }  # fmt: skip
    desk.db.execute("update reports set summary = json_set(summary, '$.lead_lag', json(?))", (json.dumps(study),))
    page = (await ann.get("/-/tracker/report")).text
    assert "No sign that &lt;i&gt;cooperation&lt;/i&gt; follows pressure." in page
    assert "× 1.26" in page
    assert "0.36 … 2.73" in page
    assert "too little to compare" in page
    assert "statsmodels is not installed" in page


def test_weeks_end_on_the_last_day_and_thin_ones_are_not_judged(db: sqlite3.Connection) -> None:
    fill(db)
    weeks = weeks_of(db, "sanctions", LAST - timedelta(days=27), LAST)
    assert [(week.first, week.last) for week in weeks][-1] == ("2026-01-27", "2026-02-02")
    assert len(weeks) == 4
    assert weeks[-1].expected == pytest.approx(14.0), "six judged days stand for seven"
    with db:
        db.execute("update report_days set expected = null where day > '2026-01-29'")
    assert weeks_of(db, "sanctions", LAST - timedelta(days=27), LAST)[-1].expected is None
    (alert,) = alerts_between(db, "2026-01-01", "2026-02-02")
    assert (alert.indicator, alert.day, alert.kind, alert.status) == ("sanctions", "2026-02-01", "jump", "")


def test_no_page_reads_the_stored_report_by_a_scan(db: sqlite3.Connection) -> None:
    fill(db)
    for sql in (
        "select day, lower, upper from report_days where indicator_id = ? and day between ? and ?",
        "select day, exposure from feed_days where feed_id = ? and day between ? and ?",
        "select day, stories, expected from report_days where indicator_id = ? and day between ? and ?",
        "select name, day, value, lower, upper from index_days where name = ? and day between ? and ? order by day",
    ):
        plan = [row["detail"] for row in db.execute(f"explain query plan {sql}", ("x", "a", "b"))]
        assert all("SEARCH" in step for step in plan), plan


def test_pictures_say_what_they_show() -> None:
    days = [CoverageDay("2026-02-01", 0.2, False, 1), CoverageDay("2026-02-02", 1.0, True, 1)]
    strip = pictures.coverage_strip(days, date(2026, 2, 1), date(2026, 2, 3))
    assert 'class="heat-little"' in strip
    assert 'class="heat-full"' in strip
    assert 'class="heat-unknown"' in strip
    assert 'class="inferred"' in strip
    assert pictures.coverage_words(days) == (
        "Coverage of 2 days: 60% on average, 1 below 70% and not judged; 1 inferred from the items themselves"
    )
    assert pictures.coverage_words([]) == "Coverage: not computed yet"
    assert pictures.feed_strip([None, None]) == ""
    assert "100% covered over 1 day<" in pictures.feed_strip([None, 1.0])
    assert pictures.index_chart([IndexDay("pressure", "2026-02-01", 1, 0, 2)], "x") == ""
    week = Weekly("2026-01-27", "2026-02-02", 1, None)
    assert 'class="unjudged"' in pictures.weeks_chart([week], ["2026-02-01"], "<b>")
    assert "&lt;b&gt;: 1 story in 1 weeks" not in pictures.weeks_chart([week], [], "<b>")
    assert "&lt;b&gt;: 1 story in 1 week," in pictures.weeks_chart([week], [], "<b>")


def test_a_band_is_shaded_where_days_were_judged() -> None:
    drawn = sparkline((1, 9, 1), date(2026, 2, 1), band=((0, 4), None, (1, 4)))
    assert drawn.count("Z") == 2
    assert 'class="usual" d=""' in sparkline((1, 9, 1), date(2026, 2, 1))


def test_words_for_moves_and_weeks() -> None:
    assert [moved(1.0, 1.0), moved(1.0, None), moved(1.0, 1.2)] == [
        "as a week ago", "no value a week ago", "down 0.20 in a week",
    ]  # fmt: skip
    shown = week_shown({"stories": 3, "lower": 2, "upper": 2})
    assert shown is not None
    assert (shown.usual, shown.standing) == ("2", "above")
    assert week_shown(None) is None
