from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.pipeline import Pipeline
from tracker.settings import Settings

CODEBOOK = """\
version: "1"
indicators:
  - {id: drills, title: Drills at sea, group: cooperation, direction: toward, query: drill}
"""


def lines(count: int, start: int = 0) -> str:
    """Rows of which every other is about a drill."""
    rows = [
        {
            "id": str(n),
            "title": f"{'Drill' if n % 2 else 'Fair'} number {n} ends in port {n}",
            "source": f"outlet {n % 3}",
            "date": f"2026-02-{1 + n % 28:02}",
        }
        for n in range(start, start + count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a codebook and an empty feed list."""
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    return tmp_path


@pytest.fixture
def pipeline(desk: Path) -> Iterator[Pipeline]:
    settings = Settings(db=desk / "t.db", indicators=desk / "indicators.yaml", feeds=desk / "feeds.yaml")
    opened = Pipeline(settings)
    yield opened
    opened.close()
