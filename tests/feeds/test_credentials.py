"""What a feed's own requests carry, and that no secret of it stands anywhere else."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.feeds import server
from tests.feeds.conftest import LOOPBACK, NOW
from tests.feeds.server import Site
from tests.feeds.test_sweep import InProcess
from tracker.cli import tracker
from tracker.feeds import catalogue
from tracker.feeds.credentials import headers_for_page, private_headers
from tracker.feeds.faults import FetchError
from tracker.feeds.fetch import Fetcher
from tracker.feeds.sweep import check
from tracker.model import ConfigError, Feed, FeedState

SECRETS = {
    "TRACKER_FEED_PASSWORD": "tulip-pass",
    "TRACKER_FEED_COOKIE": "tulip-cookie",
    "TRACKER_FEED_KEY": "tulip-key",
}
LINES = """\
  - id: guarded
    url: {url}
    headers: {{X-Api-Key: "${{TRACKER_FEED_KEY}}"}}
    cookies: {{session: "${{TRACKER_FEED_COOKIE}}", lang: ru}}
    basic_auth: "desk:${{TRACKER_FEED_PASSWORD}}"
"""


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def listed(folder: Path, text: str) -> Feed:
    (folder / "feeds.yaml").write_text("feeds:\n" + text)
    (feed,) = catalogue.load(folder / "feeds.yaml").feeds
    return feed


@pytest.mark.usefixtures("secrets")
async def test_headers_cookies_and_sign_in_reach_the_feeds_host_alone(
    site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    site.serve("/feed")
    url = site.on("/hop", server.redirect(302, site.url("/feed", "127.0.0.2")))
    feed = listed(tmp_path, LINES.format(url=url))
    assert (await check(FeedState(feed, feed.url), fetcher, InProcess(), lambda: NOW)).outcome == "new"
    first, second = site.log
    assert first.headers["x-api-key"] == "tulip-key"
    assert first.headers["cookie"] == "session=tulip-cookie; lang=ru"
    assert base64.b64decode(first.headers["authorization"].removeprefix("Basic ")) == b"desk:tulip-pass"
    assert not {"x-api-key", "cookie", "authorization"} & set(second.headers)


@pytest.mark.usefixtures("secrets")
def test_an_article_gets_them_on_the_feeds_own_host_alone() -> None:
    feed = Feed("a", "https://news.example/feed", headers=(("X-Key", "1"),), basic_auth="desk:${TRACKER_FEED_PASSWORD}")
    assert headers_for_page(feed, "https://news.example/2") == private_headers(feed)
    assert headers_for_page(feed, "https://cdn.example/2") == ()
    assert headers_for_page(feed, "http://news.example/2") == ()


async def test_a_variable_that_is_not_set_fails_the_feed_alone_and_is_named(fetcher: Fetcher) -> None:
    feed = Feed("a", "https://news.example/feed", basic_auth="desk:${TRACKER_NOT_SET}")
    with pytest.raises(FetchError, match="TRACKER_NOT_SET is not set"):
        private_headers(feed)
    found = await check(FeedState(feed, feed.url), fetcher, InProcess(), lambda: NOW)
    assert (found.outcome, found.error_class) == ("failed", "config")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("basic_auth: 'desk:hunter2'", "from the environment"),
        ("basic_auth: desk", "from the environment"),
        ("cookies: {'a b': x}", "is no cookie"),
        ("cookies: {a: 'x; b=y'}", "is no cookie"),
        ('cookies: {a: "x\\r\\ny"}', "is no cookie"),
        ("proxy: 'http://desk:hunter2@proxy.example:1'", "must not hold the password"),
        ("proxy: socks5://proxy.example", "must be direct or the address"),
        ("proxy: 'http://proxy.example:99999'", "must be direct or the address"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        listed(tmp_path, f"  - id: a\n    url: https://news.example/feed\n    {line}\n")
    assert caught.value.problems[0].line == 4
    assert "hunter2" not in str(caught.value)


@pytest.mark.usefixtures("secrets")
def test_no_secret_stands_in_a_table_a_log_or_what_is_printed(site: Site, tmp_path: Path) -> None:
    async def refuse(request: server.Request, writer: object) -> None:
        await server.reply(writer, 500, {"WWW-Authenticate": "Basic"}, repr(request.headers).encode())  # type: ignore[arg-type]

    text = LINES.format(url=site.on("/no", refuse)) + LINES.replace("guarded", "good").format(url=site.serve("/feed"))
    text += "    proxy: 'http://desk:${TRACKER_FEED_PASSWORD}@127.0.0.1:1'\n"
    (tmp_path / "feeds.yaml").write_text("feeds:\n" + text)
    (tmp_path / "indicators.yaml").write_text(
        "version: '1'\nindicators:\n  - {id: a, title: A, group: driver, direction: toward, query: fleet}\n"
    )
    (tmp_path / "tracker.toml").write_text(
        f'db = "t.db"\nfeeds = "feeds.yaml"\nallow_networks = ["{LOOPBACK[0]}"]\nhost_interval = 0\n'
        "allow_proxy = true\n"
    )
    desk = ["--indicators", str(tmp_path / "indicators.yaml")]
    said = ""
    for command in (["poll", "--json"], ["poll", "--all"], ["feeds", "check"], ["feeds", "list", "--json"],
                    ["feeds", "export"], ["feeds", "export", "--json"]):  # fmt: skip
        result = CliRunner().invoke(tracker, [*desk, *command])
        said += result.output + repr(result.exception)
    assert len(site.asked("/no")) == 3
    assert "tulip" in site.asked("/no")[0].headers["cookie"]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("t.db*"))
    words = [*SECRETS.values(), base64.b64encode(b"desk:tulip-pass").decode()]
    assert [word for word in words if word in said or word.encode() in stored] == []
    shown = json.loads(CliRunner().invoke(tracker, [*desk, "feeds", "list", "--json"]).output)
    assert (shown[0]["cookies"], shown[0]["basic_auth"], shown[1]["proxy"]) == (["lang", "session"], True, True)
