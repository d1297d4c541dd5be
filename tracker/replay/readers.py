"""Archives as blocks of items: JSON lines, plain or compressed (.gz, .zst). Bad lines are counted, never fatal."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import zstandard

from tracker.model import ConfigError, Item, Problem
from tracker.pipeline import clean_text

LONGEST_LINE = 20_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines of an archive. ``number`` counts from 0 and is the same at every reading."""

    number: int
    items: tuple[Item, ...]
    bad_lines: tuple[tuple[int, str], ...] = field(default=())
    """(line number, why it cannot be used)."""


def fingerprint(path: Path) -> str:
    """What a replay's ledger knows an archive by: its size and the hash of its first megabyte."""
    with path.open("rb") as file:
        head = hashlib.sha256(file.read(1 << 20)).hexdigest()[:24]
    return f"{head}-{path.stat().st_size}"


def blocks(path: Path, size: int) -> Iterator[Block]:
    """The archive in blocks of ``size`` lines. Raises ConfigError where the file cannot be read as JSON lines."""
    number, found, bad = 0, [], []
    line_number = 0
    try:
        with _open(path) as lines:
            for line_number, line in enumerate(lines, 1):
                item, reason = _read(line)
                if item is not None:
                    found.append(item)
                elif reason:
                    bad.append((line_number, reason))
                if line_number % size == 0:
                    yield Block(number, tuple(found), tuple(bad))
                    number, found, bad = number + 1, [], []
    except (OSError, EOFError, zstandard.ZstdError, UnicodeDecodeError):
        message = "cannot be read on from here; is it whole, and JSON lines (plain, .gz or .zst)?"
        raise ConfigError(Problem(str(path), line_number + 1, 0, message)) from None
    if found or bad:
        yield Block(number, tuple(found), tuple(bad))


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    if path.suffix == ".zst":
        stream = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), closefd=True)
        return io.TextIOWrapper(stream, encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def _read(line: str) -> tuple[Item | None, str]:
    if not line.strip():
        return None, ""
    if len(line) > LONGEST_LINE:
        return None, "the line is longer than 20 million characters"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None, "no JSON"
    if not isinstance(row, dict):
        return None, "no JSON object"
    title, summary = _text(row, "title"), _text(row, "summary")
    if not title and not summary:
        return None, "neither title nor summary"
    item = Item(
        guid=_text(row, "id"),
        url=_text(row, "url"),
        title=title,
        summary=summary,
        body=_text(row, "body"),
        language=_text(row, "language") or _text(row, "lang"),
        published_at=_moment(row.get("date")),
        source=_text(row, "source") or "archive",
    )
    return item, ""


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return clean_text(value) if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _moment(value: Any) -> str | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1900 else None
