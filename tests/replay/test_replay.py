from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from tracker.model import ConfigError
from tracker.pipeline import Pipeline
from tracker.replay import engine, readers
from tracker.settings import Settings

CODEBOOK = """\
version: "1"
indicators:
  - {id: drills, title: Drills at sea, group: cooperation, direction: toward, query: drill}
"""


def lines(count: int) -> str:
    rows = [
        {"id": str(n), "title": f"Drill number {n} ends in port {n}", "source": f"outlet {n % 3}", "date": "2026-02-03"}
        for n in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    settings = Settings(db=tmp_path / "t.db", indicators=tmp_path / "indicators.yaml", feeds=tmp_path / "feeds.yaml")
    opened = Pipeline(settings)
    yield opened
    opened.close()


def test_plain_and_compressed_archives_read_alike(tmp_path: Path) -> None:
    text = lines(5).encode()
    (tmp_path / "a.jsonl").write_bytes(text)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text))
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(text))
    read = [[b.items for b in readers.blocks(tmp_path / name, 2)] for name in ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst")]
    assert read[0] == read[1] == read[2]
    assert [len(block) for block in read[0]] == [2, 2, 1]


def test_bad_lines_are_counted_and_named(tmp_path: Path) -> None:
    bad = '{"id": 1}\nnot json\n[1]\n\n' + "[" * 100_000 + '\n{"title": "A drill", "date": "once upon a time"}\n'
    (tmp_path / "a.jsonl").write_text(bad)
    (block,) = readers.blocks(tmp_path / "a.jsonl", 100)
    assert [number for number, _ in block.bad_lines] == [1, 2, 3, 5]
    assert [(item.title, item.published_at) for item in block.items] == [("A drill", None)]


def test_a_truncated_archive_says_where(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines(9000).encode())[:-5000])
    with pytest.raises(ConfigError, match=r"a\.jsonl\.gz:\d+: cannot be read on from here"):
        list(readers.blocks(tmp_path / "a.jsonl.gz", 1000))


def test_a_replay_stopped_half_way_neither_repeats_nor_skips(tmp_path: Path, pipeline: Pipeline) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text(lines(5000))

    def stop_after_the_first(progress: engine.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.replay(pipeline, archive, stop_after_the_first)
    done = engine.replay(pipeline, archive)
    assert (done.items, done.hits, done.blocks_skipped) == (3000, 3000, 1)
    count, distinct = pipeline.connection.execute("select count(*), count(distinct guid) from items").fetchone()
    assert (count, distinct) == (5000, 5000)
    feeds = pipeline.connection.execute(
        "select distinct kind, status, publisher from feeds order by publisher"
    ).fetchall()
    assert [tuple(f) for f in feeds] == [("archive", "paused", f"outlet {n}") for n in range(3)]


def test_a_block_that_fails_leaves_nothing(tmp_path: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text(lines(10))
    with monkeypatch.context() as patch:
        patch.setattr(type(pipeline), "match", lambda self, item: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            engine.replay(pipeline, archive)
    assert pipeline.connection.execute("select count(*) from items").fetchone()[0] == 0
    assert engine.replay(pipeline, archive).items == 10
