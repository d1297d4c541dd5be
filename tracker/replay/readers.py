"""Files of an archive as blocks of rows, read so that memory stays bounded whatever their size."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self

import zstandard

from tracker.model import ConfigError, Problem
from tracker.replay import archives
from tracker.replay.rows import LONGEST_LINE, Row

SAMPLE_ROWS = 100
BATCH_ROWS = 2_000
PACKED_BYTES = 1_024
"""What is unpacked at once: small, since some bytes may unpack to very many."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a file. ``number`` counts from 0 and is the same at every reading."""

    number: int
    first_row: int
    """Number of its first row in the file, from 1; for a table the line of names is not counted."""
    rows: tuple[Row, ...]
    share: float
    """How much of the file is read once this block is, 0 to 1."""


def blocks(path: Path, size: int) -> Iterator[Block]:
    """The file in blocks of ``size`` rows. Raises ConfigError, with the row, where it cannot be read on.

    What stands before that place is given first.
    """
    first_row, faulty = 1, False
    with _Source(path) as source:
        pending = source.rows()
        for number in range(1 << 62):
            rows: list[Row] = []
            try:
                rows.extend(islice(pending, size))
            except (OSError, EOFError, zlib.error, zstandard.ZstdError, UnicodeError, ValueError):
                faulty = True
            if rows:
                yield Block(number, first_row, tuple(rows), source.share())
                first_row += len(rows)
            if faulty:
                message = f"cannot be read on from here; is it whole, and what its name says? {archives.READABLE}"
                raise ConfigError(Problem(str(path), first_row, 0, message))
            if not rows:
                return


def column_names(path: Path) -> list[str]:
    """The names of a file's columns; of JSON lines those of its first rows. Raises ConfigError as ``blocks`` does."""
    if archives.format_of(path) == "parquet":
        with _parquet(path) as file:
            return list(file.schema_arrow.names)
    found: dict[str, None] = {}
    for block in islice(blocks(path, SAMPLE_ROWS), 1):
        for row in block.rows:
            try:
                read = json.loads(row) if isinstance(row, str) else row
            except (ValueError, RecursionError):
                continue
            if isinstance(read, dict):
                found |= dict.fromkeys(read)
    return list(found)


class _Source:
    """An open file of any kind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kind = archives.format_of(path)
        self._size = max(1, path.stat().st_size)
        self._read = 0
        self._raw: IO[bytes] | None = None
        self._text: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for file in (self._text, self._raw):
            if file is not None:
                file.close()

    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        if self._raw is not None:
            return min(1.0, self._raw.tell() / self._size)
        return min(1.0, self._read / self._size)

    def rows(self) -> Iterator[Row]:
        if self._kind == "parquet":
            yield from self._table_rows()
            return
        text = self._text = self._opened()
        if self._kind == "jsonl":
            yield from _lines(text)
        else:
            yield from _csv_rows(text, "\t" if self._kind == "tsv" else "")

    def _opened(self) -> IO[str]:
        self._raw = raw = self._path.open("rb")
        stream: Any = raw
        if self._path.suffix.lower() == ".gz":
            stream = gzip.GzipFile(fileobj=raw)
        elif self._path.suffix.lower() == ".zst":
            stream = io.BufferedReader(_Zstandard(raw), 1 << 18)
        return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")

    def _table_rows(self) -> Iterator[Row]:
        with _parquet(self._path) as file:
            self._size = max(1, file.metadata.num_rows)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield from batch.to_pylist()
                self._read += batch.num_rows


class _Zstandard(io.RawIOBase):
    """Frames of zstandard as one stream. Raises EOFError where the last is not whole, which the library lets pass."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._begun = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            packed = self._frame.unused_data if self._frame.eof else b""
            packed = packed or self._raw.read(PACKED_BYTES)
            if not packed:
                if self._begun and not self._frame.eof:
                    raise EOFError
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._begun = True
            self._ready = memoryview(self._frame.decompress(packed))
        given = min(len(buffer), len(self._ready))
        buffer[:given] = self._ready[:given]
        self._ready = self._ready[given:]
        return given


def _lines(file: IO[str]) -> Iterator[str]:
    """Lines; of one that is too long only so much that it is recognised as such."""
    while line := file.readline(LONGEST_LINE + 2):
        if len(line) > LONGEST_LINE and not line.endswith("\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith("\n"):
                pass
        yield line


def _csv_rows(file: IO[str], delimiter: str) -> Iterator[Row]:
    """Rows under the names of the first line; one that cannot be read is given empty."""
    first = next(_lines(file), "")
    names = next(csv.reader([first], delimiter=delimiter or _likeliest(first)), [])
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(file, delimiter=delimiter or _likeliest(first))
    while True:
        try:
            for cells in reader:
                if cells:
                    yield dict(zip(names, cells, strict=False))
        except csv.Error:
            yield {}
        else:
            return


def _likeliest(names: str) -> str:
    return max(",;\t|", key=names.count)


def _parquet(path: Path) -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        message = "Parquet needs an extra: pip install 'news-indicator-tracker[archives]'"
        raise ConfigError(Problem(str(path), 0, 0, message)) from None
    try:
        return parquet.ParquetFile(path)
    except (OSError, ValueError):
        raise ConfigError(Problem(str(path), 0, 0, "is no Parquet file, or a broken one")) from None
