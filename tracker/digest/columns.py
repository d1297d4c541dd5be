"""Text in columns, as a mail reader with a fixed-width font shows it: wide CJK characters take two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

COLUMNS = 72
_NOT_AT_START = "，。、；：！？）》」』】〕”’…·,.;:!?)]}»%"
_NOT_AT_END = "（《「『【〔“‘([{«"
_ATOM = re.compile(
    r"\s+|[^\s\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\uffef\U00020000-\U0003ffff]+|."
)


def width(text: str) -> int:
    """Columns that ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def fitting(text: str, room: int) -> str:
    """The longest beginning of ``text`` that takes at most ``room`` columns."""
    used = 0
    for position, character in enumerate(text):
        used += _width(character)
        if used > room:
            return text[:position]
    return text


@lru_cache(maxsize=4096)
def wrap(text: str, indent: str = "", first: str | None = None, room: int = COLUMNS) -> tuple[str, ...]:
    """Lines of at most ``room`` columns. ``first`` takes the place of ``indent`` on the first line.

    Breaks at spaces and between CJK characters, with no closing punctuation at the start of a line; a longer word (an
    address) is left whole on a line of its own. Remembered, for many readers get the same stories.
    """
    lines: list[str] = []
    current = indent if first is None else first
    used = width(current)
    empty = True
    for stretch in _unbroken(text):
        if not empty and used + width(stretch.rstrip()) > room:
            lines.append(current.rstrip())
            current, used, empty = indent, width(indent), True
        added = stretch.lstrip() if empty else stretch
        current += added
        used += width(added)
        empty = empty and not added
    if not empty or not lines:
        lines.append(current.rstrip())
    return tuple(lines)


def _unbroken(text: str) -> Iterator[str]:
    """Stretches between which a line may end; a stretch keeps the space before it."""
    held = ""
    for atom in _ATOM.findall(text):
        if held and (atom.isspace() or not (held.isspace() or atom[0] in _NOT_AT_START or held[-1] in _NOT_AT_END)):
            yield held
            held = atom
        else:
            held += atom
    if held:
        yield held


@lru_cache(maxsize=8192)
def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
