"""The shipped codebook against the demonstration's items, which were written and labelled without looking at it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.demo.test_stories import CORE, GROUP_OF
from tracker.demo import stories
from tracker.indicators.codebook import load
from tracker.indicators.matcher import compile_codebook
from tracker.model import Item

CODEBOOK = Path(__file__).resolve().parents[2] / "indicators.yaml"
ITEMS = stories.items(datetime(2026, 2, 18, 9, 30, tzinfo=UTC))


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    """Item id -> the indicators that the codebook sees in it."""
    matcher = compile_codebook(load(CODEBOOK))
    implied = {outlet.id: outlet.implies for outlet in stories.outlets()}

    def seen(item: stories.DemoItem) -> set[str]:
        as_fetched = Item(
            guid=item.id,
            url="",
            title=item.title,
            summary=item.summary,
            language=item.language,
            source=item.outlet,
            implies=implied[item.outlet],
        )
        return {match.indicator for match in matcher.match(as_fetched)}

    return {item.id: seen(item) for item in ITEMS}


def test_labels_name_indicators_of_the_codebook() -> None:
    assert {(i.id, i.group) for i in load(CODEBOOK).indicators} == set(GROUP_OF.items())


def test_every_indicator_hits_something_it_should(found: dict[str, set[str]]) -> None:
    hit = {indicator for item in ITEMS for indicator in item.about if indicator in found[item.id]}
    assert hit == set(GROUP_OF)


@pytest.mark.parametrize("indicator", CORE)
def test_core_indicators_hit_in_each_language(indicator: str, found: dict[str, set[str]]) -> None:
    languages = {i.language for i in ITEMS if indicator in i.about and indicator in found[i.id]}
    assert languages == {"en", "ru", "zh"}


def test_most_labels_are_found_and_most_hits_are_labelled(found: dict[str, set[str]]) -> None:
    # 0.68 and 0.78 when the codebook first met these items; the floors only catch a codebook that fell apart
    right = sum(len(found[i.id] & set(i.about)) for i in ITEMS)
    assert right / sum(len(i.about) for i in ITEMS) >= 0.62
    assert right / sum(len(found[i.id]) for i in ITEMS) >= 0.72


def test_noise_and_counter_examples_stay_almost_silent(found: dict[str, set[str]]) -> None:
    noise = [i for i in ITEMS if not i.about]
    loud = Counter(bool(found[i.id]) for i in noise)
    assert loud[True] <= 0.06 * len(noise), [i.title for i in noise if found[i.id]]
