"""`tracker match`: items as JSON lines in, hits with evidence as JSON lines out; touches no database."""

from __future__ import annotations

import gc
import json
import re
import sys
from typing import IO, Any

import click

from tracker.indicators import codebook, matcher
from tracker.model import Item, Match
from tracker.settings import Settings

KEYS = ("id", "title", "summary", "body", "language", "lang", "source", "url", "date")
_HARMFUL = re.compile("[\0\ud800-\udfff]")


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
    gc.freeze()
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


def read_item(line: bytes) -> Item | str:
    """The item of one line, or what is wrong with the line. NUL and lone surrogates are replaced, as before storage."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return 'is no JSON; a line looks like {"id": "n1", "title": "…", "summary": "…"}'
    if not isinstance(value, dict):
        return "is JSON but no object; a line looks like {…}"
    fields: dict[str, str] = {}
    for key in KEYS:
        found = value.get(key)
        if key == "id" and isinstance(found, int):
            found = str(found)
        if found is not None and not isinstance(found, str):
            return f"the value of {key!r} is no text"
        fields[key] = _HARMFUL.sub("\ufffd", found or "")
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
