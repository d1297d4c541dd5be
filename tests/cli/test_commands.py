"""The command line as a person or a program meets it: help, exit codes, messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.cli import COMMANDS

CODEBOOK = """\
version: "1"
indicators:
  - {id: drills, title: Drills at sea, group: cooperation, direction: toward, query: drill}
"""


def tracker(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracker", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    (tmp_path / "feeds.yaml").write_text("feeds:\n  - {id: nowhere, url: 'http://127.0.0.1:9/feed.xml'}\n")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, desk: Path) -> None:
    answer = tracker(desk, command, "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"Usage: python -m tracker {command}")
    assert max(map(len, answer.stdout.splitlines())) <= 100


def test_a_sweep_in_which_every_feed_fails_is_no_failure_and_says_why(desk: Path) -> None:
    answer = tracker(desk, "poll", "--json")
    assert answer.returncode == 0, answer.stderr
    summary = json.loads(answer.stdout)
    counts = ("feeds", "ok", "not_modified", "unchanged", "failed", "items_new", "hits_new")
    assert [summary[key] for key in counts] == [1, 0, 0, 0, 1, 0, 0]
    assert "address is not public" in summary["failures"]["nowhere"]
    assert summary["seconds"] >= 0
    again = tracker(desk, "poll")
    assert "No feed is due" in again.stdout


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("indicators.yaml", CODEBOOK.replace("query: drill", "query: '(drill'"), "indicators.yaml:3:"),
        ("indicators.yaml", CODEBOOK.replace("query: drill", "query: '@nobody'"), "nobody"),
        ("indicators.yaml", CODEBOOK.replace("title", "titel"), "titel"),
        ("indicators.yaml", CODEBOOK + CODEBOOK.splitlines()[2] + "\n", "drills"),
        ("indicators.yaml", "version: [", "indicators.yaml:"),
        ("feeds.yaml", "feeds:\n  - {id: a, url: 'ftp://x.example/'}\n", "feeds.yaml:2:"),
        ("feeds.yaml", "feeds:\n  - {id: a, url: 'http://x.example/', colour: red}\n", "feeds.yaml:2:"),
        ("tracker.toml", "tick = 'often'\n", "tracker.toml:1:"),
        ("tracker.toml", "speed = 3\n", "unknown setting 'speed'"),
    ],
)
def test_a_faulty_file_is_named_with_its_place_and_nothing_is_changed(
    desk: Path, file: str, text: str, said: str
) -> None:
    (desk / file).write_text(text)
    answer = tracker(desk, "poll")
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (desk / "db").exists() or not list((desk / "db").glob("tracker.db"))


def test_unknown_feeds_and_commands_and_a_missing_codebook_are_named(desk: Path) -> None:
    assert "there is no feed 'nobody'" in tracker(desk, "poll", "--feed", "nobody").stderr
    assert tracker(desk, "pol").returncode == 2
    (desk / "indicators.yaml").unlink()
    missing = tracker(desk, "poll")
    assert missing.returncode == 2
    assert "indicators.yaml" in missing.stderr


def test_a_stream_of_items_is_matched_without_a_database(desk: Path) -> None:
    items = [{"id": "1", "title": "Drills begin", "summary": ""}, {"id": "2", "title": "Rain begins", "summary": ""}]
    answer = tracker(desk, "match", "-", stdin="".join(json.dumps(item) + "\n" for item in items))
    assert answer.returncode == 0
    first, second = map(json.loads, answer.stdout.splitlines())
    (hit,) = first["hits"]
    (span,) = hit["evidence"]
    assert (first["id"], hit["indicator"], span["field"], span["start"], span["end"], span["text"], span["term"]) == (
        "1", "drills", "title", 0, 6, "Drills", "drill",
    )  # fmt: skip
    assert second == {"id": "2", "hits": []}
    assert not (desk / "db").exists()


def test_a_replay_prints_what_came_of_it(desk: Path) -> None:
    (desk / "a.jsonl").write_text('{"id": "1", "title": "A drill", "source": "x"}\nnonsense\n')
    answer = tracker(desk, "replay", "a.jsonl", "--json")
    assert answer.returncode == 0, answer.stderr
    done = json.loads(answer.stdout)
    assert (done["items"], done["hits"], done["bad_lines"]) == (1, 1, 1)
