"""A codebook with one query written anew, to see what an edit would change before any file is touched."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tracker.indicators import codebook, query
from tracker.indicators.codebook import Codebook
from tracker.indicators.query import QueryError
from tracker.model import ConfigError, Problem

LONGEST_QUERY = 20_000


def with_query(book: Codebook, indicator: str, text: str) -> Codebook:
    """The codebook with ``text`` as the query of ``indicator``, checked as if it stood in the file.

    Raises ConfigError: with line and column inside ``text`` where the query itself is faulty.
    """
    place = f"query of {indicator}"
    if len(text) > LONGEST_QUERY:
        raise ConfigError(Problem(place, 0, 0, f"is longer than {LONGEST_QUERY:,} characters"))
    try:
        query.parse(text)
    except QueryError as error:
        before = text[: error.offset]
        line, column = before.count("\n") + 1, error.offset - (before.rfind("\n") + 1) + 1
        raise ConfigError(Problem(place, line, column, error.message)) from None
    written = replaced(book.text, indicator, text)
    if written is None:
        raise ConfigError(Problem(place, 0, 0, "there is no such indicator in the codebook"))
    try:
        return read_text(written)
    except ConfigError as error:
        raise ConfigError(*(Problem(place, 0, 0, problem.message) for problem in error.problems)) from None


def replaced(file: str, indicator: str, text: str) -> str | None:
    """The text of a codebook's file with another query; comments and all else stay. None without that indicator."""
    node: Any = yaml.compose(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for one in next(below for key, below in node.value if key.value == "indicators").value:
        found = {key.value: below for key, below in one.value}
        if found["id"].value == indicator:
            start, end = found["query"].start_mark.index, found["query"].end_mark.index
            old = file[start:end]
            return file[:start] + json.dumps(text, ensure_ascii=False) + old[len(old.rstrip()) :] + file[end:]
    return None


def read_text(text: str) -> Codebook:
    """A codebook from its text. Raises ConfigError where it is faulty."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "indicators.yaml"
        path.write_text(text, encoding="utf-8")
        return codebook.load(path)
