"""`tracker quality`: how good the indicators are, and drawing samples to find out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tracker import clock as clocks
from tracker import logs
from tracker.model import ConfigError, Problem
from tracker.settings import Settings

if TYPE_CHECKING:
    from tracker.quality.estimates import Quality


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def quality(ctx: click.Context, as_json: bool) -> None:
    """Precision, recall and agreement per indicator, with 90 % intervals.

    They rest on samples drawn at random alone: draw some with `tracker quality draw`, read them in the review pages.
    """
    if ctx.invoked_subcommand is not None:
        return
    from tracker.quality import estimates
    from tracker.store.connect import connect

    connection = connect(ctx.obj.db)
    try:
        found, agreed = estimates.of_all(connection), estimates.agreement_of_all(connection)
    finally:
        connection.close()
    if as_json:
        whole = {one.indicator: _facts(one) for one in found}
        click.echo(json.dumps({"agreement": asdict(agreed) if agreed else None, "quality": whole}))
        return
    _show([one for one in found if one.drawn])
    unread = sum(not one.drawn for one in found)
    if unread:
        click.echo(f"Nothing drawn yet for {unread} indicators: tracker quality draw")
    if agreed:
        click.echo(
            f"Agreement of readers (Krippendorff's alpha): {agreed.alpha:.2f} ({agreed.lower:.2f} to "
            f"{agreed.upper:.2f}), {agreed.units} samples read twice."
        )


def _facts(one: Quality) -> dict[str, Any]:
    facts = asdict(one)
    return {**facts, "read": one.read, "drawn": one.drawn}


def _show(found: list[Quality]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 1))
    table.add_column("indicator", overflow="ellipsis", no_wrap=True, max_width=28)
    for heading in ("precision", "recall, near", "recall, whole", "read"):
        table.add_column(heading, justify="right")
    for one in found:
        shown = (
            "?" if part is None else f"{part.value:.2f} {part.lower:.2f}–{part.upper:.2f}"
            for part in (one.precision, one.recall_near, one.recall)
        )
        table.add_row(one.indicator + ("*" if one.stale else ""), *shown, f"{one.read}/{one.drawn}")
    Console().print(table)
    if any(one.stale for one in found):
        click.echo("* the query has changed since these samples were drawn")


@quality.command()
@click.argument("indicators", nargs=-1, metavar="[ID]...")
@click.option("--hits", default=40, show_default=True, help="Hits to draw per indicator, for precision.")
@click.option("--near-misses", default=30, show_default=True, help="Items that lack one clause.")
@click.option("--suppressed", default=15, show_default=True, help="Items that an exclusion or a mask stopped.")
@click.option("--others", default=15, show_default=True, help="Items of the rest.")
@click.option("--look-at", default=5000, show_default=True, help="Stories to search for near misses, at random.")
@click.option("--since", metavar="DAY", default="", help="Only stories from this UTC day on.")
@click.option("--seed", type=int, default=None, help="Draws the same again.  [default: another at each run]")
@click.pass_obj
def draw(settings: Settings, /, indicators: tuple[str, ...], since: str, seed: int | None, **counts: int) -> None:
    """Draw samples for reading, for the indicators named or for all.

    They wait in the review pages under Samples. A new drawing takes the place of the earlier one; what was read in that
    and is drawn again keeps its verdict.
    """
    import secrets

    from tracker.indicators import codebook
    from tracker.quality import draw as drawing
    from tracker.store.connect import connect

    logs.configure(quiet=True)
    book = codebook.load(settings.indicators)
    known = [one.id for one in book.indicators]
    for name in indicators:
        if name not in known:
            raise ConfigError(Problem(str(settings.indicators), 0, 0, f"there is no indicator {name!r}"))
    plan = drawing.Plan(
        counts["hits"], counts["near_misses"], counts["suppressed"], counts["others"], counts["look_at"], since
    )
    connection = connect(settings.db)
    try:
        now = clocks.iso(clocks.open_clock(settings.clock)())
        seed = secrets.randbits(32) if seed is None else seed
        drawn = drawing.draw(connection, book, indicators or known, plan, now=now, seed=seed)
    finally:
        connection.close()
    total = sum(sum(part.values()) for part in drawn.values())
    click.echo(f"{total:,} samples drawn for {len(drawn)} indicators (seed {seed}). They wait under Samples.")
