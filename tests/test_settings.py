from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from tracker import settings
from tracker.model import ConfigError


def write(folder: Path, text: str) -> Path:
    (folder / "tracker.toml").write_text(text, encoding="utf-8")
    return folder / "indicators.yaml"


def test_nothing_configured_gives_defaults_that_work() -> None:
    loaded = settings.load({}, indicators="/nonexistent/indicators.yaml")
    assert loaded.db == Path("db/tracker.db")
    assert loaded.allow_networks == ()
    assert loaded.timezone == "UTC"


def test_the_file_is_read_the_environment_wins_and_the_command_line_wins_over_both(tmp_path: Path) -> None:
    codebook = write(tmp_path, 'db = "desk.db"\ncontact = "desk@example.org"\nhost_interval = 2\n')
    loaded = settings.load({"TRACKER_HOST_INTERVAL": "0.5", "TRACKER_DB": "env.db"}, indicators=codebook, db="cli.db")
    assert (loaded.db, loaded.contact, loaded.host_interval) == (Path("cli.db"), "desk@example.org", 0.5)
    assert settings.load({}, indicators=codebook).db == tmp_path / "desk.db"


def test_networks_come_as_list_or_line(tmp_path: Path) -> None:
    both = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
    codebook = write(tmp_path, 'allow_networks = ["127.0.0.0/8", "::1/128"]')
    assert settings.load({}, indicators=codebook).allow_networks == both
    assert settings.load({"TRACKER_ALLOW_NETWORKS": "127.0.0.0/8, ::1/128"}).allow_networks == both


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contact = desk", r"tracker\.toml:1:11: is no valid TOML"),
        (
            'db = "x"\nhost_intervall = 3\n',
            r"tracker\.toml:2:1: unknown setting 'host_intervall'; known are .*host_interval",
        ),
        ("host_interval = -1", r"tracker\.toml:1:1: host_interval must be a number of seconds"),
        ("host_interval = true", "host_interval must be a number of seconds"),
        ('allow_networks = ["localhost"]', "allow_networks has an entry that is no network; write 127"),
        ("allow_networks = 5", "allow_networks must be a list of networks"),
        ('timezone = "Middle/Earth"', "timezone is no time zone; write one such as UTC"),
        ('smtp_password = "hunter2"', "smtp_password must not stand in a file; set TRACKER_SMTP_PASSWORD"),
        ('smtp_url = "smtp://u:hunter2@h"', "smtp_url must not hold the password"),
        ('base_url = "tracker.example.org"', "base_url must be an http or https address"),
        ('digest_time = "7 am"', "digest_time must be a time of day"),
        ("[db]\npath = 1", r"tracker\.toml:1:1: db must be one line of text in quotes"),
        ("concurrency = 0", "concurrency must be a whole number between 1 and 2000"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_no_secret(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        settings.load({}, indicators=write(tmp_path, text))
    assert "hunter2" not in str(caught.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    codebook = write(tmp_path, 'nonsense = 1\ntimezone = "x"\n')
    with pytest.raises(ConfigError) as caught:
        settings.load({"TRACKER_CONCURRENCY": "many"}, indicators=codebook)
    assert [(p.line, p.message.split()[0]) for p in caught.value.problems] == [
        (1, "unknown"), (2, "timezone"), (0, "TRACKER_CONCURRENCY"),
    ]  # fmt: skip


def test_the_password_never_shows() -> None:
    loaded = settings.load({"TRACKER_SMTP_PASSWORD": "hunter2"})
    assert loaded.smtp_password == "hunter2"
    assert "hunter2" not in repr(loaded)
