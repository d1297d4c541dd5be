"""What is wrong with a feed, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.feeds.conftest import NOW
from tracker.feeds.checkup import examine, stale_since
from tracker.feeds.dates import as_text
from tracker.model import CheckResult, Feed, Item

FEED = Feed("harbour", "http://harbour.example/rss.xml")


def times(every: timedelta, silent: timedelta, count: int = 20) -> list[str]:
    return [as_text(NOW - silent - n * every) for n in range(count)]


@pytest.mark.parametrize(
    ("every", "silent", "stale"),
    [
        (timedelta(hours=1), timedelta(days=2), False),
        (timedelta(hours=1), timedelta(days=4), True),
        (timedelta(days=1), timedelta(days=4), False),
        (timedelta(days=1), timedelta(days=5), True),
        (timedelta(days=30), timedelta(days=100), False),
        (timedelta(days=30), timedelta(days=130), True),
    ],
)
def test_a_feed_is_stale_when_its_rhythm_does_not_explain_its_silence(
    every: timedelta, silent: timedelta, stale: bool
) -> None:
    assert (stale_since(times(every, silent), NOW) is not None) == stale


def test_too_few_dates_tell_nothing() -> None:
    assert stale_since([], NOW) is None
    assert stale_since(["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"], NOW) is None


def result(outcome: str = "new", **more: object) -> CheckResult:
    return CheckResult("harbour", as_text(NOW), outcome, 200, **more)  # type: ignore[arg-type]


def items(silent: timedelta) -> tuple[Item, ...]:
    return tuple(Item(t, "", "", "", published_at=t) for t in times(timedelta(hours=1), silent))


def test_conditions() -> None:
    fine = examine(FEED, result(items=items(timedelta(0))), NOW)
    assert (fine.condition, fine.reason, fine.items, fine.newest_item_at) == ("fine", "", 20, as_text(NOW))
    stale = examine(FEED, result(items=items(timedelta(days=9))), NOW)
    assert (stale.condition, stale.reason) == ("stale", "the newest item is of 2026-01-25")
    assert examine(FEED, result(), NOW).condition == "empty"
    moved = examine(FEED, result(moved_to="http://new.example/", items=items(timedelta(0))), NOW)
    assert (moved.condition, moved.reason) == ("moved", "the feed has moved for good to http://new.example/")


def test_every_failure_comes_with_advice() -> None:
    for error_class in ("dns", "tls", "connect", "timeout", "http5xx", "throttled", "guard", "size", "parse", "new"):
        found = examine(FEED, result("failed", error="why", error_class=error_class), NOW)
        assert (found.condition, found.reason) == ("failed", "why")
        assert found.advice
    lost = CheckResult("harbour", as_text(NOW), "failed", 404, error="why", error_class="http4xx")
    assert "new address" in examine(FEED, lost, NOW).advice
    page = result("failed", error="a page", error_class="parse", suggestion="http://harbour.example/feed")
    assert examine(FEED, page, NOW).advice == (
        "Run: tracker feeds remove harbour && tracker feeds add http://harbour.example/feed"
    )
