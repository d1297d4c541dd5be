"""Every command of the README is known, and does what the README says in a desk of its own."""

from __future__ import annotations

import gzip
import http.server
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
import pytest

from tests.conftest import ROOT
from tracker.cli import tracker

PATIENCE = 120
FEED = """\
<rss version="2.0"><channel><title>Harbour Post</title><item><guid>1</guid><title>Moscow and Beijing sign a mutual
defence treaty</title></item></channel></rss>"""
ITEM = {"id": "2", "url": "https://a.example/2", "title": "A defence pact is signed", "published_at": "2026-02-02"}
OPML = (
    '<opml version="2.0"><body><outline type="rss" text="Steppe" xmlUrl="https://steppe.example/feed"/></body></opml>'
)
RUNS = (
    ("init FOLDER", "init ."),
    ("feeds list", "feeds list"),
    ('indicators explain "Moscow and Beijing sign a mutual defence treaty"',) * 2,
    ("indicators check", "indicators check"),
    ("feeds add URL", "feeds add {url}"),
    ("subscribers add you@example.org",) * 2,
    ("poll", "poll"),
    ("digest preview daily --out digest.html",) * 2,
    ("replay items.jsonl.gz more/*.csv",) * 2,
    ("report", "report"),
    ("report --html report.html",) * 2,
    ("match items.jsonl",) * 2,
    ("stories rebuild", "stories rebuild"),
    ("users add NAME --role analyst",) * 2,
    ("users link NAME",) * 2,
    ("backup FOLDER", "backup copies"),
    ("restore COPY", "restore {copy} --yes"),
    ("doctor", "doctor"),
    ("feeds import feeds.opml",) * 2,
)
"""As the README writes it, and as it is run here; in this order, in one folder."""
SERVICES = {"up": "up --port 0", "daemon": "daemon", "serve": "serve --port 0"}
"""These run until they are stopped."""


def written() -> set[str]:
    """What follows `tracker` in the blocks and in the inline code of the README."""
    text = (ROOT / "README.md").read_text()
    blocks = "\n".join(re.findall(r"```\n(.*?)```", text, re.DOTALL))
    lines = re.findall(r"(?m)^(?:\.venv/bin/)?tracker (.*?)(?:\s+#.*)?$", blocks)
    return {*lines, *re.findall(r"`tracker ([^`]+)`", text)}


def test_the_readme_names_no_command_that_is_not_run() -> None:
    assert written() == {command for command, _ in RUNS} | set(SERVICES)


@pytest.mark.parametrize("line", sorted(written()))
def test_a_command_of_the_readme_is_one_that_the_program_knows(line: str) -> None:
    command: click.Command = tracker
    words = shlex.split(line)
    context = click.Context(command)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words[0]
        command, words = found, words[1:]
        context = click.Context(command, parent=context)
    _, rest, _ = command.make_parser(context).parse_args(words)
    assert rest == [], "words that nothing takes"


def test_what_the_readme_asks_make_for_is_in_the_makefile() -> None:
    wanted = set(re.findall(r"(?m)^make (\w+)$", (ROOT / "README.md").read_text()))
    assert wanted == {"demo", "test"}
    assert wanted <= set(re.findall(r"(?m)^(\w+):", (ROOT / "Makefile").read_text()))


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[str]:
    """The address of a feed with one item."""
    folder = tmp_path / "wire"
    folder.mkdir()
    (folder / "feed.xml").write_text(FEED)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/feed.xml"
        server.shutdown()
        serving.join()


def test_the_commands_of_the_readme_do_what_it_says(tmp_path: Path, feed: str) -> None:
    desk = tmp_path / "desk"
    (desk / "more").mkdir(parents=True)
    (desk / "items.jsonl").write_text(json.dumps(ITEM) + "\n")
    (desk / "items.jsonl.gz").write_bytes(gzip.compress((desk / "items.jsonl").read_bytes()))
    (desk / "more" / "old.csv").write_text("url,title,date\nhttps://a.example/3,Talks on arms went on,2026-01-05\n")
    (desk / "feeds.opml").write_text(OPML)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    environment |= {
        "TRACKER_ALLOW_NETWORKS": "127.0.0.0/8",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
    }
    said = {}
    for command, run in RUNS:
        copy = next((desk / "copies").glob("*.db"), "") if "{copy}" in run else ""
        if command == "feeds add URL":
            (desk / "feeds.yaml").write_text("feeds: []\n")
        done = subprocess.run(
            ["bash", "-c", "tracker " + run.format(url=feed, copy=copy)],
            cwd=desk, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == (1 if command == "doctor" else 0), f"{command}: {done.stdout}{done.stderr}"
        said[command] = done.stdout
        assert command != "poll" or "New items: 1" in done.stdout, done.stdout + done.stderr
    assert "no daemon has looked for due feeds yet" in " ".join(said["doctor"].split())
    assert "defence" in (desk / "digest.html").read_text().lower()
    assert (desk / "report.html").stat().st_size > 10_000
    assert "/sign-in" in said["users link NAME"] or "http://127.0.0.1" in said["users link NAME"]
    for run in SERVICES.values():
        assert _until_it_runs(run, desk, environment) == 0


def _until_it_runs(run: str, desk: Path, environment: dict[str, str]) -> int:
    """Start what runs until it is stopped, wait for its word that it runs, stop it; its exit code."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(
        [str(Path(sys.executable).parent / "tracker"), *run.split()], cwd=desk, env=environment, **pipes
    ) as service:
        assert service.stdout is not None
        watch = threading.Timer(PATIENCE, service.kill)
        watch.start()
        for line in service.stdout:
            if "Ctrl-C" in line or "started" in line or "http://127.0.0.1" in line:
                break
        service.send_signal(signal.SIGTERM)
        service.stdout.read()
        watch.cancel()
        return service.wait(PATIENCE)
