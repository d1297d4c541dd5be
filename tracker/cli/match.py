"""`tracker match`: items as JSON lines in, hits with evidence as JSON lines out; touches no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import IO, Any

import click

from tracker.indicators import codebook, matcher
from tracker.model import Item, Match
from tracker.settings import Settings


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.pass_obj
def match(settings: Settings, file: IO[bytes]) -> None:
    """Recognise indicators in items.

    FILE holds one JSON object per line with id, title, summary and perhaps body, language, source, date, url; - reads
    standard input. Prints {"id", "hits": [{"indicator", "score", "evidence": [...]}]} for each. Lines that cannot be
    read are named on standard error, the others still matched; the exit code is then 1.
    """
    compiled = matcher.compile_codebook(codebook.load(settings.indicators))
    wrong = 0
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        item = read_item(line)
        if isinstance(item, str):
            click.echo(f"line {number}: {item}", err=True)
            wrong += 1
            continue
        click.echo(json.dumps({"id": item.id, "hits": list(map(as_json, compiled.match(item)))}, ensure_ascii=False))
    if wrong:
        click.echo(f"{wrong} {'line' if wrong == 1 else 'lines'} could not be read", err=True)
        sys.exit(1)


def read_item(line: bytes | str) -> Item | str:
    """The item of one line, or what is wrong with the line."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return 'is no JSON; a line looks like {"id": "n1", "title": "…", "summary": "…"}'
    if not isinstance(value, dict):
        return "is JSON but no object; a line looks like {…}"
    fields: dict[str, str] = {}
    for key in ("id", "title", "summary", "body", "language", "lang", "source", "url", "date"):
        found = value.get(key)
        if found is not None and not isinstance(found, str):
            if key != "id" or not isinstance(found, int):
                return f"the value of {key!r} is no text"
            found = str(found)
        fields[key] = (found or "").replace("\0", "\ufffd")
    if not fields["id"]:
        return 'has no "id"'
    return Item(
        guid=fields["id"],
        id=fields["id"],
        url=fields["url"],
        title=fields["title"],
        summary=fields["summary"],
        body=fields["body"],
        language=fields["language"] or fields["lang"],
        published_at=fields["date"] or None,
        source=fields["source"],
    )


def as_json(found: Match) -> dict[str, Any]:
    """A match in the form that `tracker match` prints."""
    evidence = [
        {"field": e.field, "start": e.start, "end": e.end, "text": e.text, "term": e.term, "concept": e.concept}
        for e in found.evidence
    ]
    return {"indicator": found.indicator, "score": found.score, "evidence": evidence}


def read_items(lines: IO[bytes]) -> Iterator[tuple[int, Item | str]]:
    """Line numbers with items, or with what is wrong; empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, read_item(line)
