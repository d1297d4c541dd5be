"""Feeds that are asked through a proxy, on real sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.feeds.conftest import LOOPBACK
from tests.feeds.proxy import proxying
from tests.feeds.server import RSS, Site, redirect
from tests.feeds.test_tls import issue  # noqa: F401
from tracker import settings as settings_file
from tracker.feeds.faults import FetchError
from tracker.feeds.fetch import Fetcher
from tracker.model import ConfigError

NAMED = "http://news.example/feed"
"""A name that only a proxy resolves; ours takes it to the test's site."""


async def fault(fetcher: Fetcher, url: str, proxy: str = "") -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url, proxy=proxy)
    return caught.value


async def test_the_proxy_of_the_settings_serves_every_feed_that_names_no_other(site: Site) -> None:
    site.serve("/feed")
    with proxying(site.port) as ours, proxying(site.port) as its_own:
        async with Fetcher(proxy=ours.url(), allow_proxy=True, allow_networks=LOOPBACK, deadline=5) as fetcher:
            assert (await fetcher.get(NAMED)).body == RSS
            assert (await fetcher.get(NAMED, proxy=its_own.url())).body == RSS
            assert (await fetcher.get(site.url("/feed"), proxy="direct")).body == RSS
    assert ours.seen == its_own.seen == [f"GET {NAMED} HTTP/1.1"]
    assert [request.headers["host"] for request in site.log[:2]] == ["news.example", "news.example"]
    assert "proxy-authorization" not in site.log[0].headers


async def test_the_sign_in_comes_from_the_environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.serve("/feed")
    monkeypatch.setenv("TRACKER_PROXY_PASSWORD", "p@ss word")
    with proxying(site.port, "desk:p%40ss%20word".replace("%40", "@").replace("%20", " ")) as proxy:
        async with Fetcher(allow_proxy=True, deadline=5) as fetcher:
            monkeypatch.setenv("TRACKER_PROXY_PASSWORD", "p%40ss%20word")
            assert (await fetcher.get(NAMED, proxy=proxy.url("desk:${TRACKER_PROXY_PASSWORD}"))).body == RSS
            refused = await fetcher.get(NAMED, proxy=proxy.url("desk:wrong"))
            assert refused.status == 407
            tunnel = await fault(fetcher, "https://news.example/feed", proxy.url("desk:wrong"))
    assert (tunnel.error_class, tunnel.reason) == ("proxy", "the proxy refuses (407): it wants a sign-in")


async def test_without_permission_no_proxy_is_used(site: Site) -> None:
    site.serve("/feed")
    with proxying(site.port) as proxy:
        async with Fetcher(deadline=5) as fetcher:
            refused = await fault(fetcher, NAMED, proxy.url())
    assert refused.error_class == "config"
    assert "allow_proxy = true" in refused.reason
    assert proxy.seen == []


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "http://10.0.0.1/", "http://localhost/", "http://[::1]/", "http://nas.local/"]
)
async def test_what_names_a_private_place_is_refused_behind_a_proxy_too(site: Site, target: str) -> None:
    site.on("/feed", redirect(302, target))
    with proxying(site.port) as proxy:
        async with Fetcher(proxy=proxy.url(), allow_proxy=True, deadline=5) as fetcher:
            assert (await fault(fetcher, NAMED)).error_class == "guard"
            assert (await fault(fetcher, target)).error_class == "guard"
    assert proxy.seen == [f"GET {NAMED} HTTP/1.1"]


async def test_a_proxy_that_is_down_is_named() -> None:
    async with Fetcher(allow_proxy=True, deadline=5) as fetcher:
        stopped = await fault(fetcher, NAMED, "http://127.0.0.1:1")
    assert (stopped.error_class, stopped.reason) == ("proxy", "the proxy cannot be reached")


async def test_certificates_are_judged_behind_a_proxy(issue, site: Site) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    from tests.feeds.server import running

    with running(issue("127.0.0.9")) as secure, proxying(secure.port) as proxy:
        async with Fetcher(allow_proxy=True, deadline=5) as fetcher:
            stopped = await fault(fetcher, "https://news.example/feed", proxy.url())
    assert stopped.error_class == "tls"
    assert proxy.seen == ["CONNECT news.example:443 HTTP/1.1"]


def test_settings_want_the_permission_and_no_password(tmp_path: Path) -> None:
    codebook = tmp_path / "indicators.yaml"
    (tmp_path / "tracker.toml").write_text('proxy = "http://proxy.example:3128"\n')
    with pytest.raises(ConfigError, match="proxy needs allow_proxy = true"):
        settings_file.load({}, indicators=codebook)
    (tmp_path / "tracker.toml").write_text('proxy = "http://desk:secret@proxy.example:3128"\nallow_proxy = true\n')
    with pytest.raises(ConfigError, match="must not hold the password") as caught:
        settings_file.load({}, indicators=codebook)
    assert "secret" not in str(caught.value)
    (tmp_path / "tracker.toml").write_text('proxy = "http://desk:${P}@proxy.example:3128"\nallow_proxy = true\n')
    loaded = settings_file.load({}, indicators=codebook)
    assert (loaded.proxy, loaded.allow_proxy) == ("http://desk:${P}@proxy.example:3128", True)
    assert "proxy.example" not in repr(loaded)
