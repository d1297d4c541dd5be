"""Stored evidence -> segments of text, marked or not. Offsets are believed only where they fit the text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracker.model import TEXT_FIELDS

AROUND = 280
"""Code points kept on either side of evidence where a long text is shortened."""
SHORT = 1400
"""Texts up to this long are shown whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of evidence that fits its text."""

    start: int
    end: int
    terms: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """Text between two borders of evidence; ``terms`` is empty where nothing fired. ``gap``: text left out here."""

    text: str
    terms: tuple[str, ...] = ()
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the evidence column of a hit says, field by field, and how many of its spans do not fit."""

    spans: Mapping[str, tuple[Span, ...]]
    terms: tuple[str, ...]
    misfits: int


def read_evidence(stored: str, texts: Mapping[str, str]) -> Evidence:
    """Spans of ``stored`` (the JSON of hits.evidence) that match ``texts``; anything else is counted, not shown."""
    try:
        entries = json.loads(stored)
    except ValueError:
        return Evidence({}, (), 1)
    fitting: dict[str, list[Span]] = {name: [] for name in TEXT_FIELDS}
    terms: dict[str, None] = {}
    misfits = 0
    for entry in entries if isinstance(entries, list) else [None]:
        span = _span(entry, texts)
        if span is None:
            misfits += 1
            continue
        fitting[span.field].append(span)
        terms.update(dict.fromkeys(span.terms))
    return Evidence({name: tuple(spans) for name, spans in fitting.items()}, tuple(terms), misfits)


def _span(entry: object, texts: Mapping[str, str]) -> Span | None:
    if not isinstance(entry, dict):
        return None
    field, start, end = entry.get("field"), entry.get("start"), entry.get("end")
    text = texts.get(field) if field in TEXT_FIELDS else None
    if text is None or type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        return None
    if text[start:end] != entry.get("text"):
        return None
    term, concept = str(entry.get("term") or ""), str(entry.get("concept") or "")
    label = f"{term} (@{concept})" if concept else term
    return Span(start, end, (label,), str(field))


def segments(text: str, spans: Iterable[Span]) -> list[Segment]:
    """The whole text in pieces; joined they are the text again. Overlapping spans share their common piece."""
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    borders = sorted({0, len(text), *(s.start for s in ordered), *(s.end for s in ordered)})
    pieces = []
    for left, right in pairwise(borders):
        over = [term for s in ordered if s.start <= left and right <= s.end for term in s.terms]
        pieces.append(Segment(text[left:right], tuple(dict.fromkeys(over))))
    return pieces


def excerpt(text: str, spans: Sequence[Span], short: int = SHORT, around: int = AROUND) -> list[Segment]:
    """Like ``segments``, but of a long text only the surroundings of evidence, with gaps between them."""
    if len(text) <= short:
        return segments(text, spans)
    windows: list[list[int]] = []
    for span in sorted(spans, key=lambda span: span.start) or [Span(0, 1, ())]:
        left, right = max(0, span.start - around), min(len(text), span.end + around)
        if windows and left <= windows[-1][1]:
            windows[-1][1] = max(right, windows[-1][1])
        elif sum(end - start for start, end in windows) < short:
            windows.append([left, right])
    pieces: list[Segment] = []
    for left, right in windows:
        if left:
            pieces.append(Segment("", gap=True))
        inside = [Span(s.start - left, s.end - left, s.terms) for s in spans if left <= s.start and s.end <= right]
        pieces += segments(text[left:right], inside)
    if windows[-1][1] < len(text):
        pieces.append(Segment("", gap=True))
    return pieces
