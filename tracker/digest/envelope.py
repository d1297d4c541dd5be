"""From a rendered body to one reader's message: headers, threading, the way out; a short text for chat channels."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import format_datetime

from tracker.digest import address, chat, unsubscribe, wire
from tracker.digest.newsroom import Newsroom
from tracker.digest.placeholders import OWN_PAGE, WAY_OUT
from tracker.digest.render import Body, Rendered
from tracker.model import ConfigError, Problem
from tracker.settings import Settings
from tracker.store import outbox
from tracker.store.subscribers import Subscription

_LIST_NAMES = {"daily": "daily digest", "weekly": "weekly digest", "alerts": "alerts", "feeds": "feed notices"}


def sender(settings: Settings) -> Address:
    """The address that mail comes from. Raises ConfigError where the setting is none."""
    try:
        return address.parse_named(settings.mail_from)
    except address.AddressError as error:
        raise ConfigError(Problem("mail_from", 0, 0, str(error))) from None


def way_out(newsroom: Newsroom, settings: Settings, subscription: Subscription) -> str:
    """The address at which this subscription ends; empty where providers could not reach it."""
    return unsubscribe.url(newsroom.connection, settings.base_url, subscription.subscriber_id, subscription.digest)


def own_page(newsroom: Newsroom, settings: Settings, subscription: Subscription) -> str:
    """Where this subscription is changed; for nobody in particular, where all of them are."""
    if not subscription.subscriber_id:
        return f"{settings.base_url}{unsubscribe.ALL_PATH}"
    return unsubscribe.own_page(newsroom.connection, settings.base_url, subscription.subscriber_id, subscription.digest)


def seal(
    newsroom: Newsroom,
    settings: Settings,
    subscription: Subscription,
    period: str,
    body: Body,
    known_id: str = "",
) -> Rendered:
    """The message for one reader. ``known_id`` is the Message-ID it already has; else its period names one."""
    origin = sender(settings)
    own = known_id or message_id(newsroom, subscription, period, origin.domain)
    if address.is_channel(subscription.address):
        text = chat.render(body)
        brief = {"Date": format_datetime(newsroom.now), "Message-ID": own, "Subject": body.subject}
        return Rendered(body.subject, body.html, text, wire.plain_message(brief, text), own, body.content)
    away = way_out(newsroom, settings, subscription)
    recipient = address.with_name(subscription.name, subscription.address)
    headers: dict[str, str | Address] = {
        "From": origin,
        "To": recipient,
        "Subject": body.subject,
        **_headers(newsroom, subscription, own, origin.domain, away),
    }
    own_addresses = {OWN_PAGE: own_page(newsroom, settings, subscription), WAY_OUT: away}
    raw = wire.message(headers, body.text, body.html, own_addresses, body.pictures)
    html, text = (wire.filled(form, own_addresses) for form in (body.html, body.text))
    return Rendered(body.subject, html, text, raw, own, body.content, body.pictures)


def message_id(newsroom: Newsroom, subscription: Subscription, period: str, domain: str) -> str:
    """The one Message-ID of a subscriber's mail of a period, however often it is made or sent."""
    name = f"{subscription.subscriber_id}.{subscription.digest}.{period}"
    return f"<digest.{unsubscribe.keyed(newsroom.connection, f'message.{name}')}@{domain}>"


def _headers(newsroom: Newsroom, subscription: Subscription, own: str, domain: str, away: str) -> dict[str, str]:
    connection, name = newsroom.connection, subscription.digest
    thread = unsubscribe.keyed(connection, f"thread.{subscription.subscriber_id}.{name}")
    earlier = outbox.last_message_id(connection, subscription.subscriber_id, name)
    headers = {
        "Date": format_datetime(newsroom.now),
        "Message-ID": own,
        "References": f"<thread.{thread}@{domain}>" + (f" {earlier}" if earlier and earlier != own else ""),
        "List-Id": f"Tracker {_LIST_NAMES[name]} <{name}.digest.{domain}>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "All",
    }
    if away:
        headers |= {"List-Unsubscribe": f"<{away}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers
