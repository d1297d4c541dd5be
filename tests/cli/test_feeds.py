"""`tracker feeds` as a person and a program meet it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.feeds import samples, server
from tests.feeds.server import Site
from tracker.cli import tracker
from tracker.feeds import catalogue
from tracker.model import CheckResult, ConfigError, Feed
from tracker.store import feeds as store
from tracker.store.connect import writing
from tracker.store.migrations import open_store

NOW = "2026-02-03T06:00:00Z"


@pytest.fixture
def site() -> Iterator[Site]:
    with server.running() as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty list, whose settings open loopback."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"ALLOW_NETWORKS": "127.0.0.0/8", "HOST_INTERVAL": "0", "CHECK_DEADLINE": "5"}.items():
        monkeypatch.setenv(f"TRACKER_{name}", value)
    (tmp_path / "clock").write_text(NOW)
    monkeypatch.setenv("TRACKER_CLOCK", str(tmp_path / "clock"))
    (tmp_path / "feeds.yaml").write_text("# ours\nfeeds: []\n")
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(tracker, ["feeds", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit | ConfigError):
        raise result.exception
    return result


def listed() -> list[Feed]:
    return list(catalogue.load(Path("feeds.yaml")).feeds)


def test_a_feed_is_added_by_its_page_with_what_it_says_of_itself(desk: Path, site: Site) -> None:
    site.serve("/", samples.PAGE.encode(), headers={"Content-Type": "text/html"})
    feed = site.serve("/rss.xml?a=1&b=2")
    result = run("add", site.url("/"), "--publisher", "Harbour Group", "--implies", "@china")
    assert (result.exit_code, result.output) == (0, f"Added harbour-post: Harbour Post\nIts address is {feed}\n")
    assert listed() == [
        Feed("harbour-post", feed, title="Harbour Post", publisher="Harbour Group", language="en", implies=("china",))
    ]
    assert (desk / "feeds.yaml").read_text().startswith("# ours\n")
    again = run("add", feed)
    assert again.exit_code == 1
    assert "already" in again.output


def test_what_is_no_feed_is_not_added_unless_wished(desk: Path, site: Site) -> None:
    lost = site.url("/lost")
    result = run("add", lost)
    assert result.exit_code == 1
    assert "there is nothing at this address (404)" in result.output
    assert listed() == []
    assert run("add", lost, "--unseen", "--id", "lost").exit_code == 0
    assert [feed.id for feed in listed()] == ["lost"]


@pytest.mark.parametrize("url", ["nowhere", "ftp://x.example/", "http://me:pw@x.example/"])
def test_an_address_that_cannot_be_is_refused(desk: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="URL: "):
        raise run("add", url).exception or AssertionError
    assert listed() == []


def test_import_export_remove(desk: Path) -> None:
    (desk / "in.opml").write_text(
        catalogue.export_opml((Feed("a", "http://a.example/"), Feed("b", "http://b.example/")))
    )
    assert run("import", "in.opml").output == "Added 2 feeds; 0 stood in feeds.yaml already.\n"
    assert json.loads(run("import", "in.opml", "--json").output) == {"added": [], "known": 2}
    assert run("export").output == catalogue.export_opml(tuple(listed()))
    assert run("export", "--out", "out.opml").exit_code == 0
    assert (desk / "out.opml").read_text() == (desk / "in.opml").read_text()
    assert [row["id"] for row in json.loads(run("export", "--json").output)] == ["a", "b"]
    assert isinstance(run("remove", "a", "nobody").exception, ConfigError)
    assert len(listed()) == 2
    assert run("remove", "a").output == "Removed a. What they brought stays.\n"
    assert [row["id"] for row in json.loads(run("remove", "b", "--json").output)] == ["b"]
    assert listed() == []


def test_the_list_shows_what_polling_knows(desk: Path) -> None:
    catalogue.add(
        desk / "feeds.yaml", [Feed("a", "http://a.example/", publisher="A [bold]"), Feed("b", "http://b.example/")]
    )
    assert "not polled" in run("list").output
    with_store = open_store(desk / "db" / "tracker.db")
    store.sync_catalogue(with_store, listed()[:1], NOW)
    (state,) = store.due(with_store, listed()[:1], NOW)
    with writing(with_store):
        failed = CheckResult("a", NOW, "failed", 500, error="the server has a fault (500)", error_class="http5xx")
        store.record_check(with_store, state, failed, NOW, 0)
    with_store.close()
    first, second = json.loads(run("list", "--json").output)
    assert (first["status"], first["failures"], first["last_error"]) == ("failing", 1, "the server has a fault (500)")
    assert "status" not in second
    assert "A [bold]" in run("list").output


def test_an_empty_list_says_what_to_do(desk: Path) -> None:
    assert "tracker feeds add" in run("list").output
    assert json.loads(run("list", "--json").output) == []
    assert run("check").output.strip() == "The list is empty."


def test_check_reports_what_a_person_can_act_on(desk: Path, site: Site) -> None:
    site.serve("/fine")
    site.serve("/empty", samples.EMPTY_CHANNEL.encode())
    site.serve("/page", samples.PAGE.encode(), headers={"Content-Type": "text/html"})
    site.on("/moved", server.redirect(301, "/fine"))
    names = ("fine", "empty", "page", "moved", "lost")
    catalogue.add(desk / "feeds.yaml", [Feed(name, site.url(f"/{name}")) for name in names])
    result = run("check", "--json")
    assert result.exit_code == 1
    found = {row["feed_id"]: row for row in json.loads(result.output)}
    assert {name: row["condition"] for name, row in found.items()} == {
        "fine": "fine", "empty": "empty", "page": "failed", "moved": "moved", "lost": "failed",
    }  # fmt: skip
    assert found["page"]["advice"].endswith(f"tracker feeds add {site.url('/rss.xml?a=1&b=2')}")
    assert (found["fine"]["items"], found["fine"]["newest_item_at"]) == (2, "2026-02-02T10:00:00Z")
    assert run("check", "fine", "empty").exit_code == 0
    words = " ".join(run("check").output.split())
    assert "5 feeds: 2 failed, 1 fine, 1 empty, 1 moved" in words
    assert isinstance(run("check", "nobody").exception, ConfigError)


def test_loopback_stays_shut_unless_the_settings_open_it(
    desk: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRACKER_ALLOW_NETWORKS")
    result = run("add", site.serve("/feed"))
    assert result.exit_code == 1
    assert "the address is not public" in result.output
    assert site.log == []


def test_ids_are_whole_and_lines_fit_a_terminal(desk: Path) -> None:
    names = ("a-feed-with-a-name-of-forty-letters-or-so", "b")
    catalogue.add(desk / "feeds.yaml", [Feed(n, f"http://{n}.invalid/", publisher="The Very Long Post") for n in names])
    for command in ("list", "check"):
        lines = run(command).output.splitlines()
        assert max(map(len, lines)) <= 80
        assert names[0] in re.sub(r"\s", "", "".join(line[:29] if command == "list" else line for line in lines))
        assert not any("…" in line for line in lines)


def test_check_tells_under_each_feed_what_is_wrong_and_what_to_do(desk: Path) -> None:
    catalogue.add(desk / "feeds.yaml", [Feed("lost", "http://no-such-host.invalid/")])
    assert [line.rstrip() for line in run("check").output.splitlines() if line.strip()] == [
        "lost  failed",
        "  The name of the server cannot be resolved.",
        "  Check the address; the site may have closed or moved.",
        "1 feed: 1 failed",
    ]


def test_words_given_to_add_become_one_line(desk: Path) -> None:
    assert run("add", "--unseen", "http://h.example/rss", "--title", "Two\nlines").exit_code == 0
    assert listed()[0].title == "Two lines"


def test_check_tells_which_implied_concepts_the_codebook_lacks(desk: Path, site: Site) -> None:
    feeds = [Feed(n, site.serve(f"/{n}"), implies=(concept,)) for n, concept in (("a", "sea"), ("b", "moon"))]
    catalogue.add(desk / "feeds.yaml", feeds)
    (desk / "indicators.yaml").write_text(
        "version: '1'\nlexicon: {sea: {en: [sea]}}\n"
        "indicators:\n  - {id: a, title: A, group: driver, direction: toward, query: fleet}\n"
    )
    assert "feeds.yaml:6: feed 'b' implies 'moon', no concept of the lexicon" in run("check").output
    assert "'sea'" not in run("check").output
