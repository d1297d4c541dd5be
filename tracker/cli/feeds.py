"""`tracker feeds`: the catalogue, and how its feeds fare."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from tracker import clock as clocks
from tracker.feeds import article, catalogue, checkup, discovery
from tracker.feeds.fetch import open_fetcher
from tracker.feeds.parsing import ParserPool
from tracker.feeds.sweep import sweep
from tracker.indicators import codebook
from tracker.model import CheckResult, ConfigError, Feed, FeedState, Problem
from tracker.settings import Settings
from tracker.store import feeds as store
from tracker.store.migrations import open_store

STATE = ("status", "items", "newest_item_at", "last_ok_at", "last_check_at", "next_due_at", "failures", "last_error")

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def feeds() -> None:
    """Where items come from: the feed list, and what is wrong with its feeds."""


@feeds.command("list")
@as_json_option
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the feeds, with what polling knows of them."""
    known = _states(settings)
    rows = [_declared(feed) | known.get(feed.id, {}) for feed in catalogue.load(settings.feeds).feeds]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo("The list is empty; `tracker feeds add URL` puts a feed into it.")
        return
    table = Table(box=None, pad_edge=False)
    # Ids are typed into other commands, so they are never cut.
    table.add_column("id", overflow="fold", min_width=min(28, max(len(row["id"]) for row in rows)))
    for heading in ("publisher", "lang"):
        table.add_column(heading, overflow="fold")
    for heading in ("status", "items", "newest"):
        table.add_column(heading, no_wrap=True, min_width=10 if heading == "newest" else len(heading))
    for row in rows:
        newest = str(row.get("newest_item_at", ""))[:10]
        status = row.get("status", "not polled")
        name, items = row["publisher"] or row["title"], str(row.get("items", ""))
        words = (row["id"], name, row["language"], status, items, newest)
        table.add_row(*map(escape, words))
    Console().print(table)


@feeds.command()
@click.argument("url")
@click.option("--id", "feed_id", default="", help="Its id in the list.  [default: made from its title]")
@click.option("--title", default="", help="[default: what the feed calls itself]")
@click.option("--publisher", default="", help="The outlet that readers see.")
@click.option("--owner", default="", help="Who owns the outlet; feeds of one owner count as one voice.")
@click.option("--language", default="", help="Such as en, ru, zh.  [default: what the feed says]")
@click.option("--kind", default="", help="Such as official, press, wire, state-media, think-tank.")
@click.option("--country", default="", help="Such as RU.")
@click.option("--implies", multiple=True, metavar="CONCEPT", help="What the source takes for granted; repeatable.")
@click.option("--unseen", is_flag=True, help="Add it without asking the address.")
@as_json_option
@click.pass_obj
def add(settings: Settings, /, url: str, unseen: bool, as_json: bool, **words: Any) -> None:
    """Add the feed at URL; a web page that names its feed will do."""
    trouble = catalogue.url_trouble(url)
    if trouble:
        raise ConfigError(Problem("URL", 0, 0, f"{url!r} {trouble}"))
    words |= {name: " ".join(value.split()) for name, value in words.items() if isinstance(value, str)}
    words["implies"] = tuple(concept.removeprefix("@") for concept in words["implies"])
    feed = Feed(id=words.pop("feed_id"), url=url, **words)
    if not unseen:
        feed = _completed(settings, feed)
    imported = catalogue.add(settings.feeds, [feed])
    if not imported.added:
        raise click.ClickException(f"{feed.url} stands in {settings.feeds} already")
    added = imported.added[0]
    if as_json:
        click.echo(json.dumps(_declared(added), ensure_ascii=False))
    else:
        click.echo(f"Added {added.id}: {added.title or added.url}")
        if added.url != url:
            click.echo(f"Its address is {added.url}")


@feeds.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@as_json_option
@click.pass_obj
def remove(settings: Settings, ids: tuple[str, ...], as_json: bool) -> None:
    """Take feeds out of the list; their items stay."""
    removed = catalogue.remove(settings.feeds, ids)
    if as_json:
        click.echo(json.dumps([_declared(feed) for feed in removed], ensure_ascii=False))
    else:
        click.echo(f"Removed {', '.join(feed.id for feed in removed)}. What they brought stays.")


@feeds.command("import")
@click.argument("opml", metavar="OPML", type=click.Path(path_type=Path))
@as_json_option
@click.pass_obj
def import_(settings: Settings, opml: Path, as_json: bool) -> None:
    """Add every feed of an OPML file that the list lacks. All or nothing: a mistake leaves the list as it was."""
    imported = catalogue.import_opml(settings.feeds, opml)
    if as_json:
        click.echo(json.dumps({"added": [feed.id for feed in imported.added], "known": imported.known}))
    else:
        click.echo(f"Added {_feeds(len(imported.added))}; {imported.known} stood in {settings.feeds} already.")


@feeds.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of printing.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of OPML.")
@click.pass_obj
def export(settings: Settings, out: Path | None, as_json: bool) -> None:
    """Give the list away as OPML, which every feed reader takes. Headers stay out: they may name secrets."""
    listed = catalogue.load(settings.feeds).feeds
    text = json.dumps([_declared(feed) for feed in listed], ensure_ascii=False, indent=1) + "\n" if as_json else ""
    text = text or catalogue.export_opml(listed)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        click.echo(f"Wrote {_feeds(len(listed))} to {out}")


@feeds.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@as_json_option
@click.pass_obj
def check(settings: Settings, ids: tuple[str, ...], as_json: bool) -> None:
    """Ask every feed (or those named) once and tell what is wrong with each; nothing is stored.

    Exits with 1 where a feed fails. A stale or empty feed is told, but is no failure.
    """
    chosen = _chosen(settings, ids)
    findings: list[checkup.Finding] = []
    with _bar(len(chosen), shown=not as_json) as advance:
        asyncio.run(_ask(settings, chosen, findings.append, advance))
    order = {feed.id: position for position, feed in enumerate(chosen)}
    findings.sort(key=lambda finding: order[finding.feed_id])
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        _show(findings, Console())
        _show_what_is_missing(settings, chosen)
    if any(finding.condition == "failed" for finding in findings):
        sys.exit(1)


def _declared(feed: Feed) -> dict[str, Any]:
    """What may be shown of a feed: names of headers and cookies, no values; whether it signs in, not how."""
    shown: dict[str, Any] = {
        "implies": list(feed.implies),
        "basic_auth": bool(feed.basic_auth),
        "proxy": bool(feed.proxy),
    }
    shown |= {"headers": sorted(name for name, _ in feed.headers), "cookies": sorted(name for name, _ in feed.cookies)}
    return asdict(feed) | shown


def _states(settings: Settings) -> dict[str, dict[str, Any]]:
    if not settings.db.exists():
        return {}
    with closing(open_store(settings.db)) as connection:
        return {row["id"]: {key: row[key] for key in STATE} for row in store.listing(connection)}


def _completed(settings: Settings, feed: Feed) -> Feed:
    async def ask() -> tuple[Feed, CheckResult]:
        clock = clocks.open_clock(settings.clock)
        async with open_fetcher(settings) as fetcher:
            with ParserPool() as parser:
                return await discovery.discover(feed, fetcher, parser, clock)

    found, result = asyncio.run(ask())
    if result.outcome == "failed":
        raise click.ClickException(f"{found.url}: {result.error}. With --unseen it is added all the same.")
    return found


def _chosen(settings: Settings, ids: tuple[str, ...]) -> list[Feed]:
    listed = catalogue.load(settings.feeds).feeds
    unknown = sorted(set(ids) - {feed.id for feed in listed})
    if unknown:
        message = f"there is no feed {', '.join(unknown)}; `tracker feeds list` shows the ids"
        raise ConfigError(Problem(str(settings.feeds), 0, 0, message))
    return [feed for feed in listed if not ids or feed.id in ids]


async def _ask(
    settings: Settings, chosen: list[Feed], found: Callable[[checkup.Finding], None], advance: Callable[[], None]
) -> None:
    clock = clocks.open_clock(settings.clock)
    by_id = {feed.id: feed for feed in chosen}
    states = [FeedState(feed, feed.url) for feed in chosen]
    async with open_fetcher(settings) as fetcher:
        with ParserPool() as parser:
            results = sweep(
                states, fetcher, parser, now=clock, host_interval=settings.host_interval,
                concurrency=settings.concurrency,
            )  # fmt: skip
            async for result in results:
                found(checkup.examine(by_id[result.feed_id], result, clock()))
                advance()


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("Asking feeds"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def _show(findings: list[checkup.Finding], console: Console) -> None:
    counts = Counter(finding.condition for finding in findings)
    for finding in findings:
        if finding.reason:
            console.print(
                f"[bold]{escape(finding.feed_id)}[/bold]  {finding.condition}", highlight=False, soft_wrap=True
            )
            console.print(Padding(escape(_sentence(finding.reason)), (0, 0, 0, 2)), highlight=False)
            if finding.advice:
                console.print(Padding(escape(finding.advice), (0, 0, 0, 2)), highlight=False)
    said = ", ".join(f"{number} {condition}" for condition, number in counts.most_common())
    console.print(f"{_feeds(len(findings))}: {said}" if findings else "The list is empty.", highlight=False)


def _show_what_is_missing(settings: Settings, chosen: list[Feed]) -> None:
    """What no answer of a feed can tell: concepts that the codebook lacks, and a package that full text needs."""
    if any(feed.fulltext for feed in chosen) and not article.is_installed():
        click.echo(article.EXTRA)
    if any(feed.implies for feed in chosen):
        with suppress(ConfigError):  # a faulty codebook is the business of `tracker indicators check`
            known = codebook.load(settings.indicators).lexicon
            for problem in catalogue.load(settings.feeds).unknown_concepts(known):
                click.echo(str(problem))


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + "."


def _feeds(number: int) -> str:
    return "1 feed" if number == 1 else f"{number} feeds"
