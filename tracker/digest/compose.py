"""From a reader's subscription and a window of arrivals to a finished message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime

from tracker.digest import address, render, unsubscribe
from tracker.digest.choose import SHOWN, Choice, Tale, choose, tales
from tracker.digest.content import Content, gather
from tracker.digest.newsroom import Newsroom
from tracker.digest.render import Rendered
from tracker.model import ConfigError, Problem
from tracker.settings import Settings
from tracker.store import digests, outbox
from tracker.store.digests import Told, Window
from tracker.store.outbox import Entry
from tracker.store.subscribers import DigestName, Subscription, Wishes


@dataclass(frozen=True, slots=True)
class Selection:
    """The stories that a subscription's window holds, before it is known how many find room."""

    new: dict[int, Tale]
    late: dict[int, Tale]
    told: dict[int, Told]

    def choose(self, room: int) -> Choice:
        """What is told where ``room`` new stories may be."""
        return choose(self.new, self.late, self.told, room)


def select(newsroom: Newsroom, subscription: Subscription, window: Window) -> Selection:
    """Find what the subscriber wants to read among what arrived, and what of it they have read."""
    arrived, confirmed = newsroom.candidates(window)
    new, late = tales(arrived, confirmed, subscription.wishes, newsroom.indicators)
    told = digests.told(newsroom.connection, subscription.subscriber_id, subscription.digest, [*new, *late])
    return Selection(new, late, told)


def sender(settings: Settings) -> Address:
    """The address that digests come from. Raises ConfigError where the setting is none."""
    try:
        return address.parse_named(settings.mail_from)
    except address.AddressError as error:
        raise ConfigError(Problem("mail_from", 0, 0, str(error))) from None


def compose(
    newsroom: Newsroom,
    settings: Settings,
    subscription: Subscription,
    window: Window,
    selection: Selection,
    period: str,
) -> Rendered:
    """The digest of a selection as a message."""

    def fill(room: int) -> Content:
        choice = selection.choose(room)
        return _content(newsroom, settings, subscription, window, choice.told, choice.left_out, choice.older)

    return _finish(newsroom, settings, subscription, period, fill, SHOWN)


def compose_again(
    newsroom: Newsroom, settings: Settings, subscription: Subscription, mail: outbox.Queued, kept: Sequence[Entry]
) -> Rendered:
    """A queued digest with only the ``kept`` ones of its stories, under the same Message-ID."""
    window = Window(0, 0, 0, 0, mail.window_start, mail.window_end)

    def fill(room: int) -> Content:
        shown = kept[:room]
        left_out = mail.left_out + len(kept) - len(shown)
        return _content(newsroom, settings, subscription, window, shown, left_out, mail.older)

    made = _finish(newsroom, settings, subscription, mail.period, fill, len(kept))
    del made.message["Message-ID"]
    made.message["Message-ID"] = mail.message_id
    return made


def message_id(newsroom: Newsroom, subscription: Subscription, period: str, domain: str) -> str:
    """The one Message-ID of a subscriber's digest of a period, however often it is made or sent."""
    name = f"{subscription.subscriber_id}.{subscription.digest}.{period}"
    return f"<digest.{unsubscribe.keyed(newsroom.connection, f'message.{name}')}@{domain}>"


def standing_in(digest: DigestName, now: str) -> Subscription:
    """Nobody in particular: a reader without wishes, for previews."""
    return Subscription(0, "reader@localhost", "", "active", "", digest, Wishes(), now, 0, 0, now)


def _content(
    newsroom: Newsroom,
    settings: Settings,
    subscription: Subscription,
    window: Window,
    told: Sequence[Entry],
    left_out: int,
    older: int,
) -> Content:
    zone = subscription.timezone or settings.timezone
    return gather(newsroom, subscription.digest, told, window, zone, left_out=left_out, older=older)


def _finish(
    newsroom: Newsroom,
    settings: Settings,
    subscription: Subscription,
    period: str,
    fill: Callable[[int], Content],
    room: int,
) -> Rendered:
    connection = newsroom.connection
    away = unsubscribe.url(connection, settings.base_url, subscription.subscriber_id, subscription.digest)
    made = render.body(fill, room, away)
    origin = sender(settings)
    headers = _headers(newsroom, subscription, period, origin.domain, newsroom.now, away)
    recipient = address.with_name(subscription.name, subscription.address)
    message = render.message(made, headers, origin, recipient)
    return Rendered(made.subject, made.html, made.text, message, made.content)


def _headers(
    newsroom: Newsroom, subscription: Subscription, period: str, domain: str, now: datetime, away: str
) -> dict[str, str]:
    connection = newsroom.connection
    thread = unsubscribe.keyed(connection, f"thread.{subscription.subscriber_id}.{subscription.digest}")
    own = message_id(newsroom, subscription, period, domain)
    earlier = outbox.last_message_id(connection, subscription.subscriber_id, subscription.digest)
    headers = {
        "Date": format_datetime(now),
        "Message-ID": own,
        "References": f"<thread.{thread}@{domain}>" + (f" {earlier}" if earlier and earlier != own else ""),
        "List-Id": f"Tracker {subscription.digest} digest <{subscription.digest}.digest.{domain}>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "All",
    }
    if away:
        headers |= {"List-Unsubscribe": f"<{away}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers
