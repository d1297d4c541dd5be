"""Small codebooks and items for the tests of recognition."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from tracker.indicators import codebook
from tracker.indicators.codebook import Codebook
from tracker.indicators.matcher import Matcher, compile_codebook
from tracker.model import Item


def book_of(content: dict[str, object]) -> Codebook:
    """The codebook that a mapping stands for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "indicators.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return codebook.load(path)


def indicator(query: str, name: str = "a", **more: object) -> dict[str, object]:
    """An indicator with the keys that are required."""
    return {"id": name, "title": name, "group": "driver", "direction": "toward", "query": query, **more}


def matcher_of(*queries: str, inflect: bool = True, **top: object) -> Matcher:
    """A matcher with one indicator per query, called q0, q1 …"""
    indicators = [indicator(query, f"q{number}") for number, query in enumerate(queries)]
    return compile_codebook(book_of({"version": "1", "inflect": inflect, **top, "indicators": indicators}))


def item(title: str = "", summary: str = "", body: str = "", **more: str) -> Item:
    """An item without identity."""
    return Item(guid="", url="", title=title, summary=summary, body=body, **more)


def hits(matcher: Matcher, title: str = "", summary: str = "", body: str = "", **more: str) -> set[str]:
    """The indicators that an item hits."""
    return {match.indicator for match in matcher.match(item(title, summary, body, **more))}


def spans(matcher: Matcher, title: str = "", summary: str = "", body: str = "", **more: str) -> list[str]:
    """The texts of the evidence of the first match."""
    matches = matcher.match(item(title, summary, body, **more))
    return [evidence.text for evidence in matches[0].evidence] if matches else []
