"""Folding keeps meaning and offsets: the quick ways agree with the general one, and every token leads back."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.indicators import normalise

nasty = st.text(
    st.sampled_from("aZéёЁЙ中国龘Ｆ１½ﬁßİſ™…—«“’ -_.,\n\t\u00ad\u200b\u200d\u0301\u0308\u202e\ufe0f👩🇷ゞ가가\u1161ानª٣")
    | st.characters(exclude_categories=["Cs"]),
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Ёлка", "елка"),
        ("Е\u0308лка", "елка"),
        ("за\u0301мок", "замок"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("co\u00adoperation", "cooperation"),
        ("Ki\u200dev", "kiev"),
        ("air-defence,  “now”", "air defence now"),
        ("中国A股", "中国 a 股"),
        ("中国，俄罗斯", "中国 俄罗斯"),
        ("S-400", "s 400"),
        ("Straße", "strasse"),
    ],
)
def test_what_makes_no_difference(text: str, key: str) -> None:
    assert normalise.key(text) == key


def test_case_is_kept_where_it_matters() -> None:
    assert normalise.cased_key("The Ｑuad") == "The Quad"


def general(text: str) -> str:
    """The general way, on any text."""
    return f" {' '.join(normalise._RUN.findall(normalise._fold(text)))} "


def test_quick_ways_agree_with_the_general_one_on_every_character() -> None:
    for number in [*range(1, 0x3100), *range(0x4E00, 0x4E20), *range(0xFB00, 0x10000), *range(0x1F300, 0x1F700)]:
        if 0xD800 <= number < 0xE000:
            continue
        for text in (f" a{chr(number)}b ", f" Я{chr(number)}z ", f" 中{chr(number)}b "):
            assert normalise.search_text((text[1:-1],)) == general(text), hex(number)


@given(nasty, nasty)
def test_quick_ways_agree_with_the_general_one(title: str, summary: str) -> None:
    text = normalise.joined((title, summary))
    assert normalise.search_text((title, summary)) == general(text)


@given(nasty, nasty)
def test_every_token_leads_back_to_what_it_came_from(title: str, summary: str) -> None:
    text = normalise.joined((title, summary))
    search, folded = normalise.searchable(text)
    original = normalise.offsets(text, search, folded)
    starts = normalise.token_starts(search)
    last = 0
    for start in starts:
        end = start + 1 if normalise.is_cjk(search[start]) else search.index(" ", start)
        a, b = original(start, end)
        assert 0 <= a < b <= len(text)
        assert a >= last or unicodedata.normalize("NFKC", text[a]) != text[a]
        last = a
        assert search[start:end] in normalise.key(text[a:b])
    assert len(starts) == len(re.findall(f"[{normalise.CJK}]|[^\\W_{normalise.CJK}]+", normalise._fold(text)))


def test_fields_are_parted_even_where_a_text_holds_the_mark() -> None:
    assert normalise.search_text(("a\0b", "c")) == " a b \0 c "


def test_the_language_of_scripts_is_not_asked_of_empty_text() -> None:
    assert normalise.search_text(("", "")).split() == ["\0"]
