"""Full text through the whole pipeline: fetched once, matched as body, kept apart from what the feed gives."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.feeds import server
from tests.feeds.conftest import LOOPBACK, NOW
from tests.feeds.server import Site, running
from tests.test_daemon import service
from tracker import settings as settings_file
from tracker.feeds import article
from tracker.model import SweepSummary
from tracker.pipeline import poll_once
from tracker.settings import Settings
from tracker.store.connect import connect

CODEBOOK = """\
version: "1"
indicators:
  - {id: rehearsal, title: Rehearsal, group: driver, direction: toward, query: rehearsal}
  - {id: fleet, title: Fleet, group: driver, direction: toward, query: fleet NOT cancelled}
  - {id: inside, title: Inside, group: driver, direction: toward, query: "body:rehearsal"}
"""
HTML = {"Content-Type": "text/html; charset=utf-8"}
PARAGRAPH = "<p>Ships left the harbour at dawn, and the second squadron followed them before noon that day.</p>"


def web_page(ending: str) -> bytes:
    return f"<html><body><article><h1>Two</h1>{PARAGRAPH * 4}<p>{ending}</p></article></body></html>".encode()


def rss(site: Site, *entries: tuple[str, str, str]) -> bytes:
    rows = "".join(
        f"<item><title>{title}</title><link>{site.url(path)}</link><guid>{guid}</guid>"
        f"<description>A fleet sails.</description></item>"
        for guid, path, title in entries
    )
    return f"<rss version='2.0'><channel><title>Harbour</title>{rows}</channel></rss>".encode()


@pytest.fixture
def site() -> Any:
    with running() as found:
        found.serve("/1", web_page("The admiral called it a rehearsal."), headers=HTML)
        found.serve("/feed", rss(found, ("a", "/1", "Two fleets")))
        yield found


@pytest.fixture
def desk(tmp_path: Path, site: Site) -> Settings:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "tracker.toml").write_text(
        f'db = "t.db"\nfeeds = "feeds.yaml"\nallow_networks = ["{LOOPBACK[0]}"]\nhost_interval = 0\n'
        "check_deadline = 3\n"
    )
    list_feeds(tmp_path, site, "/feed")
    return settings_file.load({}, indicators=tmp_path / "indicators.yaml")


def list_feeds(folder: Path, site: Site, *paths: str) -> None:
    lines = [f"  - {{id: f{n}, url: '{site.url(path)}', fulltext: true}}\n" for n, path in enumerate(paths)]
    (folder / "feeds.yaml").write_text("feeds:\n" + "".join(lines))


def polled(desk: Settings, hours: float = 0) -> SweepSummary:
    return asyncio.run(poll_once(desk, lambda: NOW + timedelta(hours=hours), everything=True))


def rows(desk: Settings, sql: str) -> list[tuple[Any, ...]]:
    connection = connect(desk.db)
    try:
        return [tuple(row) for row in connection.execute(sql)]
    finally:
        connection.close()


HITS = "select indicator_id from hits where status = 'new' order by 1"


def test_the_article_becomes_the_body_and_is_matched(desk: Settings, site: Site) -> None:
    summary = polled(desk)
    assert (summary.items_new, summary.articles, summary.hits_new) == (1, 1, 3)
    ((body,),) = rows(desk, "select body from items")
    assert body.endswith("The admiral called it a rehearsal.")
    assert rows(desk, HITS) == [("fleet",), ("inside",), ("rehearsal",)]
    ((evidence, hit_hash, item_hash),) = rows(
        desk, "select evidence, h.content_hash, i.content_hash from hits h join items i on i.id = item_id"
              " where indicator_id = 'inside'"
    )  # fmt: skip
    (span,) = json.loads(evidence)
    assert (span["field"], body[span["start"] : span["end"]]) == ("body", "rehearsal")
    assert hit_hash == item_hash
    assert rows(desk, "select rowid from items_fts where items_fts match 'rehearsal'") == [(1,)]
    assert rows(desk, "select status, attempts, error from pages") == [("read", 1, "")]


def test_the_same_entry_is_neither_new_nor_asked_for_again(desk: Settings, site: Site) -> None:
    polled(desk)
    for changed_around in (1, 2):
        site.serve("/feed", site_feed_with(site, changed_around))
        assert polled(desk, changed_around).items_new == 0
    assert len(site.asked("/1")) == len(site.asked("/robots.txt")) == 1
    assert rows(desk, "select count(*) from item_versions") == [(1,)]
    assert rows(desk, "select length(body) > 80 from items") == [(1,)]


def site_feed_with(site: Site, number: int) -> bytes:
    """The same entry under a new guid, among others."""
    return rss(site, (f"new-guid-{number}", "/1", "Two fleets"))


def test_a_changed_entry_keeps_its_article_until_that_is_read_anew(desk: Settings, site: Site) -> None:
    polled(desk)
    site.serve("/feed", rss(site, ("a", "/1", "Two fleets, corrected")))
    site.serve("/1", b"", 500)
    polled(desk, 1)
    assert rows(desk, "select title, body like '%rehearsal.' from items") == [("Two fleets, corrected", 1)]
    assert rows(desk, HITS) == [("fleet",), ("inside",), ("rehearsal",)]
    assert rows(desk, "select status, attempts, error from pages") == [
        ("waiting", 1, "the server has a fault (500)"),
    ]  # fmt: skip
    site.serve("/1", web_page("The drill was cancelled, said the admiral."), headers=HTML)
    polled(desk, 2)
    assert rows(desk, "select body like '%cancelled%' from items") == [(1,)]
    assert rows(desk, HITS) == []
    assert rows(desk, "select count(*) from items") == [(1,)]


def test_a_page_that_fails_is_no_failure_of_its_feed_and_is_given_up_in_the_end(desk: Settings, site: Site) -> None:
    site.on("/1", server.reset)
    for hour in (0, 1, 5, 30, 200):
        assert polled(desk, hour).failed == 0
    assert rows(desk, "select status, failures from feeds") == [("active", 0)]
    assert rows(desk, "select status, attempts from pages") == [("failed", 4)]
    assert len(site.asked("/1")) >= 4
    assert rows(desk, HITS) == [("fleet",)]


def test_a_link_that_feeds_share_is_asked_once(desk: Settings, site: Site) -> None:
    site.serve("/other", rss(site, ("z", "/1", "Two fleets")))
    list_feeds(desk.db.parent, site, "/feed", "/other")
    polled(desk)
    polled(desk, 1)
    assert len(site.asked("/1")) == 1
    assert rows(desk, "select distinct status from pages") == [("read",)]
    assert rows(desk, "select count(distinct body), min(length(body)) > 80 from items") == [(1, 1)]


def test_a_host_that_asks_for_a_pause_is_left_alone_with_its_pages(desk: Settings, site: Site) -> None:
    site.serve("/1", b"", 429, {"Retry-After": "7200"})
    polled(desk)
    polled(desk, 1)
    assert len(site.asked("/1")) == 1
    site.serve("/1", web_page("The admiral called it a rehearsal."), headers=HTML)
    polled(desk, 3)
    assert rows(desk, "select status from pages") == [("read",)]


def test_robots_txt_is_remembered_between_runs(desk: Settings, site: Site) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /1\n")
    polled(desk)
    site.serve("/feed", rss(site, ("b", "/1?b", "Third fleet"), ("a", "/1", "Two fleets")))
    polled(desk, 1)
    assert rows(desk, "select status, error from pages") == [
        ("refused", "the site's robots.txt asks programs to leave this page alone"),
    ] * 2  # fmt: skip
    assert len(site.asked("/robots.txt")) == 1
    assert site.asked("/1") == site.asked("/1?b") == []


def test_without_the_extra_pages_wait_and_the_feed_goes_on(
    desk: Settings, site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(article, "is_installed", lambda: False)
    assert (polled(desk).items_new, site.asked("/1")) == (1, [])
    assert "news-indicator-tracker[fulltext]" in "".join(capsys.readouterr())
    assert rows(desk, "select status, attempts from pages") == [("waiting", 0)]


def test_the_daemon_reads_articles_beside_its_sweeps(desk: Settings, site: Site) -> None:
    folder = desk.db.parent
    with (folder / "tracker.toml").open("a") as settings:
        settings.write("tick = 0.2\n")
    (folder / "clock").write_text("2026-02-03T06:00:00Z")
    with service(folder) as running:
        running.until("read articles")
        assert running.stop() == 0
    assert rows(desk, HITS) == [("fleet",), ("inside",), ("rehearsal",)]


def test_a_daemon_that_is_told_to_stop_does_not_wait_for_a_hung_page(desk: Settings, site: Site) -> None:
    folder = desk.db.parent
    site.on("/1", server.hang)
    (folder / "tracker.toml").write_text(
        (folder / "tracker.toml").read_text().replace("check_deadline = 3", "check_deadline = 600\ntick = 0.2")
    )
    (folder / "clock").write_text("2026-02-03T06:00:00Z")
    with service(folder) as running:
        site.wait_for("/1", patience=30)
        assert running.stop() == 0
    assert rows(desk, "select status, attempts from pages") == [("waiting", 0)]
