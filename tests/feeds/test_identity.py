"""How an item is known again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import canonicalize_url

from tracker.feeds.identity import canonical_url, content_hash, identity
from tracker.model import Item


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://News.Example:80/a?b=2&a=1", "http://news.example/a?a=1&b=2"),
        ("https://n.example/a?utm_source=rss&utm_medium=feed&id=7", "https://n.example/a?id=7"),
        ("https://n.example/a?fbclid=x&gclid=y", "https://n.example/a"),
        ("https://n.example/a?at_medium=RSS&at_campaign=rss", "https://n.example/a"),
        ("https://n.example/a#utm_source=rss", "https://n.example/a"),
        ("https://n.example/a#comment-7", "https://n.example/a#comment-7"),
        (
            "https://n.example/новости?q=мир",
            "https://n.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=%D0%BC%D0%B8%D1%80",
        ),
        ("  https://n.example/a  ", "https://n.example/a"),
        ("javascript:void(0)", ""),
        ("n.example/a", ""),
        ("", ""),
    ],
)
def test_links_to_one_page_become_equal(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["n.example", "N.Example:8080", "пример.рф", "[::1]:80", "a.example:99999", "user@h.example"]),
    st.text(alphabet="/ab.%20é;+ ", max_size=12).map(lambda path: "/" + path),
    st.text(alphabet="?&=;ab%26é+utm_source", max_size=20).map(lambda query: "?" + query),
    st.sampled_from(["", "#", "#part", "#utm_x=1", "#é"]),
)


@given(URLS | st.text(max_size=40))
def test_canonical_is_final(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


@given(
    st.text(alphabet="/ab.~-_A1%", max_size=14),
    st.sampled_from(["n.example", "N.example", "a-b.n.example", "n..example"]),
)
def test_what_is_taken_for_canonical_is(path: str, host: str) -> None:
    url = f"http://{host}/{path}"
    if canonical_url(url) == url:
        assert str(canonicalize_url(url)) == url


def test_the_content_hash_tells_fields_apart() -> None:
    one = Item("", "", "ab", "c")
    assert content_hash(one) == content_hash(Item("g", "http://x/", "ab", "c", author="someone"))
    assert (
        len({content_hash(one), content_hash(Item("", "", "a", "bc")), content_hash(Item("", "", "ab", "", "c"))}) == 3
    )
    assert identity(Item("g", "http://x.example/?utm_source=a", "t", "s"))[:2] == ("g", "http://x.example/")
