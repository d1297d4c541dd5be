"""Keeps what a replay finds in the database, through the pipeline that live items go through."""

from __future__ import annotations

from tracker.pipeline import Pipeline
from tracker.replay.engine import Recognised


class Database:
    """A sink. Use it from one thread."""

    needs_all = False

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def done(self, archive: str) -> set[int]:
        return self._pipeline.archive_blocks_done(archive)

    def keep(self, archive: str, block: Recognised) -> tuple[int, int]:
        return self._pipeline.store_archive_block(
            archive, block.number, block.items, block.matches, bad_lines=len(block.bad_rows)
        )

    def pass_over(self, archive: str, block: Recognised) -> None:
        raise AssertionError
