"""Tokens end one subscription, cannot be forged, and do nothing to others."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.digest.conftest import Desk
from tracker.digest import unsubscribe
from tracker.digest.unsubscribe import Claim


def test_a_token_ends_one_subscription_and_may_be_used_again(desk: Desk) -> None:
    reader = desk.subscribe()
    desk.subscribe(digest="weekly")
    desk.subscribe("other@example.org")
    token = unsubscribe.sign(desk.connection, reader.subscriber_id, "daily")
    assert unsubscribe.verify(desk.connection, token) == Claim(reader.subscriber_id, "daily")
    assert desk.rows("select count(*) from subscriptions") == [(3,)]
    for _ in range(2):
        assert unsubscribe.apply(desk.connection, token) == Claim(reader.subscriber_id, "daily")
    assert desk.rows(
        "select p.address, s.digest from subscriptions s join subscribers p on p.id = s.subscriber_id"
    ) == [
        ("reader@example.org", "weekly"),
        ("other@example.org", "daily"),
    ]


def test_a_token_of_another_database_or_another_subscription_is_not_ours(desk: Desk) -> None:
    reader = desk.subscribe()
    token = unsubscribe.sign(desk.connection, reader.subscriber_id, "daily")
    mine, _, signature = token.partition(".")
    others = unsubscribe.sign(desk.connection, 99, "daily").partition(".")[0]
    for forged in (f"{others}.{signature}", mine, f"{mine}.", f".{signature}", token + "x", "", "é.ü", "a" * 5000):
        assert unsubscribe.apply(desk.connection, forged) is None
    desk.connection.execute("update secrets set value = 'another'")
    assert unsubscribe.verify(desk.connection, token) is None
    assert desk.rows("select count(*) from subscriptions") == [(1,)]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_no_text_crashes_it(desk: Desk, token: str) -> None:
    assert unsubscribe.verify(desk.connection, token) is None
