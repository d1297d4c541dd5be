"""Stored evidence -> a title with its terms marked, and one line of the text around the densest evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.digest import clean, columns
from tracker.model import TEXT_FIELDS

ROOM = 150
"""Columns of the line; a CJK character takes two."""
TITLE_LIMIT = 240
LIKELY_CUT = 40
"""Columns beyond which a summary that ends without punctuation was cut by its feed."""
SAYS_SOMETHING = 24
"""Columns below which a text without evidence is no more than a "read on" and not shown."""
_NOT_WORDS = re.compile(r"[\W_]+")
_SENTENCE_END = re.compile(r"[.!?…]['\"”’»)]*\s+|[。！？][”’」』）]*|\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, cleaned; ``fired`` where it is evidence."""

    text: str
    fired: bool = False


Pieces = tuple[Piece, ...]
_Span = tuple[int, int]


def spans_by_field(stored: str, texts: Mapping[str, str]) -> dict[str, list[_Span]]:
    """Spans of the JSON in hits.evidence that fit ``texts``, sorted; the rest is ignored.

    Spans that overlap, or have only space between them, are one: a reader sees one bold phrase.
    """
    found: dict[str, list[_Span]] = {name: [] for name in TEXT_FIELDS}
    try:
        entries = json.loads(stored)
    except ValueError:
        entries = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        field, start, end = entry.get("field"), entry.get("start"), entry.get("end")
        text = texts.get(field) if isinstance(field, str) else None
        if text is None or type(start) is not int or type(end) is not int or not 0 <= start < end:
            continue
        if text[start:end] == entry.get("text"):
            found[str(field)].append((start, end))
    return {name: _joined(spans, texts[name]) for name, spans in found.items()}


def title(text: str, spans: Sequence[_Span]) -> Pieces:
    """The whole title with its evidence marked; a monstrous one is cut."""
    end = min(len(text), TITLE_LIMIT)
    return _pieces(text, spans, 0, end)


def line(texts: Mapping[str, str], spans: Mapping[str, Sequence[_Span]], room: int = ROOM) -> Pieces:
    """One line of summary or body that shows most evidence; the beginning of the summary where all is in the title.

    Nothing where that would only repeat the title, or say next to nothing.
    """
    field = max(("summary", "body"), key=lambda name: len(spans[name]))
    text = texts[field]
    if _repeats(texts["title"], text) or (not spans[field] and columns.width(text.strip()) < SAYS_SOMETHING):
        return ()
    start, end = _window(text, spans[field], room)
    pieces = _pieces(text, spans[field], start, end)
    # Some feeds cut their summaries in the middle of a word and say nothing of it.
    cut_off = end == len(text) and text[-1:].isalnum() and columns.width(text) >= LIKELY_CUT
    return (*pieces, Piece("…")) if cut_off else pieces


def _repeats(title: str, text: str) -> bool:
    """Whether the text is the title again, perhaps with the outlet's name behind it."""
    if len(text) > len(title) + 60:
        return False
    told, said = _NOT_WORDS.sub("", title.casefold()), _NOT_WORDS.sub("", text.casefold())
    return bool(told) and said.startswith(told) and len(said) <= len(told) + 24


def _joined(spans: list[_Span], text: str) -> list[_Span]:
    joined: list[_Span] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or text[joined[-1][1] : start].isspace()):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _window(text: str, spans: Sequence[_Span], room: int) -> _Span:
    if len(text) * 2 <= room or columns.width(text) <= room:
        return 0, len(text)
    if not spans:
        return 0, _right(text, 0, room)
    first, last = _densest(text, spans, room * 4 // 5)
    core_start, core_end = spans[first][0], spans[last][1]
    spare = max(0, room - columns.width(text[core_start:core_end]))
    return _left(text, core_start, spare), _right(text, _left(text, core_start, spare), room)


def _densest(text: str, spans: Sequence[_Span], room: int) -> tuple[int, int]:
    best, best_terms = (0, 0), 0
    for first in range(len(spans)):
        last = first
        while last + 1 < len(spans) and columns.width(text[spans[first][0] : spans[last + 1][1]]) <= room:
            last += 1
        terms = len({text[start:end].casefold() for start, end in spans[first : last + 1]})
        if terms > best_terms:
            best, best_terms = (first, last), terms
    return best


def _left(text: str, start: int, spare: int) -> int:
    """Where the line begins: with the sentence if that leaves room behind the evidence, else with a word."""
    far = start
    used = 0
    while far > 0 and used < spare * 3 // 4:
        far -= 1
        used += columns.width(text[far])
    if far == 0:
        return 0
    for found in _SENTENCE_END.finditer(text, max(0, far - 4), start):
        if found.end() >= far:
            return found.end()
    near = start
    used = 0
    while near > far and used < spare // 3:
        near -= 1
        used += columns.width(text[near])
    space = re.compile(r"\s").search(text, near, start)
    return space.end() if space else near


def _right(text: str, start: int, room: int) -> int:
    end = start + len(columns.fitting(text[start:], room))
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", start, end + 1)
    return space if space > start + (end - start) * 3 // 4 else end


def _pieces(text: str, spans: Sequence[_Span], start: int, end: int) -> Pieces:
    pieces = [Piece("… ")] if start > 0 else []
    at = start
    for span_start, span_end in spans:
        left, right = max(span_start, start), min(span_end, end)
        if left >= right:
            continue
        pieces += [Piece(clean.text(text[at:left])), Piece(clean.text(text[left:right]), fired=True)]
        at = right
    pieces.append(Piece(clean.text(text[at:end])))
    if end < len(text):
        pieces.append(Piece(" …" if text[end - 1 : end + 1].isspace() or text[end : end + 1].isspace() else "…"))
    return tuple(piece for piece in pieces if piece.text)
