"""From a reader's subscription and a window of arrivals to a finished message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime

from tracker.digest import address, render, unsubscribe
from tracker.digest.choose import SHOWN, Choice, Tale, choose
from tracker.digest.content import gather
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

    ranked: tuple[Tale, ...]
    told: dict[int, Told]
    _choices: dict[int, Choice] = field(default_factory=dict)

    def choose(self, room: int = SHOWN) -> Choice:
        """What is told where ``room`` new stories may be."""
        if room not in self._choices:
            self._choices[room] = choose(self.ranked, self.told, room)
        return self._choices[room]


def select(newsroom: Newsroom, subscription: Subscription, window: Window) -> Selection:
    """Find what the subscriber wants to read among what arrived, and what of it they have read."""
    ranked = newsroom.tales(window, subscription.wishes)
    stories = (tale.best.story_id for tale in ranked)
    return Selection(
        ranked, digests.told(newsroom.connection, subscription.subscriber_id, subscription.digest, stories)
    )


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
    return _finish(newsroom, settings, subscription, window, period, selection.choose, SHOWN)


def compose_again(
    newsroom: Newsroom, settings: Settings, subscription: Subscription, mail: outbox.Queued, kept: Sequence[Entry]
) -> Rendered:
    """A queued digest with only the ``kept`` ones of its stories, under the same Message-ID."""
    window = Window(0, 0, 0, 0, mail.window_start, mail.window_end)

    def choose_kept(room: int) -> Choice:
        return Choice(tuple(kept[:room]), mail.left_out + max(0, len(kept) - room), mail.older)

    made = _finish(newsroom, settings, subscription, window, mail.period, choose_kept, len(kept))
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


def _finish(
    newsroom: Newsroom,
    settings: Settings,
    subscription: Subscription,
    window: Window,
    period: str,
    choose_for: Callable[[int], Choice],
    room: int,
) -> Rendered:
    connection = newsroom.connection
    zone = subscription.timezone or settings.timezone
    away = unsubscribe.url(connection, settings.base_url, subscription.subscriber_id, subscription.digest)
    key = (subscription.digest, zone, window.start, window.end, choose_for(room), bool(away))
    made = newsroom.bodies.get(key)
    if made is None:
        made = render.body(
            lambda room: gather(newsroom, subscription.digest, choose_for(room), window, zone), room, way_out=bool(away)
        )
        newsroom.bodies.put(key, made)
    made = made.with_way_out(away)
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
