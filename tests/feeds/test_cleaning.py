"""Markup and dirt -> plain text."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.feeds import cleaning
from tracker.feeds.cleaning import link_of, text_of, text_of_html, text_of_title


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Ships left.</p><p>More follow.</p>", "Ships left. More follow."),
        ("one<br>two<br/>three", "one two three"),
        ("<b>bo</b>ld and <em>str</em>ong", "bold and strong"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("Fish &amp; chips &#8212; caf&eacute;", "Fish & chips — café"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("&lt;p&gt;Twice&lt;/p&gt; escaped", "Twice escaped"),
        ("&amp;lt;b&amp;gt;Thrice&amp;lt;/b&amp;gt;", "Thrice"),
        ("<script>alert(1)</script>Text<style>p{}</style>", "Text"),
        ("<img src=x onerror=alert(1)>Text", "Text"),
        ("<!-- note -->Text<![CDATA[ more ]]>", "Text"),
        ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
        ("<unknown>kept</unknown>", "<unknown>kept</unknown>"),
        ("a\u00a0b\u3000c\n\n d", "a b c d"),
        ("<a href='http://x/?a=1&b=2'>link</a> AT&T", "link AT&T"),
        ("<p>unclosed <b>tag", "unclosed tag"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("", ""),
        (None, ""),
    ],
)
def test_html_becomes_the_text_that_a_reader_sees(markup: str | None, text: str) -> None:
    assert text_of_html(markup, 1000) == text


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Profits < losses & R&D", "Profits < losses & R&D"),
        ("AT&amp;T buys", "AT&T buys"),
        ("<b>Bold</b> move", "Bold move"),
        ("if a<b then c>d", "if a<b then c>d"),
        ("Xi &#8216;meets&#8217; envoy", "Xi ‘meets’ envoy"),
    ],
)
def test_titles_may_be_plain_text(title: str, text: str) -> None:
    assert text_of_title(title) == text


def test_what_cannot_be_stored_or_deceives_is_replaced() -> None:
    assert text_of("a\x00b\ud800c\x1bd\x85e", 100) == "a b\ufffdc d e"
    assert text_of("safe\u202etxet\u202c", 100) == "safetxet"


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert text_of("word " * 100, 20) == "word word word word…"
    assert len(text_of_html("<p>" + "x" * 5000, 300)) == 300


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("/a/b?c=1", "http://h.example/a/b?c=1"),
        ("http://other.example/x", "http://other.example/x"),
        ("//cdn.example/x", "http://cdn.example/x"),
        (" http://h.example/a\n b ", "http://h.example/ab"),
        ("javascript:alert(1)", ""),
        ("mailto:a@b.example", ""),
        ("http://[bad", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_links_are_absolute_web_addresses_or_nothing(link: str | None, absolute: str) -> None:
    assert link_of(link, "http://h.example/feeds/rss.xml") == absolute


PLAIN = st.sampled_from(
    [
        "<p>", "</p>", "<b>", "</b>", "<br/>", "<br />", '<a href="/x?a=1&amp;b=2">', "</a>", "<li class='x'>",
        "<IMG SRC='y'>", "word", " ", ",", "&amp;", "&lt;", "&nbsp;", "é", "中",
    ]
)  # fmt: skip


@given(st.lists(PLAIN, max_size=30).map("".join))
def test_plain_markup_is_read_as_a_browser_reads_it(markup: str) -> None:
    quick = cleaning._without_tags(markup)
    assert quick.split() == html.unescape(cleaning._without_any_tags(markup)).split()


@given(st.text(max_size=400) | st.text(alphabet="<>&;/!-[]CDATAbpi#x0 \"'=", max_size=200))
def test_any_text_becomes_clean_text(text: str) -> None:
    for clean in (text_of(text, 200), text_of_html(text, 200), text_of_title(text, 200)):
        clean.encode("utf-8")
        assert "\x00" not in clean
        assert clean == " ".join(clean.split())
        assert len(clean) <= 200


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), exclude_characters="<>&")))
def test_plain_text_keeps_its_words(text: str) -> None:
    assert text_of_html(text, 10_000).split() == text.split()
