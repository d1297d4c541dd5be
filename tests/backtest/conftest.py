from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.pipeline import Pipeline
from tracker.replay import engine, workers
from tracker.replay.database import Database
from tracker.settings import Settings
from tracker.store.connect import connect

CODEBOOK = """\
version: "1"
inflect: false
lexicon:
  sea: {en: [sea, ocean]}
  calm: {en: [calm]}
indicators:
  - {id: drills, title: Drills, group: cooperation, direction: toward, query: drill}
  - {id: fairs, title: Fairs, group: cooperation, direction: toward, query: fair AND @sea}
  - {id: storms, title: Storms, group: barrier, direction: away, query: storm}
"""
EDITED = CODEBOOK.replace("query: drill}", "query: drill AND @sea}").replace("query: storm}", "query: storm OR wind}")
WORDS = ("Drill by the sea", "Drill in the hills", "Fair at the ocean", "Wind and rain", "Storm over land")


def rows() -> list[dict[str, str]]:
    return [
        {
            "id": str(n),
            "title": f"{WORDS[n % 5]}: report {n * 7919} from place {n * 104729}",
            "source": "outlet",
            "date": f"2026-01-{1 + n % 28:02}",
        }
        for n in range(100)
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder with a codebook in force and 100 items stored under it."""
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    (tmp_path / "archive.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows()))
    made = Settings(db=tmp_path / "t.db", indicators=tmp_path / "indicators.yaml", feeds=tmp_path / "feeds.yaml")
    pipeline = Pipeline(made)
    book = pipeline.in_force.codebook
    replay = engine.Replay(Database(pipeline), workers.ThisProcess(book.text), book.digest)
    replay.run(engine.describe(tmp_path / "archive.jsonl", {}))
    pipeline.close()
    return made


@pytest.fixture
def db(settings: Settings) -> Iterator[sqlite3.Connection]:
    connection = connect(settings.db)
    yield connection
    connection.close()
