"""Delivery: what waits in the outbox goes to the mail server, at least once and under one Message-ID."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracker.clock import iso, parse_iso
from tracker.digest import address, channels, compose, envelope, urgent
from tracker.digest.newsroom import Newsroom
from tracker.digest.server import Server, from_settings
from tracker.digest.session import DeferredError, RefusedError, ServerError, Session
from tracker.settings import Settings
from tracker.store import notices, subscribers
from tracker.store import outbox as store
from tracker.store.outbox import Queued

BACKOFF_MINUTES = (1, 2, 4, 8, 15, 30, 60)
GIVE_UP_AFTER = timedelta(days=5)
"""A message that one address's server keeps putting off is given up then; trouble with our own server never is."""
PER_CONNECTION = 100
CHANNELS_HOURLY = 500
"""Messages in any hour where there is no mail server, only chat channels."""
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class DeliverySummary:
    """What one round of sending did."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0
    dropped: int = 0
    """Digests of which nothing was left, or whose reader no longer wants them."""
    waiting: int = 0
    problem: str = ""
    """Why the round ended early, in words for people; empty where it did not."""


class NoServerError(Exception):
    """No mail server is configured."""


def deliver(
    connection: sqlite3.Connection,
    settings: Settings,
    now: datetime,
    *,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = float("inf"),
) -> DeliverySummary:
    """Send what is due, until nothing is, ``stop()`` says so, ``seconds`` have passed or the hour's cap is reached.

    Raises ConfigError where the settings of the mail server are wrong, NoServerError where there are none and no chat
    channels either, and BlockingIOError where another process is sending from this outbox.
    """
    server = from_settings(settings)
    if server is None and not settings.channels:
        raise NoServerError
    with store.sole_sender(connection):
        store.requeue_interrupted(connection)
        round_ = _Round(connection, settings, server, now)
        try:
            round_.run(stop, time.monotonic() + seconds)
        finally:
            round_.hang_up()
        round_.summary.waiting = store.waiting(connection)
        return round_.summary


class _Round:
    """One round of sending; keeps the line to the server open between messages."""

    def __init__(
        self, connection: sqlite3.Connection, settings: Settings, server: Server | None, now: datetime
    ) -> None:
        self.connection = connection
        self.settings = settings
        self.server = server
        self.now = now
        self.sender = envelope.sender(settings)
        self.summary = DeliverySummary()
        self._newsroom = Newsroom(connection, settings.base_url, now)
        self._session: Session | None = None
        self._on_this_line = 0
        self._next_at = 0.0

    def run(self, stop: Callable[[], bool], deadline: float) -> None:
        """Send until something says to end. ``deadline`` is a monotonic time."""
        hourly = self.server.hourly if self.server else CHANNELS_HOURLY
        room = hourly - store.sent_since(self.connection, iso(self.now - HOUR))
        while not stop() and time.monotonic() < deadline:
            if self.summary.sent >= room:
                self.summary.problem = f"the cap of {hourly} messages an hour is reached"
                return
            mail = store.claim(self.connection, iso(self.now), mail_too=self.server is not None)
            if mail is None or not self._handle(mail):
                return

    def hang_up(self) -> None:
        """End the conversation with the server."""
        if self._session is not None:
            self._session.close()
        self._session, self._on_this_line = None, 0

    def _handle(self, mail: Queued) -> bool:
        """Send one claimed message; False where the server is of no use now."""
        current = self._as_of_now(mail)
        if current is None:
            self.summary.dropped += 1
            return True
        try:
            self._hand_over(current)
        except channels.ChannelError as error:
            self._put_off_or_give_up(mail, str(error), refused=False)
            self.summary.problem = str(error)
        except ServerError as error:
            self.hang_up()
            self._put_off(mail, str(error), others=1 if error.handing_over else self._patience(mail))
            self.summary.problem = str(error)
            return False
        except DeferredError as error:
            self._put_off_or_give_up(mail, str(error), refused=True)
        except RefusedError as error:
            store.mark_failed(self.connection, mail, str(error), address_refused=error.address)
            self.summary.failed += 1
        else:
            store.mark_sent(self.connection, mail, iso(self.now))
            self.summary.sent += 1
        return True

    def _hand_over(self, mail: Queued) -> None:
        if address.is_channel(mail.recipient):
            channels.send(self.settings, mail.recipient, mail.message)
        else:
            self._line().send(self.sender.addr_spec, mail.recipient, mail.message)

    def _line(self) -> Session:
        assert self.server is not None, "without a server only messages to channels are claimed"
        if self._on_this_line >= PER_CONNECTION:
            self.hang_up()
        if self._session is None:
            self._session = Session(self.server, self.settings.smtp_password, self.sender.domain).__enter__()
        self._on_this_line += 1
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + 1 / self.server.rate
        return self._session

    def _put_off_or_give_up(self, mail: Queued, reason: str, *, refused: bool) -> None:
        if self.now - parse_iso(mail.created_at) > GIVE_UP_AFTER:
            store.mark_failed(self.connection, mail, f"given up: {reason}", address_refused=refused)
            self.summary.failed += 1
        else:
            self._put_off(mail, reason)

    def _put_off(self, mail: Queued, reason: str, *, others: int = 0) -> None:
        """Try again later; everything else that is due rests for ``others`` minutes."""
        until = iso(self.now + timedelta(minutes=self._patience(mail)))
        store.put_off(self.connection, mail, reason, until)
        if others:
            store.rest(self.connection, iso(self.now + timedelta(minutes=others)))
        self.summary.put_off += 1

    @staticmethod
    def _patience(mail: Queued) -> int:
        return BACKOFF_MINUTES[min(mail.attempts, len(BACKOFF_MINUTES)) - 1]

    def _as_of_now(self, mail: Queued) -> Queued | None:
        """The message without what was rejected since it was queued; None where nothing is to be sent."""
        if not mail.wanted:
            store.mark_failed(self.connection, mail, "not sent: the reader paused or ended the subscription")
            return None
        rejected = set(store.rejected_hits(self.connection, mail.digest_id))
        closed = notices.closed_alerts(self.connection, mail.digest_id) if mail.digest == "alerts" else 0
        if not rejected and not closed:
            return mail
        subscription = subscribers.subscriptions(self.connection, mail.digest, mail.recipient)[0]
        kept = self._newsroom.still_worth_telling(
            store.entries(self.connection, mail.digest_id), rejected, subscription.wishes,
            telling=mail.digest == "alerts",
        )  # fmt: skip
        if not kept and not (mail.digest == "alerts" and notices.alerts_of(self.connection, mail.digest_id)):
            store.replace_message(self.connection, mail, (), "", mail.message)
            store.mark_failed(self.connection, mail, "not sent: all of it was rejected or closed before it left")
            return None
        again = urgent.compose_alert_again if mail.digest == "alerts" else compose.compose_again
        made = again(self._newsroom, self.settings, subscription, mail, kept)
        store.replace_message(self.connection, mail, made.content.entries, made.subject, made.raw)
        return replace(mail, message=made.raw)
