"""`tracker report`: what the counts say, as known at a moment."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker import clock
from tracker.settings import Settings

if TYPE_CHECKING:
    from tracker.quality.estimates import Quality
    from tracker.report import Outcome


class Moment(click.ParamType[str]):
    """A UTC day, which stands for its end, or a moment."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        try:
            if len(text) == 10:
                return f"{(date.fromisoformat(text) + timedelta(days=1)).isoformat()}T00:00:00Z"
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no date; write 2026-02-03 or 2026-02-03T12:00:00Z", param, ctx)
        return clock.iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@click.command()
@click.option("--as-of", type=Moment(), help="Use only what was known then: a UTC day (its end) or a moment.")
@click.option("--days", type=click.IntRange(7, 3650), default=365, show_default=True, help="Days that are judged.")
@click.option(
    "--weeks", type=click.IntRange(52, 1040), default=156, show_default=True, help="Weeks of the event study."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one self-contained page here.")
@click.option("--keep", is_flag=True, help="Renew what pages and mails show, as the daemon does every day.")
@click.pass_obj
def report(
    settings: Settings, as_of: str | None, days: int, weeks: int, as_json: bool, html: Path | None, keep: bool
) -> None:
    """Series, alerts, the two indices and the event study, with intervals; see docs/methods."""
    from tracker import report as reports
    from tracker.quality import estimates

    if keep and (as_of or html):
        raise click.UsageError("--keep goes with the present alone, without --as-of and --html.")
    connection = _open(settings)
    try:
        now = clock.open_clock(settings.clock)()
        beside = reports.beside(settings.indicators)
        if keep:
            _keep(reports.refresh(connection, now, beside), as_json)
            return
        found = reports.load(connection, as_of or clock.iso(now), judged=days, beside=beside)
        if found is None:
            raise click.ClickException(
                "there are no items of a whole day yet, and a report ends with yesterday; "
                "run `tracker poll` until tomorrow, or `tracker replay FILE`"
            )
        facts = reports.facts(connection, found, clock.iso(now))
        study = reports.study(connection, found.known_at, beside.calendar, weeks) if beside.calendar.events else None
        facts["quality"] = {one.indicator: _quality(one) for one in estimates.of_all(connection)}
        facts["lead_lag"] = reports.study_facts(study) if study else None
    finally:
        connection.close()
    if html is not None:
        _write(html, reports.page(facts, settings.base_url))
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    elif html is None:
        for line in reports.lines(facts):
            click.echo(line)


def _open(settings: Settings) -> sqlite3.Connection:
    from tracker.store.connect import connect
    from tracker.store.migrations import open_store

    connect(settings.db).close()  # a report makes no database
    return open_store(settings.db)


def _quality(one: Quality) -> dict[str, object]:
    return {
        "precision": asdict(one.precision) if one.precision else None,
        "recall": asdict(one.recall) if one.recall else None,
    }


def _keep(outcome: Outcome | None, as_json: bool) -> None:
    if outcome is None:
        click.echo("null" if as_json else "There are no items of a whole day yet; nothing was kept.")
    elif as_json:
        click.echo(json.dumps(asdict(outcome)))
    else:
        click.echo(
            f"Kept up to {outcome.last_day}: {outcome.alerts_new} new alerts, {outcome.alerts_taken_back} taken back, "
            f"{outcome.seconds:.1f} s."
        )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        raise click.ClickException(f"{path} cannot be written; is its folder there, and may you write to it?") from None
    click.echo(f"Wrote {path} ({len(text.encode()) / 1000:,.0f} kB).", err=True)
