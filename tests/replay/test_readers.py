from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tests.replay.conftest import lines
from tracker.model import ConfigError, Item
from tracker.replay import archives, columns, readers, rows


def items(path: Path, told: dict[str, str] | None = None, size: int = 3) -> list[Item]:
    chosen = columns.choose(readers.column_names(path), told or {})
    read = [rows.read(row, chosen) for block in readers.blocks(path, size) for row in block.rows]
    return [item for item, _ in read if item is not None]


def test_every_kind_of_file_reads_alike(tmp_path: Path) -> None:
    text = lines(10)
    found = [json.loads(line) for line in text.splitlines()]
    table = "\r\n".join([";".join(found[0]), *(";".join(map(str, row.values())) for row in found)])
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "c.ndjson.zst").write_bytes(
        zstandard.compress(text[:200].encode()) + zstandard.compress(text[200:].encode())
    )
    (tmp_path / "d.csv").write_text(table)
    (tmp_path / "e.tsv.gz").write_bytes(gzip.compress(table.replace(";", "\t").encode()))
    parquet.write_table(pa.Table.from_pylist(found), tmp_path / "f.parquet")
    files = archives.files([str(tmp_path)])
    assert [path.name for path in files] == ["a.jsonl", "b.jsonl.gz", "c.ndjson.zst", "d.csv", "e.tsv.gz", "f.parquet"]
    first, *others = map(items, files)
    assert len(first) == 10
    assert first[1].published_at == "2026-02-02T00:00:00Z"
    assert others == [first] * 5


def test_columns_are_guessed_or_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Headline,Plain Text,Outlet,Moment\nDrills end,They went home,Post,1770000000\n")
    (guessed,) = items(path)
    assert (guessed.title, guessed.body, guessed.source, guessed.published_at) == (
        "Drills end",
        "They went home",
        "Post",
        None,
    )
    (told,) = items(path, {"summary": "Plain Text", "date": "Moment"})
    assert (told.summary, told.body, told.published_at) == ("They went home", "", "2026-02-02T02:40:00Z")
    with pytest.raises(ValueError, match="there is no column 'Nothing'; there are: Headline"):
        items(path, {"title": "Nothing"})


@pytest.mark.parametrize("flag", ["title", "=x", "title=", "colour=red"])
def test_a_flag_that_names_no_column_is_refused(flag: str) -> None:
    with pytest.raises(ValueError, match="say FIELD=COLUMN"):
        columns.parse([flag])


def test_bad_rows_are_named_and_the_rest_is_read() -> None:
    chosen = columns.choose(["id", "title", "date"], {})
    reasons = [rows.read(row, chosen)[1] for row in ('{"id": 1}', "not json", "[1]", "", "[" * 100_000)]
    assert reasons == ["no text: title, summary and body are empty", "no JSON", "no JSON object", "", "no JSON"]
    item, reason = rows.read('{"title": "A drill", "date": "once upon a time"}', chosen)
    assert (item is not None and item.title, item and item.published_at, reason) == ("A drill", None, "")


def test_a_line_without_end_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LONGEST_LINE", 1000)
    monkeypatch.setattr(rows, "LONGEST_LINE", 1000)
    path = tmp_path / "a.jsonl"
    path.write_text("x" * 100_000 + "\n" + lines(1))
    (block,) = readers.blocks(path, 10)
    assert [len(str(row)) < 1100 for row in block.rows] == [True, True]
    chosen = columns.choose(["title"], {})
    assert [rows.read(row, chosen)[1] for row in block.rows] == ["the line is longer than 20 million characters", ""]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.csv.gz"])
def test_of_a_truncated_file_all_before_the_break_is_given(tmp_path: Path, name: str) -> None:
    whole = "title\n" * name.startswith("a.csv") + lines(9000)
    packed = gzip.compress(whole.encode()) if name.endswith("gz") else zstandard.compress(whole.encode())
    (tmp_path / name).write_bytes(packed[:-5000])
    pending, read = readers.blocks(tmp_path / name, 1000), 0

    def read_all() -> None:
        nonlocal read
        for block in pending:
            assert block.first_row == read + 1
            read += len(block.rows)

    with pytest.raises(ConfigError) as broken:
        read_all()
    assert broken.value.problems[0].line == read + 1
    assert read > 1000 or name.endswith("zst")


def test_names_that_lead_nowhere_are_refused_together(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ConfigError) as refused:
        archives.files([str(tmp_path / "a.txt"), str(tmp_path / "b*.jsonl"), str(tmp_path)])
    assert len(refused.value.problems) == 3


def test_patterns_and_folders_name_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.jsonl", "a.jsonl", "deep/c.csv"):
        (tmp_path / name).write_text(lines(1))
    found = archives.files([str(tmp_path / "*.jsonl"), str(tmp_path)])
    assert [path.name for path in found] == ["a.jsonl", "b.jsonl", "c.csv"]


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 but no table")
    with pytest.raises(ConfigError, match="no Parquet file, or a broken one"):
        list(readers.blocks(tmp_path / "a.parquet", 10))


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-02-03", "2026-02-03T00:00:00Z"),
        ("2026-02-03T04:05:06+03:00", "2026-02-03T01:05:06Z"),
        ("20260203", "2026-02-03T00:00:00Z"),
        ("20260203040506", "2026-02-03T04:05:06Z"),
        ("Tue, 03 Feb 2026 04:05:06 +0000", "2026-02-03T04:05:06Z"),
        (1770091506, "2026-02-03T04:05:06Z"),
        ("1770091506000", "2026-02-03T04:05:06Z"),
        ("0001-01-01", None), ("", None), (None, None), (True, None), (1e300, None), ("nan", None), ({}, None),
    ],
)  # fmt: skip
def test_dates_as_archives_write_them(value: object, moment: str | None) -> None:
    assert rows.moment(value) == moment


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.binary(max_size=5), st.lists(st.integers())))
def test_no_date_breaks_a_replay(value: object) -> None:
    found = rows.moment(value)
    assert found is None or (len(found) == 20 and found.endswith("Z"))


@given(st.text(max_size=200))
def test_no_line_breaks_a_replay(line: str) -> None:
    item, reason = rows.read(line, columns.choose(["title"], {}))
    assert (item is None) or reason == ""
