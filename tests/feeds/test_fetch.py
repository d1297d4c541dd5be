"""One guarded GET against a real server that behaves in every bad way."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from tests.feeds import server
from tests.feeds.conftest import LOOPBACK
from tests.feeds.server import RSS, XML, Site
from tracker.feeds import fetch
from tracker.feeds.faults import FetchError
from tracker.feeds.fetch import Fetcher


async def fault(fetcher: Fetcher, url: str) -> FetchError:
    try:
        reply = await fetcher.get(url)
    except FetchError as caught:
        return caught
    pytest.fail(f"{url} answered {reply.status} with {len(reply.body)} bytes")


async def test_a_plain_answer_comes_back_whole(site: Site, fetcher: Fetcher) -> None:
    reply = await fetcher.get(site.serve("/feed", headers={**XML, "ETag": '"1"', "X-Odd": "ä"}))
    assert (reply.status, reply.body, reply.moved_to, reply.remark) == (200, RSS, None, "")
    assert dict(reply.headers)["etag"] == '"1"'
    (asked,) = site.log
    assert asked.headers["user-agent"].startswith("news-indicator-tracker/")
    assert "desk@example.org" in asked.headers["user-agent"]
    assert "if-none-match" not in asked.headers
    assert asked.headers["accept-encoding"] == "gzip, deflate, br, zstd"


async def test_validators_are_sent_and_a_304_is_a_reply(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/feed", b"", 304)
    reply = await fetcher.get(url, etag='W/"1"', last_modified="Mon, 02 Feb 2026 10:00:00 GMT")
    assert (reply.status, reply.body) == (304, b"")
    assert site.log[0].headers["if-none-match"] == 'W/"1"'
    assert site.log[0].headers["if-modified-since"] == "Mon, 02 Feb 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("gzip, br", lambda body: brotli.compress(gzip.compress(body))),
    ],
)
async def test_every_announced_encoding_is_undone(
    site: Site, fetcher: Fetcher, name: str, pack: Callable[[bytes], bytes]
) -> None:
    url = site.serve("/feed", pack(RSS), headers={**XML, "Content-Encoding": name})
    assert (await fetcher.get(url)).body == RSS


async def test_a_bomb_is_stopped_early(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/bomb", server.gzip_bomb(100), headers={**XML, "Content-Encoding": "gzip"})
    stopped = await fault(fetcher, url)
    assert (stopped.error_class, stopped.reason) == ("size", "the body unpacks to more than 24 MB")


async def test_an_endless_body_is_stopped_early(site: Site, fetcher: Fetcher) -> None:
    stopped = await fault(fetcher, site.on("/endless", server.endless))
    assert (stopped.error_class, stopped.reason) == ("size", "the body is larger than 12 MB")


async def test_endless_headers_are_refused(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/feed", headers={f"X-{n}": "y" * 4000 for n in range(500)})
    assert (await fault(fetcher, url)).error_class == "protocol"
    url = site.serve("/feed", headers={"X-Long": "y" * 100_000})
    assert (await fault(fetcher, url)).error_class == "protocol"


@pytest.mark.parametrize("handler", [server.hang, server.drip])
async def test_a_slow_answer_ends_at_the_deadline(site: Site, handler: server.Handler) -> None:
    async with Fetcher(allow_networks=LOOPBACK, deadline=0.3) as fetcher:
        stopped = await fault(fetcher, site.on("/slow", handler))
    assert (stopped.error_class, stopped.reason) == ("timeout", "no complete answer within 0.3 s")


async def test_broken_connections_are_told_apart(site: Site, fetcher: Fetcher) -> None:
    assert (await fault(fetcher, site.on("/reset", server.reset))).error_class == "connect"
    assert "broke off" in (await fault(fetcher, site.on("/cut", server.cut_off))).reason
    refused = await fault(fetcher, "http://127.0.0.1:1/feed")
    assert (refused.error_class, refused.reason) == ("connect", "the server refuses connections or cannot be reached")


async def test_nonsense_instead_of_http_is_named(site: Site, fetcher: Fetcher) -> None:
    async def nonsense(request: server.Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        writer.close()

    assert (await fault(fetcher, site.on("/feed", nonsense))).error_class == "protocol"


async def test_a_name_that_nobody_knows_is_a_dns_fault(fetcher: Fetcher) -> None:
    stopped = await fault(fetcher, "http://no-such-host.invalid/feed")
    assert (stopped.error_class, stopped.reason) == ("dns", "the name of the server cannot be resolved")


async def test_permanent_redirects_at_the_start_name_the_new_place(site: Site, fetcher: Fetcher) -> None:
    feed = site.serve("/feed")
    site.on("/c", server.redirect(302, "/feed"))
    site.on("/b", server.redirect(308, "/c#part"))
    moved = await fetcher.get(site.on("/a", server.redirect(301, "/b")))
    assert (moved.url, moved.moved_to, moved.body) == (feed, site.url("/c"), RSS)
    temporary = await fetcher.get(site.on("/t", server.redirect(302, "/b")))
    assert (temporary.url, temporary.moved_to) == (feed, None)


async def test_a_loop_of_redirects_ends(site: Site, fetcher: Fetcher) -> None:
    stopped = await fault(fetcher, site.on("/loop", server.redirect(302, "/loop")))
    assert stopped.error_class == "redirect"
    assert len(site.asked("/loop")) == fetch.MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://[::ffff:10.0.0.1]/",
    ],
)
async def test_a_hop_to_a_private_address_is_refused(site: Site, fetcher: Fetcher, target: str) -> None:
    assert (await fault(fetcher, site.on("/hop", server.redirect(302, target)))).error_class == "guard"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
async def test_without_permission_no_loopback_by_any_name(site: Site, host: str) -> None:
    async with Fetcher(deadline=5) as fetcher:
        stopped = await fault(fetcher, f"http://{host}:{site.port}/feed")
    assert stopped.error_class in ("guard", "redirect", "dns")
    assert site.log == []


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/feed", "file:///etc/hostname", "http://", "http://[oops/", "gopher://x/"]
)
async def test_only_web_addresses_are_asked(fetcher: Fetcher, url: str) -> None:
    assert (await fault(fetcher, url)).error_class in ("guard", "redirect", "connect")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "data:text/xml,<rss/>"])
async def test_a_redirect_out_of_the_web_is_refused(site: Site, fetcher: Fetcher, target: str) -> None:
    assert (await fault(fetcher, site.on("/hop", server.redirect(302, target)))).error_class == "guard"


async def test_a_feeds_own_headers_stay_with_its_host(site: Site, fetcher: Fetcher) -> None:
    site.serve("/feed")
    url = site.on("/hop", server.redirect(302, site.url("/feed", "127.0.0.2")))
    await fetcher.get(url, headers=(("Authorization", "Bearer t"), ("Accept-Language", "ru")))
    first, second = site.log
    assert (first.headers["authorization"], first.headers["accept-language"]) == ("Bearer t", "ru")
    assert "authorization" not in second.headers
    assert second.host == "127.0.0.2"


async def test_headers_take_secrets_from_the_environment(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.serve("/feed")
    monkeypatch.setenv("TRACKER_FEED_AUTH", "Bearer secret")
    await fetcher.get(url, headers=(("Authorization", "${TRACKER_FEED_AUTH}"),))
    assert site.log[0].headers["authorization"] == "Bearer secret"
    with pytest.raises(FetchError, match="TRACKER_NOT_SET is not set") as caught:
        await fetcher.get(url, headers=(("Authorization", "${TRACKER_NOT_SET}"),))
    assert caught.value.error_class == "config"


async def test_cookies_are_not_kept(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/feed", headers={**XML, "Set-Cookie": "id=1; Path=/"})
    await fetcher.get(url)
    await fetcher.get(url)
    assert "cookie" not in site.log[1].headers


async def test_connections_are_kept_between_checks(site: Site, fetcher: Fetcher) -> None:
    peers = []

    async def note(request: server.Request, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        await server.reply(writer, 200, XML, RSS)

    url = site.on("/feed", note)
    await fetcher.get(url)
    await fetcher.get(url)
    assert len(set(peers)) == 1


async def test_a_refusal_is_a_reply_with_the_beginning_of_what_it_says(site: Site, fetcher: Fetcher) -> None:
    short = await fetcher.get(site.serve("/no", b"go away", 403))
    assert (short.status, short.body) == (403, b"go away")
    long = await fetcher.get(site.serve("/long", b"x" * 1_000_000, 500))
    assert (long.status, long.body) == (500, b"")


async def test_a_damaged_body_is_named(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/feed", gzip.compress(RSS)[:-20], headers={**XML, "Content-Encoding": "gzip"})
    assert "cannot be unpacked" in (await fault(fetcher, url)).reason
    url = site.serve("/feed", RSS, headers={**XML, "Content-Encoding": "secret"})
    assert (await fault(fetcher, url)).error_class == "protocol"
