"""What runs in a worker, on this machine or another: rows of a block -> the hits in them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from tracker.indicators import codebook, matcher
from tracker.model import Item, Match
from tracker.replay import rows
from tracker.replay.columns import Columns

log = structlog.get_logger("tracker.replay")

_matchers: dict[str, matcher.Matcher] = {}


@dataclass(frozen=True, slots=True)
class Task:
    """A block of rows, how to read them, and the digest of the codebook to match them with."""

    digest: str
    rows: tuple[rows.Row, ...]
    columns: Columns
    latest: str


@dataclass(frozen=True, slots=True)
class Found:
    """For the rows that hit, by their place in the block, what was recognised. All other rows hit nothing."""

    matches: tuple[tuple[int, tuple[Match, ...]], ...]


def install(text: str) -> None:
    """Compile a codebook in this process, once; tasks name it by its digest. ``text`` is the codebook's file."""
    digest = codebook.digest_of(text)
    if digest in _matchers:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "indicators.yaml"
        path.write_text(text, encoding="utf-8")
        _matchers[digest] = matcher.compile_codebook(codebook.load(path))


def recognise(task: Task) -> Found:
    """The hits of a block. ``install`` must have run in this process before."""
    match = _matchers[task.digest].match
    found = []
    for at, row in enumerate(task.rows):
        item, _ = rows.read(row, task.columns, task.latest)
        if item is not None and (matches := _matches(match, item)):
            found.append((at, matches))
    return Found(tuple(found))


def _matches(match: Callable[[Item], tuple[Match, ...]], item: Item) -> tuple[Match, ...]:
    try:
        return match(item)
    except Exception:
        log.exception("matching failed; the item is kept without hits", source=item.source, guid=item.guid[:200])
        return ()
