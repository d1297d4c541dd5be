"""Which feeds share a pace."""

from __future__ import annotations

import pytest

from tracker.feeds.hosts import host_of, pace_key


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://feeds.news.example/rss", "news.example"),
        ("https://news.example:8443/rss", "news.example"),
        ("https://feeds.news.co.uk/rss", "news.co.uk"),
        ("https://news.co.uk/rss", "news.co.uk"),
        ("https://a.b.com.cn/rss", "b.com.cn"),
        ("https://a.co.example/rss", "co.example"),
        ("https://news.parliament.city.kawasaki.jp/rss", "city.kawasaki.jp"),
        ("https://www.gov.uk/rss", "www.gov.uk"),
        ("https://one.github.io/rss", "github.io"),
        ("https://новости.пример.рф/rss", "пример.рф"),
        ("https://a.b.c.nosuchsuffix/rss", "c.nosuchsuffix"),
        ("http://127.0.0.1:8900/a", "127.0.0.1:8900"),
        ("http://[::1]:8900/a", "[::1]:8900"),
        ("http://localhost:80/", "localhost:80"),
    ],
)
def test_hosts_of_one_registered_domain_share_a_pace(url: str, key: str) -> None:
    assert pace_key(url) == key


def test_a_pause_is_of_a_name_and_port() -> None:
    assert host_of("http://user@News.Example:8080/rss") == "news.example:8080"
