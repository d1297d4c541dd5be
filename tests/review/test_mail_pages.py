"""Mail on the desk: deliveries for analysts, one's own subscription by token, unsubscribing as RFC 8058 wants it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest

from tests.review import sample
from tests.review.conftest import Desk, Visitor
from tracker.digest import preview, unsubscribe
from tracker.digest.outbox import queue_due
from tracker.settings import Settings
from tracker.store import subscribers
from tracker.store.subscribers import MailName, Subscription, Wishes

BODIES = [
    {"data": {"List-Unsubscribe": "One-Click"}},
    {"files": {"List-Unsubscribe": (None, "One-Click")}},
    {"content": b""},
]


@pytest.fixture
def reader(desk: Desk) -> Subscription:
    return subscribe(desk)


def subscribe(desk: Desk, digest: MailName = "daily") -> Subscription:
    since = "2026-01-01T00:00:00Z"
    subscribers.add(desk.db, "reader@example.org", digest, wishes=Wishes(nothing_new=True), since=since, now=since)
    return subscribers.subscriptions(desk.db, digest)[0]


def way(desk: Desk, reader: Subscription, purpose: str = "unsubscribe") -> str:
    path = unsubscribe.PATH if purpose == "unsubscribe" else "/-/tracker/mail/subscription"
    return f"{path}?token={unsubscribe.sign(desk.db, reader.subscriber_id, reader.digest, purpose)}"


@pytest.mark.parametrize("body", BODIES, ids=["urlencoded", "multipart", "empty"])
async def test_post_alone_unsubscribes_without_cookie_or_sign_in(
    desk: Desk, reader: Subscription, body: dict[str, object]
) -> None:
    subscribe(desk, "weekly")
    provider = desk.visitor().client
    for method in ("GET", "HEAD"):
        answer = await provider.request(method, way(desk, reader))
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert len(subscribers.subscriptions(desk.db)) == 2
    for _ in range(2):
        answer = await provider.post(way(desk, reader), **body)  # type: ignore[arg-type]
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        assert "has ended" in answer.text
    assert [left.digest for left in subscribers.subscriptions(desk.db)] == ["weekly"]


async def test_the_page_shown_on_get_has_a_button_that_works(desk: Desk, reader: Subscription) -> None:
    visitor = desk.visitor().client
    page = (await visitor.get(way(desk, reader))).text
    assert "the daily digest" in page
    action = unescape(re.findall(r'<form method="post" action="([^"]+)"', page)[0])
    answer = await visitor.post(
        action, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "http://127.0.0.1:8001"}
    )
    assert answer.status_code == 200
    assert subscribers.subscriptions(desk.db) == []


@pytest.mark.parametrize("token", ["", "x", "MS5kYWlseQ.AAAA", "a" * 5000])
async def test_a_token_that_is_not_ours_does_nothing(desk: Desk, reader: Subscription, token: str) -> None:
    for path in (unsubscribe.PATH, "/-/tracker/mail/subscription"):
        for method in ("GET", "POST"):
            answer = await desk.visitor().client.request(method, path, params={"token": token})
            assert answer.status_code == 404
            assert "no subscription" in answer.text
    assert len(subscribers.subscriptions(desk.db)) == 1


async def test_a_token_to_unsubscribe_does_not_open_the_subscription(desk: Desk, reader: Subscription) -> None:
    token = urlsplit(way(desk, reader)).query
    assert (await desk.visitor().get(f"/-/tracker/mail/subscription?{token}")).status_code == 404


async def test_one_sees_and_changes_what_one_gets(desk: Desk, reader: Subscription) -> None:
    visitor = desk.visitor().client
    page = (await visitor.get(way(desk, reader, "change"))).text
    assert "reader@example.org" in page
    assert "The next mail" not in page, "what is in it is for those who may read the desk"
    fields = {
        "groups": ["driver", "nonsense"], "direction": "away", "languages": "RU, zh", "min_score": "0.4",
        "confirmed_only": "1", "time": "08:30", "timezone": "Asia/Tokyo", "days": ["fri", "mon", "someday"],
    }  # fmt: skip
    answer = await visitor.post(way(desk, reader, "change"), data=fields)
    assert (answer.status_code, "Saved" in answer.text, "set-cookie" in answer.headers) == (200, True, False)
    (changed,) = subscribers.subscriptions(desk.db)
    assert changed.timezone == "Asia/Tokyo"
    assert changed.wishes == Wishes(
        groups=("driver",), direction="away", languages=("ru", "zh"), min_score=0.4, confirmed_only=True, time="08:30",
        days=("mon", "fri"),
    )  # fmt: skip
    assert changed.hits_until == reader.hits_until


async def test_a_weekly_digest_leaves_on_one_day(desk: Desk) -> None:
    reader = subscribe(desk, "weekly")
    visitor = desk.visitor().client
    refused = await visitor.post(way(desk, reader, "change"), data={"days": ["fri", "sat"]})
    assert (refused.status_code, "on one day" in refused.text) == (400, True)
    assert (await visitor.post(way(desk, reader, "change"), data={"days": ["sat"]})).status_code == 200
    assert subscribers.subscriptions(desk.db)[0].wishes.days == ("sat",)


@pytest.mark.parametrize(
    "fields",
    [{"timezone": "Mars/Olympus"}, {"timezone": "../../etc/passwd"}, {"time": "25:00"}, {"time": "7 Uhr"},
     {"min_score": "7"}, {"min_score": "nan"}, {"indicators": "<script>"}],
)  # fmt: skip
async def test_a_wrong_wish_is_named_and_changes_nothing(
    desk: Desk, reader: Subscription, fields: dict[str, str]
) -> None:
    answer = await desk.visitor().client.post(way(desk, reader, "change"), data=fields)
    assert answer.status_code == 400
    assert "<script>" not in answer.text
    assert subscribers.subscriptions(desk.db) == [reader]


async def test_whoever_may_read_sees_the_next_mail(desk: Desk, ann: Visitor, reader: Subscription) -> None:
    page = (await ann.get(way(desk, reader, "change"))).text
    assert "The next mail" in page
    assert "WHAT CHANGED" in page
    token = urlsplit(way(desk, reader, "change")).query
    file = await ann.get(f"/-/tracker/mail/preview?{token}")
    assert file.headers["content-type"].startswith("message/rfc822")
    assert "attachment" in file.headers["content-disposition"]
    assert "To: reader@example.org" in file.text
    assert (await desk.visitor().get(f"/-/tracker/mail/preview?{token}")).status_code == 401


async def test_analysts_see_subscriptions_and_deliveries(
    desk: Desk, ann: Visitor, reader: Subscription, settings: Settings
) -> None:
    queue_due(desk.db, settings, sample.NOW)
    desk.db.execute("update deliveries set error = 'mail.example answered <b>451</b>'")
    page = (await ann.get("/-/tracker/mail")).text
    assert "also when nothing is new" in page
    assert "answered &lt;b&gt;451&lt;/b&gt;" in page
    opened = re.findall(r'href="(/-/tracker/mail/subscription\?token=[^"]+)"', page)
    assert (await ann.get(unescape(opened[0]))).status_code == 200
    rea = await desk.signed_in("rea")
    assert (await rea.get("/-/tracker/mail")).status_code == 403
    assert (await desk.visitor().get("/-/tracker/mail")).status_code == 401


async def test_another_site_cannot_post_for_a_reader(desk: Desk, reader: Subscription) -> None:
    answer: httpx.Response = await desk.visitor().client.post(
        way(desk, reader, "change"), data={"min_score": "1"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


async def test_every_mail_leads_to_the_readers_own_page(desk: Desk, settings: Settings, reader: Subscription) -> None:
    subscribe(desk, "alerts")
    subscribe(desk, "feeds")
    now = sample.NOW + timedelta(days=1)
    made = {name: preview(desk.db, settings, now, name, subscribers.subscriptions(desk.db, name)[0])
            for name in ("daily", "alerts", "feeds")}  # fmt: skip
    for name, mail in made.items():
        own = f"{settings.base_url}/-/tracker/mail/subscription?token="
        (in_text,) = [line for line in mail.text.splitlines() if line.startswith(own)]
        assert f'href="{in_text}"' in mail.html
        assert in_text in mail.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "own-page.invalid" not in mail.raw.decode("ascii")
        page = await desk.visitor().get(in_text.removeprefix(settings.base_url))
        assert page.status_code == 200, name
        assert "reader@example.org" in page.text
        assert tokens_of(mail.text).isdisjoint(tokens_of("".join(one.text for n, one in made.items() if n != name)))
    for_nobody = preview(desk.db, settings, now, "daily")
    assert f"{settings.base_url}/-/tracker/mail\n" in for_nobody.text


def tokens_of(text: str) -> set[str]:
    return set(re.findall(r"token=([\w.-]+)", text))
