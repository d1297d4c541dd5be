"""From a reader's subscription and a window of arrivals to a finished digest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tracker.digest import address, chat, envelope, render
from tracker.digest.choose import SHOWN, Choice, Tale, choose
from tracker.digest.content import gather
from tracker.digest.newsroom import Newsroom
from tracker.digest.render import Rendered
from tracker.settings import Settings
from tracker.store import digests, outbox
from tracker.store.digests import Told, Window
from tracker.store.outbox import Entry
from tracker.store.subscribers import MailName, Subscription, Wishes


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
    told = digests.told(newsroom.connection, subscription.subscriber_id, subscription.digest, stories)
    if told:
        return Selection(ranked, told)
    if newsroom.untold is None or newsroom.untold.ranked is not ranked:
        newsroom.untold = Selection(ranked, told)
    unread: Selection = newsroom.untold
    return unread


def compose(
    newsroom: Newsroom,
    settings: Settings,
    subscription: Subscription,
    window: Window,
    selection: Selection,
    period: str,
) -> Rendered:
    """The digest of a selection as a message."""
    room = chat.ROOM if address.is_channel(subscription.address) else SHOWN
    return _finish(newsroom, settings, subscription, window, period, selection.choose, room)


def compose_again(
    newsroom: Newsroom, settings: Settings, subscription: Subscription, mail: outbox.Queued, kept: Sequence[Entry]
) -> Rendered:
    """A queued digest with only the ``kept`` ones of its stories, under the same Message-ID."""
    window = Window(0, 0, 0, 0, mail.window_start, mail.window_end)

    def choose_kept(room: int) -> Choice:
        return Choice(tuple(kept[:room]), mail.left_out + max(0, len(kept) - room), mail.older)

    return _finish(
        newsroom, settings, subscription, window, mail.period, choose_kept, len(kept), known_id=mail.message_id
    )


def standing_in(digest: MailName, now: str) -> Subscription:
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
    known_id: str = "",
) -> Rendered:
    zone = subscription.timezone or settings.timezone
    away = bool(envelope.way_out(newsroom, settings, subscription))
    key = (subscription.digest, zone, window.start, window.end, choose_for(room), away)
    made = newsroom.bodies.get(key)
    if made is None:
        made = render.body(
            lambda room: gather(newsroom, subscription.digest, choose_for(room), window, zone), room, way_out=away
        )
        newsroom.bodies.put(key, made)
    return envelope.seal(newsroom, settings, subscription, period, made, known_id)
