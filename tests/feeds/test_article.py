"""Whatever a page holds: an article or a refusal, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.feeds.article import SHORTEST, extract
from tracker.feeds.cleaning import BODY_LIMIT
from tracker.feeds.document import NoArticle

SENTENCES = "The second squadron left the harbour at noon, and the admiral watched from the pier. " * 4
PIECES = st.sampled_from(
    [
        "<html>", "<body>", "<article>", "<p>", "</p>", "<table><tr><td>", "<script>alert(1)</script>", "<!--",
        "-->", "<![CDATA[", "&#0;", "&#xD800;", "&amp;lt;b&amp;gt;", "\x00", "\x0b", "\ufffe", SENTENCES,
        "中俄联合声明。" * 30,
        "</body></html>", '<meta charset="utf-16">', '<base href="http://[">', "<h1>" * 50, "<svg><style>", "\u202e",
    ]
)  # fmt: skip


def text_of(body: bytes, content_type: str = "text/html") -> str:
    try:
        return extract(body, content_type, "https://h.example/1")
    except (NoArticle, ValueError):  # a ValueError ends as a refusal in the reading process
        return ""


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=25))
def test_any_markup_gives_clean_text_or_a_refusal(pieces: list[str]) -> None:
    text = text_of("".join(pieces).encode("utf-8", "surrogatepass"))
    assert not text or SHORTEST <= len(text) <= BODY_LIMIT
    assert not {c for c in text if ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c == "\u202e"}
    # In HTML "<![CDATA[<script>" is a comment up to its first ">", so that what follows is text, here as in a browser.
    assert "alert(1)" not in text or not {"<![CDATA[", "<!--", "<svg><style>"}.isdisjoint(pieces)


@settings(max_examples=80)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_text_or_a_refusal(body: bytes) -> None:
    assert isinstance(text_of(body), str)


def test_what_says_that_it_is_no_page_is_not_read() -> None:
    page = f"<html><body><article><p>{SENTENCES}</p></article></body></html>".encode()
    assert text_of(page).startswith("The second squadron")
    assert text_of(page, "").startswith("The second squadron")
    for kind in ("application/pdf", "image/png", "application/json; charset=utf-8"):
        with pytest.raises(NoArticle, match="no web page"):
            extract(page, kind, "https://h.example/1")


def test_a_page_without_an_article_is_refused() -> None:
    links = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(200))
    with pytest.raises(NoArticle, match="no article"):
        extract(f"<html><body><nav><ul>{links}</ul></nav></body></html>".encode(), "text/html", "https://h.example/")


def test_menus_and_lists_of_other_headlines_are_left_out() -> None:
    others = "".join(f"<li><a href='/{n}'>Missile deal number {n} signed in the capital</a></li>" for n in range(30))
    page = f"<html><body><nav><ul>{others}</ul></nav><div><p>{SENTENCES}</p></div><aside>{others}</aside></body></html>"
    assert "Missile" not in extract(page.encode(), "text/html", "https://h.example/1")
