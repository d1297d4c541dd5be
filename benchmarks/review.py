# ruff: noqa: E501
"""How quick the review pages are at 1,000,000 items, 300,000 hits and 50,000 reviews.

Medians of 20 requests over loopback.

    python benchmarks/review.py [--items 1000000] [--dir FOLDER] [--keep]

Builds the database (a few minutes; reused with --keep), serves it in a process of its own and prints each page against
the bare `select 1` page of the same run. The last line is a verdict's p95 while a writer stores 200 items a second and
seven readers read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx

from tracker.model import Feed, Indicator
from tracker.store import codebooks, feeds
from tracker.store.connect import split_cjk
from tracker.store.migrations import open_store

TODAY = date(2026, 2, 3)
NOW = "2026-02-03T06:00:00Z"
DAYS = 730
LOADED_SECONDS = 20.0
WORDS = {
    "en": [
        "the",
        "minister",
        "said",
        "ships",
        "grain",
        "talks",
        "border",
        "treaty",
        "energy",
        "visit",
        "summit",
        "trade",
        "pipeline",
        "missile",
        "council",
    ],
    "ru": [
        "министр",
        "заявил",
        "корабли",
        "зерно",
        "переговоры",
        "граница",
        "договор",
        "энергия",
        "визит",
        "саммит",
        "торговля",
        "совет",
    ],
    "zh": [
        "部长",
        "表示",
        "船只",
        "粮食",
        "会谈",
        "边境",
        "条约",
        "能源",
        "访问",
        "峰会",
        "贸易",
        "管道",
        "导弹",
        "理事会",
    ],
}
RARE = {"en": "estuary", "ru": "лиман", "zh": "河口"}
GROUPS = ("driver", "cooperation", "rhetoric", "barrier", "outcome")


def build(path: Path, items: int) -> None:
    """A database of the given size; hits are three in ten items, every sixth of them judged."""
    connection = open_store(path)
    connection.execute("pragma synchronous = off")
    watched = [
        Feed(f"feed{n}", f"http://127.0.0.1/{n}", publisher=f"Outlet {n}", language=("en", "ru", "zh")[n % 3])
        for n in range(200)
    ]
    feeds.sync_catalogue(connection, watched, NOW)
    indicators = [
        Indicator(
            f"sign-{n}", f"Sign number {n}", GROUPS[n % 5], "toward" if n % 3 else "away", "x", counts="All of it."
        )
        for n in range(48)
    ]
    codebooks.put_in_force(
        connection, digest="b", version="1", title="t", source="s", text="x", indicators=indicators, now=NOW
    )
    chance = random.Random(7)
    for start in range(0, items, 20_000):
        connection.execute("begin")
        _fill(connection, chance, range(start + 1, min(items, start + 20_000) + 1), items)
        connection.commit()
    connection.execute("insert into users (name, role, added_at) values ('analyst', 'analyst', 'then')")
    connection.execute("analyze")
    connection.close()


def _fill(connection: sqlite3.Connection, chance: random.Random, numbers: range, items: int) -> None:
    rows, stories, texts, hits = [], [], [], []
    for number in numbers:
        language = ("en", "ru", "zh")[number % 3]
        day = (TODAY - timedelta(days=DAYS - 1 - number * DAYS // (items + 1))).isoformat()
        glue = "" if language == "zh" else " "
        title = glue.join(chance.choices(WORDS[language], k=9))
        summary = glue.join(chance.choices(WORDS[language], k=30)) + (
            glue + RARE[language] if number % 5000 < 3 else ""
        )
        story = number - number % 3 if number % 10 < 3 else number
        stories.append((number, number, day))
        at = f"{day}T{number % 24:02}:00:00Z"
        rows.append((number, f"feed{number % 200}", f"g{number}", f"https://h/{number}", title, summary, language, at, at,
                     day, f"h{number}", max(1, story)))  # fmt: skip
        texts.append((number, split_cjk(title), split_cjk(summary)))
        if number % 10 < 3:
            word = title[:5]
            evidence = json.dumps([{"field": "title", "start": 0, "end": 5, "text": word, "term": word, "concept": ""}])
            status = ("confirmed", "rejected")[number % 2] if number % 60 < 3 and number % 60 else "new"
            status = "confirmed" if number % 20 == 1 else status
            hits.append((number, f"sign-{chance.randrange(48)}", round(chance.random(), 2), status, day, at, evidence,
                         f"h{number}", max(1, story), number % 10 == 0))  # fmt: skip
    connection.executemany("insert into stories (id, first_item_id, first_day) values (?, ?, ?)", stories)
    connection.executemany(
        """insert into items (id, feed_id, guid, url, title, summary, language, published_at, fetched_at, day,
           content_hash, story_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""", rows)  # fmt: skip
    connection.executemany("insert into items_fts (rowid, title, summary, body) values (?, ?, ?, '')", texts)
    connection.executemany(
        """insert into hits (item_id, indicator_id, codebook_id, score, status, day, found_at, evidence, content_hash,
           story_id, primary_in_story) values (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)""", hits)  # fmt: skip
    judged = connection.execute(
        "select id, status from hits where status != 'new' and item_id between ? and ?", (numbers[0], numbers[-1])
    ).fetchall()
    connection.executemany(
        """insert into reviews (hit_id, verdict, reviewer, at, previous_status, act_id)
           values (?, ?, 'analyst', ?, 'new', (select coalesce(max(id), 0) + 1 from reviews))""",
        [(row["id"], row["status"], NOW) for row in judged],
    )
    connection.execute(
        """update hits set last_review_id = (select max(id) from reviews where hit_id = hits.id)
           where status != 'new' and item_id between ? and ?""", (numbers[0], numbers[-1]))  # fmt: skip


BARE = "bare page (select 1)"
PAGES = {
    BARE: "/tracker.json?sql=select+1",
    "board": "/",
    "queue": "/-/tracker/queue",
    "queue, one indicator": "/-/tracker/queue?indicator=sign-7",
    "queue, one language": "/-/tracker/queue?language=ru",
    "queue, one feed": "/-/tracker/queue?feed=feed17",
    "indicator page": "/-/tracker/indicators/sign-7",
    "hits with two facets": "/tracker/hits",
    "items with language facet": "/tracker/items",
    "search, two words": "/-/tracker/search?q=missile+estuary",
    "search, one common word": "/-/tracker/search?q=minister",
    "search, Chinese, two characters": "/-/tracker/search?q=导弹",
    "history": "/-/tracker/history",
    "JSON of 100 rows": "/tracker/hits.json?_size=100&_nofacet=1&_nocount=1",
}


async def measure(address: str, link: str, path: Path) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=60, follow_redirects=True) as client:
        await client.get(link)
        medians, notes = {}, {}
        for name, page in PAGES.items():
            medians[name] = statistics.median([await _timed(client, page) for _ in range(20)])
            if "facet" in name:
                anew = statistics.median([await _counted_anew(client, page) for _ in range(20)])
                notes[name] = f"   {anew:.1f} ms counted anew"
        medians["next hit after a verdict"] = statistics.median(
            [await _verdict(client, "/-/tracker/queue") for _ in range(20)]
        )
        # Last, for at first the server is still making itself ready.
        medians[BARE] = statistics.median([await _timed(client, PAGES[BARE]) for _ in range(20)])
        for name, median in medians.items():
            print(f"{name:34} {median:8.1f} ms   {median / medians[BARE]:6.1f} x bare{notes.get(name, '')}")
        await _under_load(client, path)


async def _timed(client: httpx.AsyncClient, page: str) -> float:
    began = time.perf_counter()
    answer = await client.get(page)
    taken = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return taken


async def _counted_anew(client: httpx.AsyncClient, page: str) -> float:
    """The page after something was written on the desk, so that none of the counts that it kept hold."""
    board = (await client.get("/")).text
    token = re.search(r'name="csrftoken" value="([^"]*)"', board)
    (
        await client.post("/-/tracker/seen", data={"csrftoken": token[1] if token else "", "until": NOW})
    ).raise_for_status()
    return await _timed(client, page)


async def _verdict(client: httpx.AsyncClient, page: str) -> float:
    """Post a verdict and get the page of the next hit."""
    text = (await client.get(page)).text
    form = text[text.index('class="verdicts"') :]
    fields = dict(re.findall(r'name="(csrftoken|hit|seen)" value="([^"]*)"', form))
    began = time.perf_counter()
    answer = await client.post("/-/tracker/verdict", data={**fields, "verdict": "confirmed"})
    taken = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return taken


async def _under_load(client: httpx.AsyncClient, path: Path) -> None:
    """Verdicts one after another; writer and readers have processes of their own, so as not to slow this one."""
    loop, cookies = asyncio.get_running_loop(), dict(client.cookies)
    with ProcessPoolExecutor(2) as pool:
        writer = loop.run_in_executor(pool, _write_items, path, LOADED_SECONDS)
        readers = loop.run_in_executor(pool, _read_on, str(client.base_url), cookies, LOADED_SECONDS)
        taken = []
        while not writer.done():
            taken.append(await _verdict(client, "/-/tracker/queue"))
        stored, pages = await writer, await readers
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(
        f"{'verdict while items are stored':34} {p95:8.1f} ms p95 of {len(taken)}, median {statistics.median(taken):.0f};"
        f" {stored:.0f} items/s stored, 7 readers got {pages:.0f} pages/s"
    )


def _read_on(address: str, cookies: dict[str, str], seconds: float) -> float:
    """Seven readers who ask for page after page; returns pages per second."""

    async def reader(client: httpx.AsyncClient, number: int) -> int:
        read, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            await _timed(client, list(PAGES.values())[number])
            read += 1
        return read

    async def all_of_them() -> int:
        async with httpx.AsyncClient(base_url=address, cookies=cookies, timeout=60) as client:
            return sum(await asyncio.gather(*(reader(client, number) for number in range(7))))

    return asyncio.run(all_of_them()) / seconds


def _write_items(path: Path, seconds: float) -> float:
    connection = open_store(path)
    began, number = time.monotonic(), connection.execute("select max(id) from items").fetchone()[0]
    first = number
    while time.monotonic() - began < seconds:
        connection.execute("begin immediate")
        for _ in range(20):
            number += 1
            connection.execute(
                """insert into items (id, feed_id, guid, title, fetched_at, day, content_hash)
                   values (?, 'feed1', ?, 'new item of the day', ?, '2026-02-03', ?)""",
                (number, f"g{number}", NOW, f"h{number}"),
            )
            connection.execute(
                "insert into items_fts (rowid, title, summary, body) values (?, 'new item', '', '')", (number,)
            )
        connection.commit()
        time.sleep(max(0.0, (number - first) / 200 - (time.monotonic() - began)))
    return (number - first) / (time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()) / "tracker-review-benchmark")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    path = options.dir / "tracker.db"
    if not path.exists():
        options.dir.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        build(path, options.items)
        print(f"built {options.items:,} items in {time.monotonic() - began:.0f} s")
    clock = options.dir / "clock"
    clock.write_text(NOW)
    server = subprocess.Popen(
        [sys.executable, "-m", "tracker", "--db", str(path), "serve", "--port", "0", "--for-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"TRACKER_CLOCK": str(clock), "PATH": ""},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        where = json.loads(server.stdout.readline())
        print(f"{datetime.now(UTC):%Y-%m-%d} sqlite {sqlite3.sqlite_version}, python {sys.version.split()[0]}")
        asyncio.run(measure(where["url"], where["sign_in"], path))
    finally:
        server.terminate()
        server.wait(20)
        if not options.keep:
            shutil.rmtree(options.dir)


if __name__ == "__main__":
    main()
