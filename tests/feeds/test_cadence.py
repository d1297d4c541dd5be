"""When to ask again, without a clock and without a network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feeds.conftest import NOW
from tracker.feeds import cadence
from tracker.feeds.dates import as_text
from tracker.model import CheckResult, Feed, FeedHints, FeedState, Item

FEED = Feed("harbour", "http://harbour.example/rss.xml")
HOUR, DAY = 3600.0, 86_400.0


def state(every: float = HOUR, silent: float = 0.0, **more: object) -> FeedState:
    """A feed that published every ``every`` seconds until ``silent`` seconds ago."""
    times = tuple(as_text(NOW - timedelta(seconds=silent + every * n)) for n in range(20))
    return FeedState(**{"feed": FEED, "url": FEED.url, "item_times": times} | more)  # type: ignore[arg-type]


def result(outcome: str = "unchanged", **more: object) -> CheckResult:
    return CheckResult("harbour", as_text(NOW), outcome, **more)  # type: ignore[arg-type]


def wait(before: FeedState, found: CheckResult, chance: float = 0.0) -> float:
    return (cadence.next_due(before, found, NOW, chance) - NOW).total_seconds()


@pytest.mark.parametrize(
    ("every", "seconds"),
    [(30, 300), (600, 900), (HOUR, 900), (4 * HOUR, HOUR), (DAY, 6 * HOUR), (7 * DAY, DAY), (400 * DAY, DAY)],
)
def test_a_feed_is_asked_about_four_times_per_item(every: float, seconds: float) -> None:
    assert wait(state(every), result()) == seconds


def test_a_feed_that_falls_silent_is_asked_ever_more_seldom() -> None:
    waits = [wait(state(HOUR, silent), result()) for silent in (0, 8 * HOUR, 2 * DAY, 30 * DAY)]
    assert waits == [900, HOUR, 6 * HOUR, DAY]


def test_items_just_seen_count_as_much_as_stored_ones() -> None:
    items = tuple(Item(str(n), "", "", "", published_at=as_text(NOW - timedelta(hours=4 * n))) for n in range(10))
    assert wait(FeedState(FEED, FEED.url), result("new", items=items)) == HOUR


def test_without_dates_the_rhythm_follows_what_changes() -> None:
    assert wait(FeedState(FEED, FEED.url), result("new")) == cadence.FIRST_GUESS
    known = FeedState(
        FEED, FEED.url, last_ok_at=as_text(NOW - timedelta(hours=2)), next_due_at=as_text(NOW - timedelta(hours=1))
    )
    assert wait(known, result("new")) == pytest.approx(0.6 * HOUR)
    assert wait(known, result("unchanged")) == pytest.approx(1.4 * HOUR)


@pytest.mark.parametrize("name", ["ttl", "update_period", "max_age", "expires", "retry_after"])
def test_never_sooner_than_the_publisher_asks(name: str) -> None:
    assert wait(state(600), result(hints=FeedHints(**{name: 7200}))) == 7200


def test_hints_are_capped_at_a_day_and_retry_after_at_a_week() -> None:
    assert wait(state(600), result(hints=FeedHints(ttl=10**9))) == DAY
    assert wait(state(600), result(hints=FeedHints(retry_after=10**9))) == 7 * DAY


def test_a_document_that_was_not_read_keeps_to_the_ttl_of_the_last_one_that_was() -> None:
    planned = state(600, last_ok_at=as_text(NOW - timedelta(hours=3)), next_due_at=as_text(NOW))
    assert wait(planned, result("not_modified"), chance=1) == 3 * HOUR
    assert wait(planned, result("unchanged"), chance=1) == 3 * HOUR
    assert wait(planned, result("new")) == 900
    assert wait(state(600, last_ok_at=planned.last_ok_at, next_due_at=planned.next_due_at, failures=1), result()) == 900


def test_an_analysts_wish_beats_rhythm_and_hints_but_not_retry_after() -> None:
    before = state(DAY, feed=Feed("harbour", FEED.url, interval=60))
    assert wait(before, result(hints=FeedHints(ttl=7200))) == 60
    assert wait(before, result(hints=FeedHints(retry_after=7200))) == 7200


def test_failures_back_off_by_class_and_are_capped_at_a_day() -> None:
    def failed(error_class: str, failures: int) -> float:
        return wait(state(failures=failures), result("failed", error_class=error_class))

    assert [failed("timeout", n) for n in range(4)] == [600, 1200, 2400, 4800]
    assert failed("http4xx", 0) == HOUR
    assert failed("guard", 0) == 6 * HOUR
    assert {failed(name, 50) for name in ("dns", "tls", "http4xx", "http5xx", "parse", "unheard-of")} == {DAY}


def test_a_failing_host_is_left_alone_as_long_as_it_asks() -> None:
    busy = result("failed", error_class="throttled", hints=FeedHints(retry_after=5 * 86_400))
    assert wait(state(), busy) == 5 * DAY


@pytest.mark.parametrize(
    ("hints", "due"),
    [
        (FeedHints(skip_hours=(6, 7, 8)), "2026-02-03T09:00:00Z"),
        (FeedHints(skip_hours=(6, *range(12, 24))), "2026-02-03T07:00:00Z"),
        (FeedHints(skip_days=(1, 2)), "2026-02-05T00:00:00Z"),
        (FeedHints(skip_days=(1,), skip_hours=(0, 1)), "2026-02-04T02:00:00Z"),
        (FeedHints(skip_hours=tuple(range(24))), "2026-02-03T06:15:00Z"),
        (FeedHints(skip_days=tuple(range(7))), "2026-02-03T06:15:00Z"),
    ],
)
def test_skipped_hours_and_days_are_waited_out(hints: FeedHints, due: str) -> None:
    assert as_text(cadence.next_due(state(600), result(hints=hints), NOW, 0.0)) == due


def test_feeds_alike_do_not_come_due_together() -> None:
    waits = {round(wait(state(4 * HOUR), result(), chance / 100)) for chance in range(101)}
    assert len(waits) == 101
    assert (min(waits), max(waits)) == (3600, 3960)


SECONDS = st.none() | st.integers(0, 10**9)
TIMES = st.integers(0, 36 * 365 * 86_400).map(lambda ago: as_text(NOW + timedelta(days=2, seconds=-ago)))


@given(
    times=st.lists(TIMES, max_size=20),
    failures=st.integers(0, 10**6),
    outcome=st.sampled_from(["new", "unchanged", "not_modified", "failed"]),
    error_class=st.sampled_from(["", "dns", "throttled", "parse", "lying304"]),
    hints=st.builds(
        FeedHints, SECONDS, SECONDS, SECONDS, SECONDS, SECONDS,
        st.sets(st.integers(0, 23)).map(lambda hours: tuple(sorted(hours))),
        st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
    ),
    last=st.tuples(TIMES, TIMES),
    interval=st.none() | st.integers(60, 7 * 86_400),
    chance=st.floats(0, 1),
)  # fmt: skip
def test_the_next_check_lies_within_bounds(
    times: list[str],
    failures: int,
    outcome: str,
    error_class: str,
    hints: FeedHints,
    last: tuple[str, str],
    interval: int | None,
    chance: float,
) -> None:
    before = FeedState(
        Feed("harbour", FEED.url, interval=interval), FEED.url, failures=failures, item_times=tuple(times),
        last_ok_at=min(last), next_due_at=max(last),
    )  # fmt: skip
    due = cadence.next_due(before, result(outcome, error_class=error_class, hints=hints), NOW, chance)
    longest = max(DAY, interval or 0, min(hints.retry_after or 0, 7 * DAY))
    assert NOW + timedelta(seconds=60) <= due <= NOW + timedelta(seconds=1.1 * longest, days=8)
    if len(hints.skip_hours) < 24 and len(hints.skip_days) < 7:
        assert due.hour not in hints.skip_hours
        assert due.weekday() not in hints.skip_days
    else:
        assert due <= NOW + timedelta(seconds=1.1 * longest)
