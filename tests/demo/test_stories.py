"""What the demonstration's items must cover, whatever day it starts on."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tracker.demo import stories

TODAY = datetime(2026, 2, 18, 9, 30, tzinfo=UTC)
ITEMS = stories.items(TODAY)

GROUPS = {
    "driver": (
        "sanctions-on-russia sanctions-on-china semiconductor-restrictions us-china-economic-competition"
        " western-taiwan-support asia-pacific-blocs western-military-pressure nato-near-abroad"
        " democracy-ideology-confrontation taiwan-force-unification ukraine-war-trajectory forced-choice"
        " pressure-easing wedge-driving"
    ),
    "cooperation": (
        "joint-statement-summit agreements-flurry economic-lifeline discounted-energy chinese-weapons-to-russia"
        " russian-arms-sales-to-china technology-transfer joint-military-activity nuclear-coordination"
        " un-votes-with-russia friction-management central-asia-division-of-labour sco-channelled-initiatives"
        " anti-west-coalition china-security-obligations"
    ),
    "rhetoric": (
        "explicit-alliance-rhetoric alliance-advocacy mutual-legitimation anti-west-framing"
        " colour-revolution-rhetoric narrative-amplification china-justifies-war"
    ),
    "barrier": (
        "non-alliance-reaffirmed chinese-unease un-abstention sanctions-compliance historical-mistrust"
        " chinese-immigration-fears reverse-engineering-complaints central-asia-friction interest-divergence"
    ),
    "outcome": "non-alliance-policy-change formal-alliance-pact collective-defence-structure",
}
GROUP_OF = {indicator: group for group, ids in GROUPS.items() for indicator in ids.split()}
CORE = [
    "russian-arms-sales-to-china",
    "chinese-weapons-to-russia",
    "sco-channelled-initiatives",
    "explicit-alliance-rhetoric",
    "non-alliance-reaffirmed",
    "sanctions-on-russia",
    "semiconductor-restrictions",
    "western-taiwan-support",
    "taiwan-force-unification",
    "joint-statement-summit",
    "joint-military-activity",
    "discounted-energy",
    "un-votes-with-russia",
    "chinese-unease",
]


def test_there_are_enough_items_and_outlets() -> None:
    assert len(ITEMS) >= 340
    assert len({item.outlet for item in ITEMS}) >= 12
    assert len({item.id for item in ITEMS}) == len(ITEMS)
    assert max(Counter(item.outlet for item in ITEMS).values()) <= 80


def test_the_three_languages_share_the_items() -> None:
    share = {language: n / len(ITEMS) for language, n in Counter(item.language for item in ITEMS).items()}
    assert set(share) == {"en", "ru", "zh"}
    assert 0.40 <= share["en"] <= 0.50
    assert share["ru"] >= 0.24
    assert share["zh"] >= 0.24


def test_every_indicator_is_told_of_and_no_other() -> None:
    assert len(GROUP_OF) == 48
    assert {indicator for item in ITEMS for indicator in item.about} == set(GROUP_OF)
    assert {indicator for item in ITEMS for indicator in item.not_about} <= set(GROUP_OF)


def test_every_language_tells_of_every_group() -> None:
    told = {(item.language, GROUP_OF[indicator]) for item in ITEMS for indicator in item.about}
    assert told == {(language, group) for language in ("en", "ru", "zh") for group in GROUPS}


@pytest.mark.parametrize("indicator", CORE)
def test_core_indicators_have_several_items_in_each_language(indicator: str) -> None:
    count = Counter(item.language for item in ITEMS if indicator in item.about)
    assert min(count[language] for language in ("en", "ru", "zh")) >= 2


def test_many_stories_run_at_several_outlets() -> None:
    outlets = defaultdict(list)
    for item in ITEMS:
        outlets[item.story].append(item.outlet)
    sizes = [len(told) for told in outlets.values() if len(told) > 1]
    assert all(len(told) == len(set(told)) for told in outlets.values())
    assert len(sizes) >= 25
    assert 2 <= min(sizes) <= max(sizes) <= 6


def test_a_third_is_noise_and_some_only_look_like_indicators() -> None:
    noise = sum(not item.about for item in ITEMS)
    assert 0.30 <= noise / len(ITEMS) <= 0.45
    assert sum(bool(item.not_about) for item in ITEMS) >= 30


@pytest.mark.parametrize("weekday", range(7))
def test_dates_hold_for_every_weekday(weekday: int) -> None:
    today = TODAY + timedelta(days=weekday)
    items = stories.items(today)
    assert min(item.published_at for item in items) >= today - timedelta(days=120)
    assert max(item.published_at for item in items) <= today + timedelta(minutes=20)
    recent = [i for i in items if timedelta() <= today - i.published_at <= timedelta(hours=24)]
    assert len(recent) >= 15
    assert len({indicator for item in recent for indicator in item.about}) >= 8
    serious = [i for i in items if i.about and today - i.published_at > timedelta(days=10)]
    on_weekends = sum(item.published_at.weekday() >= 5 for item in serious)
    assert on_weekends / len(serious) < 0.1


def test_two_indicators_rise_in_the_last_week() -> None:
    for indicator in ("joint-military-activity", "semiconductor-restrictions"):
        ages = [TODAY - item.published_at for item in ITEMS if indicator in item.about]
        last_week = sum(timedelta() <= age < timedelta(days=7) for age in ages)
        weekly_before = sum(age >= timedelta(days=7) for age in ages) / 16
        assert last_week >= 5 * weekly_before


def test_no_placeholder_is_left_and_texts_have_a_wires_length() -> None:
    for item in ITEMS:
        assert "{" not in item.title + item.summary
        assert 5 <= len(item.title) <= 110, item.title
        assert len(item.summary) >= 20, item.summary
        assert len(item.summary) <= 420, item.summary


def test_ages_count_from_the_start_in_utc() -> None:
    start = TODAY.astimezone(timezone(timedelta(hours=8)))
    assert stories.items(start) == ITEMS


def test_a_copy_inherits_text_with_its_dateline() -> None:
    told = {item.outlet: item for item in ITEMS if item.story == "chip-round"}
    first, copied, short = told["meridian"], told["harbour-post"], told["tradewind"]
    assert copied.summary.startswith("WASHINGTON, Feb 13 (Meridian) — ")
    assert copied.summary.endswith(first.summary)
    assert first.summary.startswith(short.summary)
    assert len(short.summary) < len(first.summary)
    assert "on Friday" in first.summary
