"""Polling for days, as a feed's publisher and a desk see it: moves, retirement, odd guids, a backlog."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.feeds import server
from tests.feeds.conftest import LOOPBACK, NOW
from tests.feeds.server import Site, running
from tracker import settings as settings_file
from tracker.clock import iso
from tracker.model import SweepSummary
from tracker.pipeline import poll_once
from tracker.settings import Settings
from tracker.store.connect import connect

CODEBOOK = """\
version: "1"
indicators:
  - {id: fleet, title: Fleet, group: driver, direction: toward, query: fleet}
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path) -> Settings:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    settings = settings_file.load({}, indicators=tmp_path / "indicators.yaml")
    return replace(
        settings, db=tmp_path / "t.db", feeds=tmp_path / "feeds.yaml", allow_networks=LOOPBACK, host_interval=0.0
    )


def declare(desk: Settings, *urls: str) -> None:
    desk.feeds.write_text("feeds:\n" + "".join(f"  - {{id: f{n}, url: '{url}'}}\n" for n, url in enumerate(urls)))


def polled(desk: Settings, hours: float = 0, *, everything: bool = True) -> SweepSummary:
    return asyncio.run(poll_once(desk, lambda: NOW + timedelta(hours=hours), everything=everything))


def rows(desk: Settings, sql: str) -> list[tuple[Any, ...]]:
    connection = connect(desk.db)
    try:
        return [tuple(row) for row in connection.execute(sql)]
    finally:
        connection.close()


def rss(*entries: tuple[str, str]) -> bytes:
    rows = "".join(
        f"<item><title>Fleet {link}</title><link>http://h.example/{link}?utm_source=rss</link><guid>{guid}</guid></item>"
        for guid, link in entries
    )
    return f"<rss version='2.0'><channel><title>Harbour</title>{rows}</channel></rss>".encode()


def test_a_feed_that_makes_new_guids_at_every_poll_brings_each_item_once(desk: Settings, site: Site) -> None:
    declare(desk, site.url("/feed"))
    for hour in range(5):
        links = range(hour, hour + 3)
        site.serve("/feed", rss(*((f"guid-{hour}-{link}", str(link)) for link in links)))
        assert polled(desk, hour).items_new == (3 if hour == 0 else 1)
    assert rows(desk, "select count(*), count(distinct canonical_url) from items") == [(7, 7)]
    assert rows(desk, "select count(*) from hits") == [(7,)]
    assert rows(desk, "select count(*) from items where canonical_url like '%utm_%'") == [(0,)]


def test_a_feed_that_moves_for_good_is_followed_when_seen_twice(desk: Settings, site: Site) -> None:
    site.serve("/new")
    declare(desk, site.on("/old", server.redirect(301, "/new")))
    for hour, url in ((0, "/old"), (1, "/new"), (2, "/new")):
        polled(desk, hour)
        assert rows(desk, "select url from feeds") == [(site.url(url),)]
    assert [len(site.asked(path)) for path in ("/old", "/new")] == [2, 3]
    assert rows(desk, "select declared_url from feeds") == [(site.url("/old"),)]


def test_a_feed_that_moves_to_another_place_each_time_is_not_followed(desk: Settings, site: Site) -> None:
    for hour in range(3):
        declare(desk, site.on("/old", server.redirect(308, f"/new{hour}")))
        site.serve(f"/new{hour}")
        polled(desk, hour)
    assert rows(desk, "select url from feeds") == [(site.url("/old"),)]


def test_a_feed_that_is_gone_is_asked_no_more(desk: Settings, site: Site) -> None:
    declare(desk, site.serve("/feed", b"", 410))
    assert polled(desk).failed == 1
    assert polled(desk, 24 * 30).feeds == 0
    assert rows(desk, "select status, next_due_at from feeds")[0][0] == "gone"


def test_a_backlog_after_downtime_is_spread_over_hosts_and_does_not_come_due_together_again(
    desk: Settings, site: Site
) -> None:
    paced = replace(desk, host_interval=0.1)
    urls = [site.serve(f"/{n}", rss((f"g{n}", str(n)))) for n in range(24)]
    declare(desk, *(url.replace("127.0.0.1", server.HOSTS[n % 4]) for n, url in enumerate(urls)))
    polled(paced)
    site.log.clear()
    assert polled(paced, 48, everything=False).feeds == 24
    for host in server.HOSTS:
        times = [request.at for request in site.log if request.host == host]
        assert times[-1] - times[0] > 0.25
    due = [time for (time,) in rows(desk, "select next_due_at from feeds")]
    assert len(set(due)) > 12
    assert min(due) > iso(NOW + timedelta(hours=48))


def test_a_host_is_paused_by_name_and_port(desk: Settings, site: Site) -> None:
    with running() as other:
        site.serve("/busy", b"", 429, {"Retry-After": "7200"})
        declare(desk, site.url("/busy"), site.serve("/here"), other.serve("/there"))
        polled(replace(desk, concurrency=1))
        assert polled(desk, 1).feeds == 1
        assert len(site.asked("/busy")) == 1
        assert len(other.asked("/there")) == 2
        assert polled(desk, 3).feeds == 3


def test_what_a_source_takes_for_granted_counts_in_its_items(desk: Settings, site: Site) -> None:
    desk.indicators.write_text(
        'version: "1"\nlexicon: {russia: {en: [Moscow]}}\nindicators:\n'
        '  - {id: drill, title: Drill, group: driver, direction: toward, query: "@russia AND patrol"}\n'
    )
    desk.feeds.write_text(
        f"feeds:\n  - {{id: a, url: '{site.serve('/a')}', implies: [russia]}}\n"
        f"  - {{id: b, url: '{site.serve('/b')}'}}\n"
    )
    polled(desk)
    assert rows(desk, "select feed_id from hits join items on items.id = item_id") == [("a",)]


def test_a_concept_that_the_codebook_lacks_is_told(
    desk: Settings, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.feeds.write_text(f"feeds:\n  - {{id: a, url: '{site.serve('/a')}', implies: [moon]}}\n")
    assert polled(desk).ok == 1
    assert "feeds.yaml:2: feed 'a' implies 'moon', no concept of the lexicon" in "".join(capsys.readouterr())
