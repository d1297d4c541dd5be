"""A backtest as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from tracker.backtest.facts import WORDS

TEMPLATES = Path(__file__).parent / "templates"


def page(found: dict[str, Any], name: str) -> str:
    """HTML of what a backtest found, in the form of ``tracker.backtest.facts``; no address outside it is loaded."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters["marked"] = marked
    return environment.get_template("backtest.html").render(found=found, name=name, words=WORDS)


def marked(text: str, evidence: list[dict[str, Any]], field: str, limit: int = 300) -> list[tuple[str, bool]]:
    """Pieces of a text with whether each is evidence; cut after ``limit`` characters."""
    spans = sorted((span["start"], span["end"]) for span in evidence if span["field"] == field)
    pieces, at = [], 0
    for start, end in spans:
        if start < at or end > len(text) or start >= limit:
            continue
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    rest = text[at:limit] if limit > at else ""
    pieces.append((rest + ("…" if len(text) > limit else ""), False))
    return [piece for piece in pieces if piece[0]]
