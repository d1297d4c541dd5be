"""Wrapping at 72 columns, wide characters counted as two."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tracker.digest.columns import fitting, width, wrap

WORDS = st.text(st.sampled_from("ab Яж 两国，。（） é́ 🚀-1"), max_size=200)


def test_width_counts_columns() -> None:
    assert width("abc") == 3
    assert width("两国") == 4
    assert width("e\u0301") == 1
    assert fitting("两国a", 4) == "两国"
    assert fitting("两国a", 3) == "两"


def test_chinese_breaks_between_characters_but_not_before_a_full_stop() -> None:
    assert wrap("两国宣布限制。", room=12) == ("两国宣布限", "制。")
    assert wrap("两国（三国", room=6) == ("两国", "（三国")


def test_first_line_and_indent() -> None:
    assert wrap("one two three", "   ", " 1. ", room=9) == (" 1. one", "   two", "   three")


def test_an_address_is_left_whole() -> None:
    address = "https://example.org/" + "x" * 80
    assert wrap(f"see {address} there") == ("see", address, "there")


@given(WORDS, st.integers(8, 40))
def test_nothing_is_lost_and_lines_fit(text: str, room: int) -> None:
    lines = wrap(text, "  ", room=room)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    atoms = max((width(word) for word in re.findall(r"[^\s\u4e00-\u9fff]+", text)), default=0)
    assert all(width(line) <= max(room, atoms + 6) for line in lines)
