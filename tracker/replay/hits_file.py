"""Keeps the hits of archives too large for a database in a Parquet file, with the series they make in a CSV beside it.

While it grows, each block is a file of its own in a folder next to it, written whole or not at all: that folder is the
ledger from which a killed replay goes on. Stories are found again on the way, since a later block may join them.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from tracker.model import ConfigError, Item, Match, Problem
from tracker.replay.engine import Recognised
from tracker.stories.group import StoryIndex

PAIRS_KEPT = 500_000
"""(story, indicator) pairs remembered, so that only the first item of a story counts for an indicator."""
SERIES = ("day", "indicator", "hits", "stories")
ALL_ITEMS = ""
"""Stands in the series for all items and stories of a day, hit or not: what shares are shares of."""


class HitsFile:
    """A sink. Nothing is at ``path`` before all is done. Raises ConfigError where pyarrow is missing."""

    needs_all = True

    def __init__(self, path: Path, codebook_digest: str, now: str) -> None:
        """``now``: the day of items that bear no date, for the grouping into stories; they are in no series."""
        self.path = path
        self.series_path = path.with_suffix(".series.csv")
        self._parts = path.with_name(path.name + ".parts")
        self._today = now[:10]
        self._index = StoryIndex(lambda first, last: ())
        self._stories = 0
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._seen: OrderedDict[tuple[int, str], None] = OrderedDict()
        self._files: list[Path] = []
        self._schema = _schema(path)
        self._claim(codebook_digest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._finish()

    def done(self, archive: str) -> set[int]:
        return {int(file.stem.rpartition("-")[2]) for file in self._parts.glob(f"{archive}-*.parquet")}

    def keep(self, archive: str, block: Recognised) -> tuple[int, int]:
        rows = []
        for at, (item, story) in enumerate(zip(block.items, self._group(block.items), strict=True)):
            rows += [
                _row(item, story, match, self._is_first(story, match.indicator)) for match in block.matches.get(at, ())
            ]
        self._count(rows)
        self._write(self._part(archive, block.number), rows)
        return len(block.items), len(rows)

    def pass_over(self, archive: str, block: Recognised) -> None:
        from pyarrow import parquet

        self._group(block.items)
        rows = parquet.read_table(self._part(archive, block.number)).to_pylist()
        for row in rows:
            self._is_first(row["story"], row["indicator"])
        self._count(rows)
        self._files.append(self._part(archive, block.number))

    def _claim(self, codebook_digest: str) -> None:
        plan = self._parts / "plan.json"
        if self.path.exists():
            message = "is there already; remove it or name another file"
            raise ConfigError(Problem(str(self.path), 0, 0, message))
        told = {"codebook": codebook_digest, "today": self._today}
        if plan.exists():
            begun = json.loads(plan.read_text())
            if begun.get("codebook") != codebook_digest:
                message = "belongs to a replay with another codebook; remove this folder to begin anew"
                raise ConfigError(Problem(str(self._parts), 0, 0, message))
            self._today = begun["today"]
            return
        try:
            self._parts.mkdir(exist_ok=True)
            plan.write_text(json.dumps(told))
        except OSError:
            raise ConfigError(Problem(str(self._parts), 0, 0, "cannot be written there")) from None

    def _part(self, archive: str, number: int) -> Path:
        return self._parts / f"{archive}-{number:08}.parquet"

    def _group(self, items: Sequence[Item]) -> list[int]:
        stories = []

        def settle(position: int, story: int | None) -> int:
            if story is None:
                self._stories += 1
                story = self._stories
                self._counts[_day(items[position]), ALL_ITEMS, "stories"] += 1
            stories.append(story)
            return story

        for item in items:
            self._counts[_day(item), ALL_ITEMS, "hits"] += 1
        tellings = [(f"{item.title}\n{item.summary}", _day(item) or self._today, item.source) for item in items]
        self._index.place(tellings, settle)
        return stories

    def _is_first(self, story: int, indicator: str) -> bool:
        known = (story, indicator) in self._seen
        self._seen[story, indicator] = None
        self._seen.move_to_end((story, indicator))
        if len(self._seen) > PAIRS_KEPT:
            self._seen.popitem(last=False)
        return not known

    def _count(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._counts[row["day"], row["indicator"], "hits"] += 1
            self._counts[row["day"], row["indicator"], "stories"] += row["primary"]

    def _write(self, part: Path, rows: list[dict[str, Any]]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        draft = part.with_suffix(".draft")
        parquet.write_table(pa.Table.from_pylist(rows, self._schema), draft)
        os.replace(draft, part)
        self._files.append(part)

    def _finish(self) -> None:
        from pyarrow import parquet

        draft = self.path.with_name(self.path.name + ".draft")
        with parquet.ParquetWriter(draft, self._schema) as whole:
            for part in self._files:
                whole.write_table(parquet.read_table(part))
        self._write_series()
        os.replace(draft, self.path)
        shutil.rmtree(self._parts)

    def _write_series(self) -> None:
        draft = self.series_path.with_name(self.series_path.name + ".draft")
        with draft.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(SERIES)
            for day, indicator in sorted({(day, indicator) for day, indicator, _ in self._counts if day}):
                counts = (self._counts[day, indicator, what] for what in ("hits", "stories"))
                rows.writerow((day, indicator or "(all items)", *counts))
        os.replace(draft, self.series_path)


def _day(item: Item) -> str:
    return (item.published_at or "")[:10]


def _row(item: Item, story: int, match: Match, primary: bool) -> dict[str, Any]:
    return {
        "item": item.guid,
        "source": item.source,
        "language": item.language,
        "day": _day(item),
        "published_at": item.published_at or "",
        "url": item.url,
        "title": item.title,
        "indicator": match.indicator,
        "score": match.score,
        "evidence": [asdict(evidence) for evidence in match.evidence],
        "story": story,
        "primary": primary,
    }


def _schema(path: Path) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        message = "Parquet needs an extra: pip install 'news-indicator-tracker[archives]'"
        raise ConfigError(Problem(str(path), 0, 0, message)) from None
    texts = ("item", "source", "language", "day", "published_at", "url", "title", "indicator")
    evidence = pa.struct(
        [("field", pa.string()), ("start", pa.int32()), ("end", pa.int32())]
        + [(name, pa.string()) for name in ("text", "term", "concept")]
    )
    return pa.schema(
        [(name, pa.string()) for name in texts]
        + [("score", pa.float64()), ("evidence", pa.list_(evidence)), ("story", pa.int64()), ("primary", pa.bool_())]
    )
