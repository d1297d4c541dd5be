"""Writes docs/reference/ from the code: commands and tables. Run it after changing either; a test compares.

python docs/reference.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

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


PAGES = {"commands.md": commands, "tables.md": tables}


def main() -> None:
    sys.path.insert(0, str(ROOT))
    FOLDER.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
