"""`tracker indicators`: look at the codebook, check it, and ask why a text hits or misses."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from tracker.indicators import checks, codebook, examples, matcher
from tracker.indicators.explain import Clause, Explanation, explain
from tracker.model import Evidence, Item
from tracker.settings import Settings

SHOWN_FORMS = 12


@click.group()
def indicators() -> None:
    """The codebook: list its indicators, check it, explain a text, show which sentences it covers."""


@indicators.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """The indicators with group and direction."""
    book = codebook.load(settings.indicators)
    if as_json:
        click.echo(json.dumps([asdict(indicator) for indicator in book.indicators], ensure_ascii=False))
        return
    table = Table(title=escape(book.title or str(book.path)), title_justify="left", box=None)
    for heading in ("id", "title", "group", "direction", "diagnosticity"):
        table.add_column(heading)
    for one in book.indicators:
        table.add_row(one.id, escape(one.title), one.group, one.direction, one.diagnosticity)
    Console().print(table)


@indicators.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def check(settings: Settings, as_json: bool) -> None:
    """Validate the codebook and run its examples; say what fails, and why. Exit code 1 where an example fails."""
    book = codebook.load(settings.indicators)
    found = examples.load(book)
    compiled = matcher.compile_codebook(book)
    failed = list(checks.failures(compiled, found))
    uncovered = [covered.sentence for covered in checks.coverage(book) if covered.open]
    if as_json:
        answer = {"indicators": len(book.indicators), "examples": len(found), "uncovered": uncovered}
        click.echo(json.dumps({**answer, "failed": [asdict(failure) for failure in failed]}, ensure_ascii=False))
        sys.exit(1 if failed else 0)
    console = Console()
    for failure in failed:
        example = failure.example
        wanted = "must hit but misses" if example.hits else "must miss but hits"
        head = f"[red]✗[/] [b]{example.indicator}[/] ({example.language}, line {example.line}) {wanted}"
        console.print(f"{head}: {escape(' / '.join(filter(None, (example.text, example.summary))))}", highlight=False)
        console.print(_tree(failure.explanation, whole=True))
    by_outcome = Counter(example.hits for example in found)
    languages = Counter(example.language for example in found)
    console.print(
        f"{len(book.indicators)} indicators, {len(found)} examples "
        f"({by_outcome[True]} hits, {by_outcome[False]} misses; "
        f"{', '.join(f'{language} {number}' for language, number in sorted(languages.items()))}): "
        + (f"[red]{len(failed)} fail[/]" if failed else "[green]all hold[/]"),
        highlight=False,
    )
    if uncovered:
        console.print(f"[yellow]sentences that no indicator cites: {', '.join(uncovered)}[/]")
    sys.exit(1 if failed else 0)


@indicators.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def coverage(settings: Settings, as_json: bool) -> None:
    """The article's sentences, and the indicators that watch for what each says. Exit code 1 where one is left out."""
    book = codebook.load(settings.indicators)
    rows = checks.coverage(book)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        table = Table(box=None)
        for heading in ("sentence", "indicators", "not observable"):
            table.add_column(heading)
        for row in rows:
            names = ", ".join(row.indicators) or ("[red]nothing[/]" if row.open else "")
            table.add_row(row.sentence, names, escape(row.reason))
        Console().print(table)
        done = sum(not row.open for row in rows)
        click.echo(f"{done} of {len(rows)} sentences are cited or declared not observable")
    sys.exit(1 if any(row.open for row in rows) else 0)


@indicators.command("explain")
@click.argument("text", default="")
@click.option("--title", default="", help="Title, where the field matters.")
@click.option("--summary", default="", help="Summary.")
@click.option("--language", default="", help="Language of the text, such as ru; otherwise judged by its script.")
@click.option("--source", default="", help="Source of the item, for what it implies.")
@click.option("--indicator", "ids", multiple=True, metavar="ID", help="Only this one, even where it misses by far.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def explain_command(
    settings: Settings,
    text: str,
    title: str,
    summary: str,
    language: str,
    source: str,
    ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """Why TEXT hits or misses: what fired for each hit, what was lacking for each near miss.

    With --indicator: every clause, those that failed too.
    """
    if not (text or title or summary):
        raise click.UsageError('give a text: tracker indicators explain "…"')
    book = codebook.load(settings.indicators)
    known = {indicator.id for indicator in book.indicators}
    if unknown := [name for name in ids if name not in known]:
        raise click.UsageError(f"there is no indicator {unknown[0]!r}; `tracker indicators list` shows the ids")
    item = Item(guid="", url="", title=title or text, summary=summary, language=language, source=source)
    found = explain(matcher.compile_codebook(book), item, ids or None)
    shown = [one for one in found if ids or one.outcome != "miss"]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in shown], ensure_ascii=False))
        return
    console = Console()
    for one in sorted(shown, key=lambda one: ("hit", "suppressed", "near miss", "miss").index(one.outcome)):
        console.print(_tree(one, whole=bool(ids)) if ids or one.outcome == "hit" else _head(one))
    if shown and not ids:
        console.print("[dim]--indicator ID shows one of them clause by clause, with what failed[/]")
    if not shown:
        console.print("no indicator hits or nearly hits; --indicator ID shows how far one is off")


def _head(found: Explanation) -> str:
    colour = {"hit": "green", "suppressed": "magenta", "near miss": "yellow", "miss": "red"}[found.outcome]
    score = f" score {found.score}" if found.outcome == "hit" else ""
    lacks = f", but for [i]{escape(found.missing)}[/]" if found.missing else ""
    return f"[b]{found.indicator}[/] [{colour}]{found.outcome}[/]{score}{lacks}"


def _tree(found: Explanation, *, whole: bool) -> Tree:
    tree = Tree(_head(found), highlight=False)
    _grow(tree, found.clause, whole=whole)
    for term, forms in found.forms:
        more = f" … and {len(forms) - SHOWN_FORMS} more" if len(forms) > SHOWN_FORMS else ""
        tree.add(f"[dim]{escape(term)} stands for: {escape(', '.join(forms[:SHOWN_FORMS]))}{more}[/]")
    return tree


def _grow(tree: Tree, clause: Clause, *, whole: bool) -> None:
    mark = "[green]✓[/]" if clause.held else "[red]✗[/]"
    text = escape(" ".join(clause.text.split()))
    text = text if len(text) < 160 else f"{text[:150]} …"
    note = f"  [dim]{escape(clause.note)}[/]" if clause.note else ""
    branch = tree.add(f"{mark} {text}{note}")
    if not clause.clauses:
        for span in clause.spans[:8]:
            branch.add(_span(span))
    for below in clause.clauses:
        if whole or below.held:
            _grow(branch, below, whole=whole)


def _span(span: Evidence) -> str:
    concept = f" of @{span.concept}" if span.concept else ""
    return (
        f"“{escape(span.text)}” [dim]{span.field} {span.start}–{span.end}, term {escape(span.term)}{escape(concept)}[/]"
    )
