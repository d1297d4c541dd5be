"""Reading documents in processes that can be killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feeds.conftest import NOW
from tests.feeds.server import RSS
from tracker.feeds.document import NotAFeed
from tracker.feeds.parse import parse
from tracker.feeds.parsing import ParserPool

URL = "http://feed.example/rss.xml"
SLOW = RSS.replace(b"<guid>h1</guid>", b"<author>" + b"a" * 80_000 + b"</author>").replace(
    b"<rss", b"<!DOCTYPE rss><rss"
)
"""Its document type leaves it to feedparser, which takes a minute and more over the author."""
NESTED = RSS.replace(b"<guid>h1</guid>", b"<a>" * 50_000 + b"</a>" * 50_000)


@pytest.fixture
def pool() -> Iterator[ParserPool]:
    with ParserPool(time_limit=20, workers=2) as found:
        yield found


def children() -> set[int]:
    """Processes whose parent we are, zombies included."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == os.getpid():
            found.add(int(status.parent.name))
    return found


async def test_it_reads_as_the_parser_does(pool: ParserPool) -> None:
    assert await pool.parse(RSS, "", URL, NOW) == parse(RSS, "", URL, NOW)
    with pytest.raises(NotAFeed, match="plain text"):
        await pool.parse(b"just words", "", URL, NOW)


async def test_processes_stay_warm_and_none_is_left_behind() -> None:
    before = children()
    with ParserPool(workers=2) as pool:
        for _ in range(2):
            await asyncio.gather(*(pool.parse(RSS, "", URL, NOW) for _ in range(20)))
        warm = children() - before
        assert len(warm) == 2
        await asyncio.gather(*(pool.parse(RSS, "", URL, NOW) for _ in range(20)))
        assert children() - before == warm
    assert children() == before


async def test_a_document_that_takes_too_long_costs_its_time_and_no_other(pool: ParserPool) -> None:
    await pool.parse(RSS, "", URL, NOW)
    with ParserPool(time_limit=1, workers=2) as impatient:
        await impatient.parse(RSS, "", URL, NOW)
        started = time.monotonic()
        slow = asyncio.create_task(impatient.parse(SLOW, "", URL, NOW))
        assert len((await impatient.parse(RSS, "", URL, NOW)).items) == 2
        with pytest.raises(NotAFeed, match="takes more than 1 s to read"):
            await slow
        assert time.monotonic() - started < 8
        assert len((await impatient.parse(RSS, "", URL, NOW)).items) == 2


async def test_deep_nesting_is_survived(pool: ParserPool) -> None:
    assert len((await pool.parse(NESTED, "", URL, NOW)).items) == 2


async def test_a_cancelled_reading_leaves_no_answer_for_the_next(pool: ParserPool) -> None:
    reading = asyncio.create_task(pool.parse(SLOW, "", URL, NOW))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert [item.guid for item in (await pool.parse(RSS, "", URL, NOW)).items] == ["h1", "h2"]


async def test_a_process_that_dies_is_replaced(pool: ParserPool) -> None:
    before = children()
    await pool.parse(RSS, "", URL, NOW)
    (worker,) = children() - before
    os.kill(worker, 9)
    with pytest.raises(NotAFeed, match="made its reader fail"):
        await pool.parse(RSS, "", URL, NOW)
    assert len((await pool.parse(RSS, "", URL, NOW)).items) == 2


def test_workers_end_with_a_parent_that_is_killed() -> None:
    script = (
        "import asyncio, os, datetime\n"
        "from tests.feeds.test_parsing import RSS, URL, children\n"
        "from tracker.feeds.parsing import ParserPool\n"
        "pool = ParserPool()\n"
        "asyncio.run(pool.parse(RSS, '', URL, datetime.datetime.now(datetime.UTC)))\n"
        "print(*children(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    (worker,) = map(int, parent.stdout.split())
    patience = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists() and "Z" not in Path(f"/proc/{worker}/stat").read_text().split()[2]:
        assert time.monotonic() < patience, "the worker outlives its parent"
        time.sleep(0.05)


async def test_secrets_of_the_environment_do_not_reach_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_SMTP_PASSWORD", "hush")
    before = children()
    with ParserPool(workers=1) as pool:
        await pool.parse(RSS, "", URL, NOW)
        (worker,) = children() - before
        environment = await asyncio.to_thread(Path(f"/proc/{worker}/environ").read_bytes)
        assert b"TRACKER_" not in environment
