"""Hostile text: controls, overrides of direction, surrogates, link schemes, language tags."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.digest import clean

JOINED = "family 👨\u200d👩\u200d👧 می\u200cخواهم"
"""Joiners are part of words and of emoji, so they stay."""


def test_one_line_without_tricks() -> None:
    assert clean.line("a\r\nBcc: x@y\u2028b\x00\x1b[31m", 80) == "a Bcc: x@y b[31m"
    assert clean.line("\u202egnp.exe\u2066\u200b\U000e0041", 80) == "gnp.exe"
    assert clean.line(JOINED, 80) == JOINED


def test_long_lines_are_cut_between_letters() -> None:
    assert clean.line("abcdef", 4) == "abc…"
    assert clean.line("abe\u0301\u0301f", 4) == "ab…"


@given(st.text())
@example("\r\x08 ")
def test_no_control_character_survives(text: str) -> None:
    cleaned = clean.text(text)
    assert not {c for c in cleaned if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
    assert clean.text(cleaned) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c&d=%20#e", "https://example.org/a?b=c&d=%20#e"),
        ("  http://example.org/новость ", "http://example.org/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("https://example.org/a b\r\nX: y\u202e", "https://example.org/a%20b%0D%0AX:%20y"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org/x", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("https://example.org/" + "x" * 2000, ""),
        ("", ""),
    ],
)
def test_links(url: str, expected: str) -> None:
    assert clean.link(url) == expected


@pytest.mark.parametrize(("tag", "kept"), [("ru", True), ("zh-Hant", True), ('en" x="', False), ("", False)])
def test_language_tags(tag: str, kept: bool) -> None:
    assert clean.language(tag) == (tag if kept else "")
