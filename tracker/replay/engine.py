"""Sends an archive through the pipeline, block by block; a block is stored whole, with its line in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracker.pipeline import Pipeline
from tracker.replay import readers

BLOCK_LINES = 2_000


@dataclass(slots=True)
class Progress:
    """How far a replay has come. ``items`` and ``hits`` count what was new."""

    lines: int = 0
    items: int = 0
    hits: int = 0
    bad_lines: int = 0
    blocks_skipped: int = 0


def replay(pipeline: Pipeline, path: Path, on_block: Callable[[Progress], None] | None = None) -> Progress:
    """Store an archive's items with their hits. Killed and started again, it goes on after the last stored block."""
    progress = Progress()
    archive = readers.fingerprint(path)
    done = pipeline.archive_blocks_done(archive)
    for block in readers.blocks(path, BLOCK_LINES):
        if block.number in done:
            progress.blocks_skipped += 1
        else:
            items_new, hits_new = pipeline.store_archive_block(archive, block.number, block.items, len(block.bad_lines))
            progress.items += items_new
            progress.hits += hits_new
        progress.lines += len(block.items) + len(block.bad_lines)
        progress.bad_lines += len(block.bad_lines)
        if on_block is not None:
            on_block(progress)
    return progress
