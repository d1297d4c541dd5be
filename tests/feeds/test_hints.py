"""What headers ask of pollers."""

from __future__ import annotations

import pytest

from tests.feeds.conftest import NOW
from tracker.feeds.hints import of_channel, with_headers
from tracker.model import FeedHints


def hints(**headers: str) -> FeedHints:
    return with_headers(FeedHints(), {name.replace("_", "-"): value for name, value in headers.items()}, NOW)


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("max-age=600", 600),
        ("public, MAX-AGE = 600, s-maxage=9", 600),
        ("s-maxage=900", None),
        ("no-cache", None),
        ("max-age=31536000", 86_400),
        ("max-age=junk", None),
    ],
)
def test_max_age(cache_control: str, seconds: int | None) -> None:
    assert hints(cache_control=cache_control).max_age == seconds


def test_age_already_spent_counts() -> None:
    assert hints(cache_control="max-age=600", age="200").max_age == 400
    assert hints(cache_control="max-age=600", age="900").max_age == 0


def test_expires_counts_from_the_servers_own_date_and_only_without_max_age() -> None:
    expires, date = "Mon, 02 Feb 2026 11:00:00 GMT", "Mon, 02 Feb 2026 10:00:00 GMT"
    assert hints(expires=expires, date=date).expires == 3600
    assert hints(expires=expires, date=date, cache_control="max-age=60").expires is None
    assert hints(expires="0").expires is None
    assert hints(expires="Mon, 02 Feb 2026 09:00:00 GMT", date=date).expires == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Tue, 03 Feb 2026 06:02:00 GMT", 120),
        ("Tue, 03 Feb 2026 05:00:00 GMT", 0),
        ("99999999", 7 * 86_400),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(value: str, seconds: int | None) -> None:
    assert hints(retry_after=value).retry_after == seconds


def test_hints_of_a_channel_are_capped_and_nonsense_is_ignored() -> None:
    assert of_channel("<channel><ttl>100000</ttl>").ttl == 86_400
    assert of_channel("<channel><ttl>often</ttl><ttl/>").ttl is None
    assert of_channel("<sy:updatePeriod>weekly</sy:updatePeriod>").update_period == 86_400
    assert of_channel("<skipHours><hour>99</hour><hour>x</hour></skipHours>").skip_hours == (3,)
    assert of_channel("<channel><item><ttl>5</ttl></item>").ttl is None
    assert of_channel("<channel><ttl><![CDATA[ 30 ]]></ttl>").ttl == 1800
