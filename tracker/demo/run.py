"""`tracker up --demo`: the whole path on the demonstration's own wire, rebuilt from nothing at each start."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tracker import daemon, digest, report, starter
from tracker.clock import real
from tracker.demo.wire import DemoWire, write_catalogue
from tracker.model import SweepSummary
from tracker.review.process import WebProcess
from tracker.settings import Settings
from tracker.store.connect import connect

FOLDER = Path("db/demo")
TICK_SECONDS = 5.0
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


async def run(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the wire, poll it, write a first digest and serve the pages until Ctrl-C. Raises ConfigError."""
    if not settings.indicators.is_file():
        settings = replace(settings, indicators=starter.file("indicators.yaml"))
    _clear(FOLDER)
    today = datetime.now(UTC)
    wire = DemoWire(today)
    base_url = await wire.start()
    try:
        write_catalogue(FOLDER / "feeds.yaml", base_url)
        demo = replace(
            settings,
            db=FOLDER / "tracker.db",
            feeds=FOLDER / "feeds.yaml",
            allow_networks=(*settings.allow_networks, LOOPBACK),
            host_interval=0.0,
            tick=TICK_SECONDS,
            base_url=f"http://{host}:{port}",
            smtp_url="",
            clock="",
        )
        await _work(demo, host, port, say)
    finally:
        await wire.stop()


async def _work(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    first = asyncio.get_running_loop().create_future()

    def on_sweep(summary: SweepSummary) -> None:
        if not first.done():
            first.set_result(summary)
        elif summary.items_new:
            say(f"  {datetime.now().astimezone():%H:%M:%S}  {summary.items_new} new items, {summary.hits_new} new hits")

    say("Starting a news wire of invented outlets and polling it ...")
    worker = daemon.Daemon(settings, on_sweep=on_sweep)
    work = asyncio.create_task(worker.run())
    pages = WebProcess(settings, host, port)
    try:
        await asyncio.wait({work, first}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            files = await asyncio.to_thread(_digest, settings)
            address = await pages.start()
            _tell(first.result(), files, address.url, address.sign_in, say)
            ended = asyncio.create_task(pages.wait())
            await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
    finally:
        say("\nStopping ...")
        worker.stop()
        await pages.stop()
        await work
        say("Stopped. Everything it wrote lies in db/demo/.")


def _digest(settings: Settings) -> list[Path]:
    connection = connect(settings.db)
    try:
        now = real()
        # The daily job has hardly begun: without what it finds the mail would tell another range than the board.
        report.refresh(connection, now)
        rendered = digest.preview(connection, settings, now, "daily")
    finally:
        connection.close()
    html, mail = (FOLDER / f"digest-{now:%Y-%m-%d}.{suffix}" for suffix in ("html", "eml"))
    html.write_text(rendered.page, encoding="utf-8")
    mail.write_bytes(bytes(rendered.message))
    return [html, mail]


def _tell(summary: SweepSummary, files: list[Path], url: str, sign_in: str, say: Callable[[str], None]) -> None:
    say(
        f"""
Polled {summary.feeds} feeds in {summary.seconds:.1f} s: {summary.items_new} items, {summary.hits_new} hits.

  1. Sign in and review:   {sign_in}
     (the link works once; it opens the board at {url})
  2. Read the first mail:  {files[0]}   (as a mail file: {files[1].name})

The wire prints a few more items over the next minutes; watch the board. All news here is invented.
Ctrl-C stops everything."""
    )


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tracker.db", "tracker.db-wal", "tracker.db-shm", "feeds.yaml"):
        (folder / name).unlink(missing_ok=True)
    for old in folder.glob("digest-*"):
        old.unlink()
