"""Undoing Content-Encoding within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.feeds.server import gzip_bomb
from tracker.feeds import decoding

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=10_000))
def test_what_was_packed_comes_back(name: str, body: bytes) -> None:
    assert decoding.decode(PACKERS[name](body), name, 10_000) == body


@pytest.mark.parametrize("name", PACKERS)
def test_one_byte_too_many_is_too_large(name: str) -> None:
    assert decoding.decode(PACKERS[name](b"x" * 5_000_000), name, 5_000_000) == b"x" * 5_000_000
    with pytest.raises(decoding.TooLarge):
        decoding.decode(PACKERS[name](b"x" * 5_000_001), name, 5_000_000)


def test_a_bomb_inside_a_bomb_is_too_large() -> None:
    with pytest.raises(decoding.TooLarge):
        decoding.decode(gzip.compress(gzip_bomb(50)), "gzip, gzip", 1_000_000)


def test_odd_servers_are_understood() -> None:
    raw = zlib.compressobj(wbits=-15)
    assert decoding.decode(raw.compress(b"feed") + raw.flush(), "deflate", 100) == b"feed"
    assert decoding.decode(gzip.compress(b"a") + gzip.compress(b"b"), "GZIP", 100) == b"ab"
    assert decoding.decode(b"<rss/>", "gzip", 100) == b"<rss/>"
    assert decoding.decode(b"<rss/>", "identity", 100) == b"<rss/>"


@pytest.mark.parametrize("name", PACKERS)
@given(body=st.binary(max_size=200))
def test_anything_else_is_damaged_or_text_but_never_a_crash(name: str, body: bytes) -> None:
    try:
        assert len(decoding.decode(body, name, 1000)) <= 1000
    except (decoding.Damaged, decoding.TooLarge):
        pass
    else:
        assert isinstance(decoding.decode(body, name, 1000), bytes)


@pytest.mark.parametrize("encodings", ["compress", "gzip, gzip, gzip"])
def test_unknown_and_too_many_encodings_are_damaged(encodings: str) -> None:
    with pytest.raises(decoding.Damaged):
        decoding.decode(b"x", encodings, 100)
