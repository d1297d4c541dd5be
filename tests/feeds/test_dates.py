"""Dates as feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import struct_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feeds.conftest import NOW
from tracker.feeds import dates


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z"),
        ("2026-02-03T04:05:06+08:00", "2026-02-02T20:05:06Z"),
        ("2026-02-03 04:05", "2026-02-03T04:05:00Z"),
        ("2026/2/3 04:05:06", "2026-02-03T04:05:06Z"),
        ("2026年2月3日 04:05", "2026-02-03T04:05:00Z"),
        ("2026年02月03日", "2026-02-03T00:00:00Z"),
        ("Tue, 03 Feb 2026 04:05:06 GMT", "2026-02-03T04:05:06Z"),
        ("Tue, 03 Feb 2026 04:05:06 EST", "2026-02-03T09:05:06Z"),
        ("3 февраля 2026 г. 07:05", "2026-02-03T07:05:00Z"),
        ("Вт, 3 фев 2026 07:05:00 +0300", "2026-02-03T04:05:00Z"),
        ("Ter, 03 Fev 2026 01:05:06 -0300", "2026-02-03T04:05:06Z"),
        ("3 de fevereiro de 2026", "2026-02-03T00:00:00Z"),
        ("February 3, 2026 4:05 PM", "2026-02-03T16:05:00Z"),
        ("Feb 3rd, 2026", "2026-02-03T00:00:00Z"),
        ("03.02.2026 04:05", "2026-02-03T04:05:00Z"),
        ("3 févr. 2026 04:05", "2026-02-03T04:05:00Z"),
        ("1770091506", "2026-02-03T04:05:06Z"),
        ("1770091506000", "2026-02-03T04:05:06Z"),
    ],
)
def test_many_ways_of_writing_are_read(written: str, utc: str) -> None:
    moment = dates.read(written)
    assert moment is not None
    assert dates.as_text(moment) == utc


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-45", "99:99", "31.02.2026", "3 Nonsense 2026", "-1"])
def test_what_is_no_date_is_none(written: str) -> None:
    assert dates.read(written) is None


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), False),
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(1989, 12, 31, 23, 59, tzinfo=UTC), False),
        (datetime(1990, 1, 1, tzinfo=UTC), True),
        (NOW + timedelta(days=2), True),
        (NOW + timedelta(days=2, seconds=1), False),
    ],
)
def test_absurd_dates_are_refused(moment: datetime, kept: bool) -> None:
    assert (dates.believable(moment, NOW) is not None) == kept


def test_feedparsers_reading_counts_first() -> None:
    parsed = struct_time((2026, 2, 3, 4, 5, 6, 1, 34, 0))
    assert dates.published(parsed, "1 Jan 2020", NOW) == "2026-02-03T04:05:06Z"
    assert dates.published(struct_time((1, 1, 1, 0, 0, 0, 0, 1, 0)), "Mon, 01 Jan 0001 00:00:00 GMT", NOW) is None


@given(st.text(max_size=120) | st.from_regex(r"[0-9:/ .,\-+年月日a-zA-Z]{0,40}", fullmatch=True))
def test_any_text_gives_a_believable_date_or_none(text: str) -> None:
    found = dates.published(None, text, NOW)
    assert found is None or "1990-01-01" <= found <= "2026-02-05T06:00:00Z"
