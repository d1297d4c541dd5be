"""The whole path on real news: the wire's 208 feeds through February 2026, swept every six virtual hours.

    python -m benchmarks.whole_path [--days 28] [--db FILE]

Prints feeds, sweeps, items, hits per indicator and seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.newswire import ROOT, Wire, running
from tracker import clock as clocks
from tracker.feeds import editing
from tracker.pipeline import Pipeline, polling_tools
from tracker.settings import Settings

START = datetime(2026, 2, 1, tzinfo=UTC)
STEP = timedelta(hours=6)


@dataclass(slots=True)
class Totals:
    """What a run came to."""

    feeds: int = 0
    sweeps: int = 0
    checks: int = 0
    not_modified: int = 0
    failed: int = 0
    items: int = 0
    hits: int = 0
    seconds: float = 0.0


def settings_for(folder: Path, wire: Wire) -> Settings:
    """Settings of a tracker whose files lie in ``folder``, fed by the wire and following its clock."""
    return Settings(
        db=folder / "tracker.db",
        indicators=ROOT / "indicators.yaml",
        feeds=folder / "feeds.yaml",
        allow_networks=(ipaddress.ip_network("127.0.0.0/8"),),
        host_interval=0.0,
        clock=wire.clock,
    )


@contextmanager
def imported(folder: Path, wire: Wire) -> Iterator[Settings]:
    """A fresh folder whose feed list is the wire's OPML."""
    settings = settings_for(folder, wire)
    opml = folder / "wire.opml"
    opml.write_bytes(wire.read("/opml"))
    settings.feeds.write_text("feeds: []\n", encoding="utf-8")
    editing.import_opml(settings.feeds, opml)
    yield settings


async def month(settings: Settings, wire: Wire, days: float) -> Totals:
    """Move the wire's clock through ``days`` of February 2026 and sweep what is due after each move."""
    totals, started = Totals(), time.monotonic()
    pipeline = Pipeline(settings, clocks.open_clock(settings.clock))
    try:
        totals.feeds = len(pipeline.in_force.feeds)
        async with polling_tools(settings) as tools:
            now = START
            while now <= START + timedelta(days=days):
                wire.move(now)
                await asyncio.sleep(clocks.LOOK_AGAIN_AFTER)
                summary = await pipeline.poll(pipeline.due(), tools=tools)
                totals.sweeps += 1
                totals.checks += summary.feeds
                totals.not_modified += summary.not_modified
                totals.failed += summary.failed
                totals.items += summary.items_new
                totals.hits += summary.hits_new
                now += STEP
    finally:
        pipeline.close()
    totals.seconds = time.monotonic() - started
    return totals


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--days", type=float, default=28)
    options.add_argument("--db", type=Path, help="keep the database here")
    chosen = options.parse_args()
    with ExitStack() as stack:
        folder = chosen.db.parent if chosen.db else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wire = stack.enter_context(running("2026-02-01", "--speed", "0"))
        settings = stack.enter_context(imported(folder, wire))
        totals = asyncio.run(month(settings, wire, chosen.days))
        connection = sqlite3.connect(settings.db)
        print(
            f"{totals.feeds} feeds, {totals.sweeps} sweeps, {totals.checks} checks ({totals.not_modified} not "
            f"modified, {totals.failed} failed), {totals.items} items, {totals.hits} hits, {totals.seconds:.1f} s"
        )
        for row in connection.execute(
            "select indicator_id, count(*), sum(primary_in_story) from hits group by 1 order by 2 desc"
        ):
            print(f"{row[0]:36}{row[1]:6} hits {row[2]:6} stories")
        connection.close()


if __name__ == "__main__":
    main()
