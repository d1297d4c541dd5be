from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.test_daemon import CODEBOOK
from tracker.doctor import Finding, examine
from tracker.settings import Settings
from tracker.store import backups, jobs
from tracker.store.migrations import open_store

NOW = datetime(2026, 2, 3, 6, 0, tzinfo=UTC)
STAMP = "2026-02-03T06:00:00Z"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "feeds.yaml").write_text("feeds:\n  - {id: a, url: 'https://a.example/feed'}\n")
    made = Settings(db=tmp_path / "t.db", indicators=tmp_path / "indicators.yaml", feeds=tmp_path / "feeds.yaml")
    with closing(open_store(made.db)) as connection:
        jobs.note(connection, "poll", STAMP, ok=True)
    made.db.chmod(0o600)
    backups.make(made.db, tmp_path / "backups", NOW, keep=1)
    os.utime(next((tmp_path / "backups").iterdir()), (NOW.timestamp(), NOW.timestamp()))
    return made


def found(settings: Settings, about: str, *, thorough: bool = False) -> list[Finding]:
    return [finding for finding in examine(settings, NOW, thorough=thorough) if finding.about == about]


@pytest.mark.parametrize("thorough", [False, True])
def test_a_sound_installation_has_nothing_bad(settings: Settings, thorough: bool) -> None:
    findings = examine(settings, NOW, thorough=thorough)
    assert [finding for finding in findings if finding.grade == "bad"] == []
    assert [finding.about for finding in findings if finding.grade == "look"] == ["mail"]
    assert all(finding.remedy for finding in findings if finding.grade != "fine")


def test_a_missing_database_is_said_and_ends_the_look(settings: Settings) -> None:
    settings.db.unlink()
    (database,) = found(settings, "database")
    assert "there is no database yet" in database.seen


def test_a_schema_that_drifted_is_named(settings: Settings) -> None:
    with closing(open_store(settings.db)) as connection:
        connection.execute("drop index checks_at")
        connection.execute("alter table hosts add column note text")
    (schema,) = found(settings, "schema")
    assert schema.grade == "bad"
    assert "checks_at, hosts" in schema.seen


def test_damage_is_found(settings: Settings) -> None:
    with closing(open_store(settings.db)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        root = connection.execute("select rootpage from sqlite_master where name = 'subscribers'").fetchone()[0]
    content = bytearray(settings.db.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\xee" * 4096
    settings.db.write_bytes(content)
    assert "bad" in [finding.grade for finding in found(settings, "database")]


def test_a_clock_that_was_set_back_is_seen(settings: Settings) -> None:
    with closing(open_store(settings.db)) as connection:
        connection.execute("insert into feeds (id, url, declared_url, added_at) values ('a', 'x', 'x', '')")
        connection.execute("insert into checks (feed_id, at, outcome) values ('a', '2026-02-04T06:00:00Z', 'new')")
    (clock,) = found(settings, "clock")
    assert clock.grade == "bad"


def test_faulty_files_old_backups_and_open_permissions_are_told(settings: Settings) -> None:
    settings.feeds.write_text("feeds:\n  - {id: a, url: 'https://a.example/feed', implies: [atlantis]}\n")
    settings.indicators.write_text("version: 1\n")
    settings.db.chmod(0o644)
    for copy in (settings.db.parent / "backups").iterdir():
        os.utime(copy, (0, 0))
    grades = {finding.about: finding.grade for finding in examine(settings, NOW)}
    assert (grades["codebook"], grades["permissions"], grades["backup"]) == ("bad", "look", "look")
    settings.indicators.write_text(CODEBOOK)
    (listed,) = found(settings, "feed list")
    assert "implies 'atlantis'" in listed.seen


def test_a_mail_server_that_does_not_answer_is_told_and_its_password_is_not(settings: Settings) -> None:
    from dataclasses import replace

    far = replace(settings, smtp_url="smtp://ann@127.0.0.1:1?tls=none", smtp_password="hunter2")
    (mail,) = found(far, "mail")
    assert mail.grade == "bad"
    assert "127.0.0.1:1" in mail.seen
    assert "hunter2" not in str(examine(far, NOW))
