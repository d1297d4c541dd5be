"""docs/feeds.md names every key of the list and every command, and its example is valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tracker.cli.feeds import feeds
from tracker.feeds import catalogue
from tracker.feeds.declared import KEYS

PAGE = (ROOT / "docs/feeds.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_uses_every_key_and_loads(tmp_path: Path) -> None:
    assert EXAMPLE
    (tmp_path / "feeds.yaml").write_text(EXAMPLE[1], encoding="utf-8")
    (feed,) = catalogue.load(tmp_path / "feeds.yaml").feeds
    assert (feed.id, feed.interval, feed.implies) == ("kremlin-ru", 7200, ("russia",))
    assert [key for key in KEYS if not re.search(rf"(?m)^(?:  - |    ){key}:", EXAMPLE[1])] == []


@pytest.mark.parametrize("command", sorted(feeds.commands))
def test_every_command_is_described(command: str) -> None:
    assert re.search(rf"(?m)^\| `tracker feeds {command}\b.*\| .+ \|$", PAGE)
