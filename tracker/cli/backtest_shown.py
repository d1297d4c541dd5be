"""A backtest for the terminal, at 80 columns."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tracker.backtest.facts import WORDS

COLUMNS = (
    ("before", "before"), ("gained", "+"), ("lost", "−"), ("after", "after"),
    ("confirmed_kept", "kept"), ("confirmed_lost", "lost"), ("rejected_kept", "kept"), ("rejected_lost", "lost"),
)  # fmt: skip
BARS = " ▁▂▃▄▅▆▇█"


def show(found: dict[str, Any], over: str) -> None:
    """Print what a backtest found, in the form of ``tracker.backtest.facts``."""
    console = Console()
    touched = len(found["indicators"])
    if not touched:
        console.print("The edit changes what no indicator means: no hit would be gained or lost.")
        return
    rate = found["items"] / found["seconds"] if found["seconds"] else 0
    processes = found["processes"]
    console.print(
        f"{touched} indicator{'s' if touched != 1 else ''} touched; {found['items']:,} items of {escape(over)} looked "
        f"at in {found['seconds']:.1f} s ({rate:,.0f} items/s, {processes} process{'es' if processes > 1 else ''})."
    )
    console.print(_table(found))
    for row in found["indicators"]:
        if row["stale"]:
            console.print(
                f"[yellow]{row['indicator']}[/]: its query had changed before without the past being matched; part "
                "of this difference is older than the edit."
            )
    if found["effect"]:
        _effect(console, found["effect"])
    for kind, words in WORDS.items():
        _examples(console, found, kind, words)


def _table(found: dict[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 1), caption="conf., rej.: judged hits that are still found, and no longer")
    table.caption_justify = "left"
    table.add_column("indicator", overflow="ellipsis", no_wrap=True, max_width=27)
    for at, (_, heading) in enumerate(COLUMNS):
        table.add_column(("conf. " if at in (4, 5) else "rej. " if at > 5 else "") + heading, justify="right")
    for row in found["indicators"]:
        name = row["indicator"] + {"added": " (new)", "removed": " (gone)"}.get(row["change"], "")
        table.add_row(name, *(f"{row[key]:,}" if row[key] else "·" for key, _ in COLUMNS))
    return table


def _effect(console: Console, effect: dict[str, Any]) -> None:
    changed = [one for one in effect["changed"] if one["before"] != one["after"]]
    if not changed:
        console.print("\nSeries and alerts stay as they are.")
        return
    console.print(f"\n[bold]Stories per fortnight[/], {effect['first_day']} to {effect['last_day']}, before and after")
    for one in changed:
        before, after = _bunch(one["before"]), _bunch(one["after"])
        top = max(1, *before, *after)
        console.print(f"  {one['indicator']}")
        for words, line in (("before", before), ("after", after)):
            console.print(Text(f"    {words:7}{_bars(line, top)} {sum(line):6,}"))
        for words, key in (("no longer an alert", "alerts_lost"), ("alert now", "alerts_gained")):
            if one[key]:
                console.print(f"    {words}: {', '.join(one[key][-6:])}")


def _bunch(weeks: list[int]) -> list[int]:
    start = len(weeks) % 2
    return [sum(weeks[at : at + 2]) for at in range(start, len(weeks), 2)]


def _bars(line: list[int], top: int) -> str:
    return "".join(BARS[-(-count * 8 // top)] for count in line)


def _examples(console: Console, found: dict[str, Any], kind: str, words: str) -> None:
    examples, total = found["examples"][kind], found["totals"][kind]
    if not examples:
        return
    shown = f"{len(examples)} of {total:,} at random" if total > len(examples) else f"{total}"
    console.print(f"\n[bold]{words[0].upper()}{words[1:]}[/]: {shown}")
    for one in examples:
        lead = f"  {one['day']} {one['indicator']} "
        console.print(Text(lead, style="dim").append(_marked(one)))
        if one["lacks"]:
            console.print(Text(f"    lacks {' '.join(one['lacks'].split())[:100]}", style="dim"))


def _marked(one: dict[str, Any]) -> Text:
    """The title, with evidence underlined; where that lies elsewhere, its words after it."""
    title = " ".join(one["title"][:110].split()) or " ".join(one["summary"][:110].split())
    text = Text(title)
    spans = [span for span in one["evidence"] if span["text"]]
    for span in spans:
        text.highlight_words([span["text"]], style="underline bold")
    outside = dict.fromkeys(span["text"] for span in spans if span["text"] not in title)
    if outside:
        text.append(f" [{', '.join(list(outside)[:5])}]", style="bold")
    return text
