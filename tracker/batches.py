"""Results of checks, gathered into write transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from tracker.model import CheckResult

CHECKS_PER_BATCH, ITEMS_PER_BATCH = 50, 150
"""Bounds of one write transaction, so that reviewers' verdicts wait for fractions of a second at most."""


async def batches(results: AsyncIterator[CheckResult]) -> AsyncGenerator[list[CheckResult], None]:
    """Whatever came in while the last batch was being stored: many checks a transaction when busy, one when idle."""
    came: asyncio.Queue[CheckResult | None] = asyncio.Queue()
    room = asyncio.Semaphore(CHECKS_PER_BATCH)

    async def take() -> None:
        try:
            async for result in results:
                await room.acquire()
                came.put_nowait(result)
        finally:
            came.put_nowait(None)

    taking = asyncio.create_task(take())
    try:
        more = True
        while more:
            batch: list[CheckResult] = []
            while more and (not batch or not came.empty()) and sum(len(r.items) for r in batch) < ITEMS_PER_BATCH:
                result = await came.get()
                if result is None:
                    more = False
                else:
                    room.release()
                    batch.append(result)
            if batch:
                yield batch
        await taking
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
