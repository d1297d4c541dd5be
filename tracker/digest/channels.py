"""Chat services and webhooks through Apprise. Their addresses hold secrets: none is ever logged, stored or shown."""

from __future__ import annotations

import logging
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from types import ModuleType

from tracker.digest.address import CHANNEL
from tracker.settings import Settings

INSTALL = "the extra is not installed: pip install 'news-indicator-tracker[notify]'"


class ChannelError(Exception):
    """The channel did not take the message; try again later. The text is for people and holds no address."""


def send(settings: Settings, recipient: str, message: bytes) -> None:
    """Hand a queued message to the channel that ``recipient`` (channel:NAME) names. Raises ChannelError."""
    name = recipient.removeprefix(CHANNEL)
    url = dict(settings.channels).get(name)
    if url is None:
        raise ChannelError(f"there is no channel {name!r} in the setting channels")
    parsed: EmailMessage = message_from_bytes(message, policy=policy.default)
    apprise = _apprise()
    if apprise is None:
        raise ChannelError(INSTALL)
    service = apprise.Apprise(asset=_asset(apprise))
    if not service.add(url):
        raise ChannelError(f"the address of channel {name!r} is none that Apprise knows")
    taken = service.notify(title=str(parsed["Subject"]), body=parsed.get_content().rstrip("\n"), body_format="text")
    if not taken:
        raise ChannelError(f"channel {name!r} did not take the message")


def _asset(apprise: ModuleType) -> object:
    # No plugins, no templates and no files of this machine: an address must not be able to run or read anything.
    return apprise.AppriseAsset(
        app_id="tracker", app_desc="news indicators", plugin_paths=[], storage_mode="memory", allow_templates=False
    )


@cache
def _apprise() -> ModuleType | None:
    try:
        import apprise
    except ImportError:
        return None
    # Apprise and its HTTP client may print addresses, tokens included.
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    module: ModuleType = apprise
    return module
