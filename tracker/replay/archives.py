"""Which files make up an archive, and what a ledger knows each of them by."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tracker.model import ConfigError, Problem

FORMATS = ("jsonl", "ndjson", "json", "csv", "tsv", "parquet")
COMPRESSED = ("gz", "zst")
READABLE = "JSON lines (.jsonl, .ndjson), .csv, .tsv, each also .gz or .zst, and .parquet"


def format_of(path: Path) -> str:
    """jsonl, csv, tsv or parquet by the file's name; "" where it is none of them."""
    endings = [ending.lower().removeprefix(".") for ending in path.suffixes]
    if endings and endings[-1] in COMPRESSED:
        endings.pop()
        if endings and endings[-1] == "parquet":
            return ""
    ending = endings[-1] if endings else ""
    return "jsonl" if ending in ("ndjson", "json") else ending if ending in FORMATS else ""


def files(names: Iterable[str]) -> list[Path]:
    """The files that paths, folders and patterns name: folders with all below, in order of their names, each once.

    Raises ConfigError where a name leads to nothing that can be read.
    """
    found: dict[Path, None] = {}
    problems: list[Problem] = []
    for name in names:
        of_name = _files_of(name)
        if not of_name:
            problems.append(Problem(name, 0, 0, f"no archive is there; {READABLE} can be read"))
        found |= dict.fromkeys(of_name)
    if problems:
        raise ConfigError(*problems)
    return list(found)


def _files_of(name: str) -> Sequence[Path]:
    path = Path(name)
    if path.is_file():
        return [path] if format_of(path) else []
    if path.is_dir():
        return sorted(below for below in path.rglob("*") if below.is_file() and format_of(below))
    matched = map(Path, glob.glob(name, recursive=True))
    return sorted(path for path in matched if path.is_file() and format_of(path))


def fingerprint(path: Path, reading: str) -> str:
    """What a ledger knows a file by: its size, the hash of its first megabyte, and how it is read.

    ``reading`` tells what else decides which item stands in which block, such as block size and columns.
    """
    with path.open("rb") as file:
        hashed = hashlib.sha256(file.read(1 << 20))
    hashed.update(b"\0" + reading.encode())
    return f"{hashed.hexdigest()[:24]}-{path.stat().st_size}"
