"""The small pure parts: filters, charts in words, proportions, distances, addresses."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tracker.review.chart import by_week, chart
from tracker.review.feed_pages import distance
from tracker.review.filters import as_query, read_filters
from tracker.review.guard import host_name
from tracker.review.pages import address, language_tag, moment, safe_url, whole
from tracker.review.proportion import wilson
from tracker.review.sparkline import in_words, sparkline
from tracker.store.queue import Filters


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(indicator="arms-transfer", status="confirmed", order="score"),
        Filters("", "driver", "away", "ru", "a-feed", "2026-01-01", "2026-02-01", 0.5, "new", True),
    ],
)
def test_filters_survive_the_address(filters: Filters) -> None:
    assert read_filters(dict(parse_qsl(address("", **as_query(filters)).lstrip("?"))).get) == filters


@pytest.mark.parametrize(
    "values",
    [
        {"group": "x"}, {"direction": "sideways"}, {"since": "yesterday"}, {"since": "2026-13-01"},
        {"min_score": "nan"}, {"min_score": "7"}, {"status": "withdrawn"}, {"indicator": "a' or 1=1"},
        {"order": "random()"}, {"copies": "2"}, {"language": "e n"}, {"feed": "x" * 200},
    ],
)  # fmt: skip
def test_filters_that_make_no_sense_do_not_filter(values: dict[str, Any]) -> None:
    assert read_filters(values.get) == Filters()


def test_a_sparkline_says_what_it_shows() -> None:
    counts = [0] * 80 + [3] + [0] * 8 + [1]
    words = in_words(counts, date(2025, 11, 6))
    assert words == "4 stories in 90 days, 1 in the last seven; most on 2026-01-25 (3)"
    drawn = sparkline(tuple(counts), date(2025, 11, 6))
    assert 'class="past" d="M161 28v-28"' in drawn
    assert 'class="recent" d="M179 28v-9.33"' in drawn
    assert f'aria-label="{words}"' in drawn
    assert in_words([0] * 90, date(2026, 1, 1)) == "no stories in 90 days"


def test_a_chart_marks_changes_of_the_definition() -> None:
    drawn = chart([1, 0, 2], date(2026, 1, 31), breaks=["2026-02-01"])
    assert drawn.count('class="bar"') == 2
    assert drawn.count('class="break"') == 1
    assert "Feb" not in chart([1], date(2026, 2, 1))


def test_weeks_start_on_monday() -> None:
    assert by_week([1, 1, 1], date(2026, 2, 1)) == [(date(2026, 2, 2), 2), (date(2026, 1, 26), 1)]


@pytest.mark.parametrize(
    ("right", "all_", "low", "high"), [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763)]
)
def test_wilson_against_published_figures(right: int, all_: int, low: float, high: float) -> None:
    assert wilson(right, all_) == pytest.approx((low, high), abs=0.001)
    assert wilson(0, 0) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (59, "just now"), (90, "1 min ago"), (-7200, "in 2 h"), (200_000, "2 d ago")],
)
def test_distances_in_words(seconds: float, words: str) -> None:
    assert distance(seconds) == words


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "", None, "//x", "http://", "ftp://x/y", "http://[", "\\\\x"]
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert safe_url(url) == ""
    assert safe_url("https://news.example.org/1?a=b") == "https://news.example.org/1?a=b"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("127.0.0.1:8001", "127.0.0.1"),
        ("[::1]:8001", "::1"),
        ("LocalHost", "localhost"),
        ("", ""),
        ("[::1", ""),
        ("a@b", ""),
        ("127.0.0.1:8077.evil.example", ""),
        ("127.0.0.1:8077:1", ""),
        ("127.0.0.1/x", ""),
    ],
)
def test_names_in_host_headers(header: str, name: str) -> None:
    assert host_name(header) == name


def test_numbers_and_languages_from_outside() -> None:
    assert [whole(text) for text in ("7", "-7", "7.0", "٣", "9" * 30, "")] == [7, 0, 0, 0, 0, 0]
    assert [language_tag(text) for text in ("ru", "zh-Hant", 'x"y', "", None)] == ["ru", "zh-Hant", "", "", ""]
    assert str(moment('2026"><b>')) == '<time datetime="2026&#34;&gt;&lt;b&gt;">2026&#34;&gt;&lt;b&gt;</time>'
