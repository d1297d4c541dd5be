"""The documentation is true: settings and commands are all there, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
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


def test_every_part_has_a_memo_of_a_page_whose_paths_exist() -> None:
    memos = {page.stem: page.read_text() for page in (ROOT / "docs" / "house").glob("*.md")}
    parts = {"feeds", "indicators", "stories", "store", "analysis", "report", "digest", "review", "replay", "daemon"}
    assert set(memos) == parts
    for part, text in memos.items():
        paths = re.findall(r"`(?:\S+ )?((?:tracker|tests|docs|benchmarks)/[^`]+)`", text)
        assert len(paths) >= 5, part
        assert [path for path in paths if not (ROOT / path).exists()] == [], part
        assert len(text.splitlines()) <= 50, part


def test_the_reference_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    stale = [name for name, make in reference.OF_THE_CODE.items() if (reference.FOLDER / name).read_text() != make()]
    assert stale == [], "run: python docs/reference.py"


def test_the_site_builds_and_asks_nobody_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 20
    asked = {
        address
        for page in pages
        for address in re.findall(r'<(?:link|script|img)[^>]+(?:href|src)="(https?://[^"]+)', page.read_text())
    }
    assert asked == set()
