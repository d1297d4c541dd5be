"""The documentation is true: settings and commands are all there, links lead somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tracker.cli import COMMANDS
from tracker.settings import Settings

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_every_setting_is_documented_with_its_default() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| (?:`([^`]*)`|none) \|", (ROOT / "docs/settings.md").read_text())
    defaults = {f.name: "" if f.default in ("", ()) else str(f.default).lower() for f in fields(Settings)}
    assert {name: default.lower() for name, default in rows} == defaults


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    written = "\n".join(page.read_text() for page in PAGES)
    assert f"tracker {command}" in written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []
