from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.stories.group import StoryIndex, containment, shingles

HARBOUR = (
    "Frigates of both fleets left the harbour on Monday for a week of joint drills in the northern strait.\n"
    "The exercise will include live firing and a search for submarines, the fleet's press office said."
)
COPY = (
    "Frigates of both fleets left the harbour on Monday for a week of joint drills in the northern strait\n"
    "NORTHPORT, 3 February. The exercise will include live firing and a search for submarines."
)
FOLLOW_UP = (
    "Joint drills in the northern strait end with a parade of ships\n"
    "Crews returned to port on Sunday after seven days at sea; the commanders called the manoeuvres useful."
)


def empty() -> StoryIndex:
    return StoryIndex(lambda first, last: [])


def test_a_copy_joins_and_a_follow_up_does_not() -> None:
    index = empty()
    assert index.find(HARBOUR, "2026-02-02") is None
    index.add(1, HARBOUR, "2026-02-02")
    assert index.find(COPY, "2026-02-03") == 1
    assert index.find(FOLLOW_UP, "2026-02-03") is None


@pytest.mark.parametrize(
    ("day", "found"), [("2026-02-05", 1), ("2026-01-30", 1), ("2026-02-06", None), ("2026-01-29", None)]
)
def test_the_window_reaches_three_days_both_ways_across_buckets(day: str, found: int | None) -> None:
    index = empty()
    index.add(1, HARBOUR, "2026-02-02")
    assert index.find(COPY, day) == found


def test_chinese_copies_join_by_characters() -> None:
    index = empty()
    index.add(7, "两国海军编队周一离港赴北部海峡举行为期一周的联合演习\n演习包括实弹射击和反潜课目", "2026-02-02")
    assert index.find("两国海军编队离港赴北部海峡举行为期一周的联合演习，演习包括实弹射击", "2026-02-02") == 7
    assert index.find("两国农业部门签署大豆贸易协议，扩大进口规模", "2026-02-02") is None


def test_stored_items_are_loaded_when_first_needed_and_again_after_forgetting() -> None:
    asked: list[tuple[str, str]] = []

    def load(first: str, last: str) -> list[tuple[int, str, str]]:
        asked.append((first, last))
        return [(5, "2026-02-02", HARBOUR)] if first <= "2026-02-02" <= last else []

    index = StoryIndex(load)
    assert index.find(COPY, "2026-02-03") == 5
    assert index.find(COPY, "2026-02-03") == 5
    assert len(asked) == len(set(asked)) == 3
    index.clear()
    assert index.find(COPY, "2026-02-03") == 5
    assert len(asked) == 6


def test_rewrites_do_not_chain_away_from_the_first_item() -> None:
    words = [f"word{n}" for n in range(200)]
    index = empty()
    story: dict[int, int] = {}
    for step in range(0, 120, 10):
        text = " ".join(words[step : step + 40])
        found = index.find(text, "2026-02-02")
        story[step] = found if found is not None else step
        index.add(story[step], text, "2026-02-02")
    assert story[10] == story[0]
    assert story[110] != story[0]


@given(st.text(), st.text())
def test_containment_is_a_symmetric_share(a: str, b: str) -> None:
    share = containment(shingles(a), shingles(b))
    assert 0 <= share <= 1
    assert share == containment(shingles(b), shingles(a))
    if shingles(a):
        assert containment(shingles(a), shingles(a)) == 1
