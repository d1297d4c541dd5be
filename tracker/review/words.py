"""What every table and column means: ``tables.toml`` beside this file, read once."""

from __future__ import annotations

import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("tables.toml")


def _read() -> dict[str, tuple[str, dict[str, str]]]:
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: (table["about"], table["columns"]) for name, table in tables.items()}


TABLES = _read()
"""By table: what it holds, and what each of its columns means."""
