"""smtp_url in words: defaults that are safe, mistakes that are named."""

from __future__ import annotations

import pytest

from tracker.digest.server import Server, from_settings
from tracker.model import ConfigError
from tracker.settings import Settings


def read(url: str, password: str = "") -> Server | None:
    return from_settings(Settings(smtp_url=url, smtp_password=password))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", Server("mail.example.org", 587, "starttls")),
        ("smtps://mail.example.org", Server("mail.example.org", 465, "implicit")),
        ("smtp://mail.example.org:465?tls=implicit", Server("mail.example.org", 465, "implicit")),
        ("smtp://127.0.0.1:8025", Server("127.0.0.1", 8025, "none")),
        ("smtp://[::1]", Server("::1", 25, "none")),
        ("smtp://localhost?tls=starttls", Server("localhost", 587, "starttls")),
        ("smtp://relay.example.org?tls=none&plaintext=yes", Server("relay.example.org", 25, "none")),
        (
            "smtp://me%40example.org@mail.example.org?rate=0.5&hourly=100&timeout=9",
            Server("mail.example.org", 587, "starttls", "me@example.org", 9, 0.5, 100),
        ),
    ],
)
def test_read(url: str, expected: Server) -> None:
    assert read(url, "secret") == expected


def test_none_configured() -> None:
    assert read("") is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("smtp://mail.example.org?tls=none", "unencrypted to another machine"),
        ("smtp://me@mail.example.org?tls=none&plaintext=yes", "would send the password unencrypted"),
        ("smtp://mail.example.org?tls=maybe", "must be starttls, implicit or none"),
        ("smtps://mail.example.org?tls=starttls", "at once"),
        ("smtp://mail.example.org:99999", "port"),
        ("smtp://mail.example.org?rate=fast", "rate=fast"),
        ("smtp://mail.example.org?hourly=0", "hourly=0"),
        ("smtp://mail.example.org?ssl=1", "unknown part 'ssl'"),
    ],
)
def test_mistakes(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match="smtp_url") as caught:
        read(url, "secret")
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_user_needs_a_password() -> None:
    with pytest.raises(ConfigError, match="TRACKER_SMTP_PASSWORD"):
        read("smtp://me@mail.example.org")
