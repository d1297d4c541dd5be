from __future__ import annotations

import pytest

from tracker.stories.group import StoryIndex

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


def place(index: StoryIndex, *items: tuple[str, str], outlets: str = "", first_id: int = 1) -> list[int]:
    """The stories of the items, numbered as they are opened. ``outlets``: a letter for each; all of one without."""
    placed: list[int] = []

    def settle(position: int, story: int | None) -> int:
        assert position == len(placed)
        placed.append(story or max([first_id - 1, *placed]) + 1)
        return placed[-1]

    names = outlets or "N" * len(items)
    index.place([(text, day, outlet) for (text, day), outlet in zip(items, names, strict=True)], settle)
    return placed


def empty() -> StoryIndex:
    return StoryIndex(lambda first, last: [])


def test_a_copy_joins_and_a_follow_up_does_not() -> None:
    together = [(HARBOUR, "2026-02-02"), (COPY, "2026-02-03"), (FOLLOW_UP, "2026-02-03")]
    assert place(empty(), *together) == [1, 1, 2]
    index = empty()
    assert place(index, together[0]) == [1]
    assert place(index, together[1], first_id=2) == [1]
    assert place(index, together[2], first_id=2) == [2]


@pytest.mark.parametrize(("day", "found"), [("2026-02-05", 1), ("2026-01-30", 1), ("2026-02-06", 2), ("2026-01-29", 2)])
def test_the_window_reaches_three_days_both_ways(day: str, found: int) -> None:
    assert place(empty(), (HARBOUR, "2026-02-02"), (COPY, day)) == [1, found]


def test_the_window_is_counted_from_the_first_item_so_that_a_story_ends() -> None:
    days = [f"2026-02-{day:02}" for day in (2, 4, 5, 6, 7)]
    assert place(empty(), *[(HARBOUR, day) for day in days]) == [1, 1, 1, 2, 2]


RETITLED = HARBOUR.replace(
    "Frigates of both fleets left the harbour on Monday for a week of joint drills in the northern strait.",
    "Warships set out for the North as neighbours look on",
)
BODY = " The exercise of Norland and Sudland will end with a parade before both ministers, who are to arrive by train."


def test_a_copy_under_another_headline_joins_where_another_outlet_prints_it() -> None:
    texts = [(text + BODY, "2026-02-02") for text in (HARBOUR, RETITLED)]
    assert place(empty(), *texts, outlets="NS") == [1, 1]
    assert place(empty(), *texts, outlets="NN") == [1, 2]
    index = empty()
    assert place(index, texts[0], outlets="N") == [1]
    assert place(index, texts[1], outlets="S", first_id=2) == [1]


def test_what_an_outlet_prints_below_everything_makes_no_story_of_its_own_items() -> None:
    notice = (
        "Read more of Norland's reports on the strait, and subscribe to The Norland Courier for twelve crowns a month."
    )
    titles = ("Ministers meet in Northport", "Harvest fails in the south", "Old bridge reopens")
    assert place(empty(), *[(f"{title}\n{notice}", "2026-02-02") for title in titles]) == [1, 2, 3]


def test_a_headline_joins_a_longer_text_of_another_outlet_that_is_headed_alike() -> None:
    headline = ("Norland and Sudland open a joint air defence centre at Northport", "2026-02-02")
    report = (
        "Norland and Sudland open joint air defence centre at Northport, ministers say\n"
        "The centre shall watch the strait by day and night, and both countries send crews for four weeks at a time.",
        "2026-02-03",
    )
    assert place(empty(), headline, report, outlets="NS") == [1, 1]
    assert place(empty(), headline, report, outlets="NN") == [1, 2]


def test_chinese_copies_join_by_characters() -> None:
    first = ("两国海军编队周一离港赴北部海峡举行为期一周的联合演习\n演习包括实弹射击和反潜课目", "2026-02-02")
    copy = ("两国海军编队离港赴北部海峡举行为期一周的联合演习，演习包括实弹射击", "2026-02-02")
    other = ("两国农业部门签署大豆贸易协议，扩大进口规模", "2026-02-02")
    assert place(empty(), first, copy, other) == [1, 1, 2]


def test_a_text_without_words_is_a_story_of_its_own() -> None:
    assert place(empty(), ("", "2026-02-02"), ("…\n—", "2026-02-02"), ("", "2026-02-02")) == [1, 2, 3]


def test_the_same_form_with_other_names_or_figures_is_another_story() -> None:
    form = "The central bank of {} set the rate of its currency at {} to the dollar, {} more than on the day before"
    filled = (("Norland", 71, 2), ("Norland", 71, 2), ("Sudland", 71, 2), ("Norland", 84, 9))
    texts = [form.format(*words) for words in filled]
    assert place(empty(), *[(text, "2026-02-02") for text in texts]) == [1, 1, 2, 3]


def test_stored_items_are_loaded_when_first_needed_and_again_after_forgetting() -> None:
    asked: list[tuple[str, str]] = []

    def load(first: str, last: str) -> list[tuple[int, tuple[str, str, str]]]:
        asked.append((first, last))
        return [(5, (HARBOUR, "2026-02-02", "N"))] if first <= "2026-02-02" <= last else []

    index = StoryIndex(load)
    assert place(index, (COPY, "2026-02-03")) == [5]
    assert place(index, (COPY, "2026-02-04")) == [5]
    assert asked == [("2026-01-31", "2026-02-06"), ("2026-02-07", "2026-02-07")]
    index.clear()
    assert place(index, (COPY, "2026-02-03")) == [5]
    assert len(asked) == 3


UPDATE = (
    "Frigates of both fleets left the harbour on Monday for a week of joint drills in the northern strait.\n"
    "A submarine took part unannounced, the chief of the naval staff told a newspaper in an interview on Wednesday."
)


def test_copies_of_a_changed_edition_join_unless_it_became_another_story() -> None:
    index = empty()
    place(index, (HARBOUR, "2026-02-02"))
    index.learn(1, UPDATE, "N")
    index.learn(1, FOLLOW_UP, "N")
    index.learn(99, HARBOUR, "N")
    assert place(index, (UPDATE, "2026-02-04"), (FOLLOW_UP, "2026-02-04"), first_id=2) == [1, 2]


def test_rewrites_do_not_chain_away_from_the_first_item() -> None:
    words = [f"word{n}" for n in range(200)]
    texts = [f"Norland\nIn Norland {' '.join(words[step : step + 40])}" for step in range(0, 120, 5)]
    stories = place(empty(), *[(text, "2026-02-02") for text in texts])
    assert stories[1] == stories[0]
    assert stories[-1] != stories[0]


def sentences(count: int, seed: int) -> list[str]:
    return [" ".join(f"w{(n * 7919 + seed * 104729 + k * k) % 50021}" for k in range(30)) for n in range(count)]


def test_memory_is_bounded_by_the_days_that_are_asked_for() -> None:
    index = StoryIndex(lambda first, last: [], items_kept=2_000)
    day = [f"2026-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]
    most = 0
    for number, date in enumerate(day):
        assert len(set(place(index, *[(text, date) for text in sentences(300, number)]))) == 300
        most = max(most, index.texts)
    assert most < 2_000 + 7 * 300
    again = sentences(300, len(day) - 1)
    assert place(index, *[(text, day[-1]) for text in again], first_id=1) == list(range(1, 301))


def test_an_item_takes_some_hundred_bytes() -> None:
    index = empty()
    place(index, *[(text, "2026-02-02") for text in sentences(20_000, 1)])
    assert index.nbytes / index.texts < 1_000
