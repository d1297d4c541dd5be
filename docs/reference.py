"""Writes docs/reference/ from the code: commands, tables and metrics. Run it after changing one; a test compares.

python docs/reference.py
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by docs/reference.py; edit the code instead. -->\n\n"
WIDTH = 100


def commands() -> str:
    """Every command with its help, as the terminal shows it."""
    from tracker.cli import tracker

    parts = [MADE + "# Commands\n"]

    def tell(command: click.Command, name: str, parent: click.Context | None) -> None:
        context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)
        context.help_option_names = ["-h", "--help"]
        parts.append(f"\n## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                if found is not None and not found.hidden:
                    tell(found, child, context)

    tell(tracker, "tracker", None)
    return "".join(parts)


def tables() -> str:
    """Every table and column of the database, with what it means."""
    from tracker.review.words import TABLES

    about = "Times are UTC, ISO 8601, ending in `Z`. Datasette shows the same words beside each column.\n"
    parts = [MADE + "# Tables\n\n" + about]
    for name, (meaning, columns) in TABLES.items():
        rows = "".join(f"| `{column}` | {text} |\n" for column, text in columns.items())
        parts.append(f"\n## {name}\n\n{meaning}\n\n| column | meaning |\n|---|---|\n{rows}")
    return "".join(parts)


def metrics() -> str:
    """Every metric that Prometheus is given, with its label and meaning."""
    from tracker.review.watch_pages import Collector
    from tracker.vitals import Vitals

    nothing = Vitals(datetime.now(UTC), (), 0, (), 0, (), (), 0, 0, (), 0, 0, 0)
    rows = ""
    for family in Collector(nothing).collect():
        labels = "".join(f"{{{name}}}" for name in getattr(family, "_labelnames", ()) or ())
        rows += f"| `{family.name}{labels}` | {family.documentation} |\n"
    about = "`GET /-/tracker/metrics` answers with these, all of them gauges, to a reader's token.\n"
    return MADE + "# Metrics\n\n" + about + "\n| metric | meaning |\n|---|---|\n" + rows


def dependencies() -> str:
    """Every package that tracker or one of its extras needs, with version and licence as it declares them."""
    found: dict[str, str] = {}
    waiting = ["news-indicator-tracker"]
    while waiting:
        name = waiting.pop()
        for text in metadata.requires(name) or ():
            wanted = Requirement(text)
            extras = EXTRAS if name == "news-indicator-tracker" else ("",)
            needed = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras)
            key = canonicalize_name(wanted.name)
            if needed and key not in found and key not in OF_THE_MACHINE:
                found[key] = licence_of(wanted.name)
                waiting.append(wanted.name)
    rows = "".join(f"| {name} | {metadata.version(name)} | {licence} |\n" for name, licence in sorted(found.items()))
    about = f"What tracker and its extras ({', '.join(EXTRAS[1:])}) install, with the licence that each declares.\n"
    return MADE + "# Dependencies\n\n" + about + "\n| package | version | licence |\n|---|---|---|\n" + rows


def licence_of(name: str) -> str:
    """The licence of an installed package: its expression, else its classifier, else the first line that it writes."""
    about = metadata.metadata(name)
    if expression := about.get("License-Expression"):
        return str(expression)
    classified = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or () if c.startswith("License ::")]
    if classified and classified != ["OSI Approved"]:
        return ", ".join(c for c in classified if c != "OSI Approved")
    return (str(about.get("License") or "not declared").strip().splitlines() or ["not declared"])[0][:60]


OF_THE_CODE = {"commands.md": commands, "tables.md": tables, "metrics.md": metrics}
PAGES = OF_THE_CODE | {"dependencies.md": dependencies}
OF_THE_MACHINE = ("pip", "setuptools", "wheel")
"""What an environment brings along, in whichever version."""
EXTRAS = ("", "archives", "charts", "dask", "fulltext", "notify", "relevance", "study")


def main() -> None:
    sys.path.insert(0, str(ROOT))
    FOLDER.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
