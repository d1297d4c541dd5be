"""A sweep that brings nothing new does none of the work that only new items need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feeds.server import XML, Site, running
from tracker import clock
from tracker.pipeline import Pipeline, poll_once
from tracker.settings import Settings, load

CODEBOOK = """\
version: "1"
indicators:
  - {id: patrols, title: Patrols, group: cooperation, direction: toward, query: patrol}
"""
HEAVY = ("numpy", "scipy", "pandas", "sqlite_utils", "feedparser", "trafilatura", "lxml")


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, site: Site) -> Settings:
    (tmp_path / "indicators.yaml").write_text(CODEBOOK)
    url = site.serve("/rss", headers={**XML, "ETag": '"1"'})
    (tmp_path / "feeds.yaml").write_text(f"feeds:\n  - {{id: harbour, url: '{url}'}}\n")
    files = {name: tmp_path / f"{name}.yaml" for name in ("indicators", "feeds")}
    return load({"TRACKER_ALLOW_NETWORKS": "127.0.0.0/8"}, db=tmp_path / "tracker.db", **files)


async def test_the_codebook_is_compiled_for_new_items_alone(desk: Settings) -> None:
    assert (await poll_once(desk, clock.real, everything=True)).hits_new == 1
    pipeline = Pipeline(desk)
    assert "matcher" not in vars(pipeline.in_force.files)
    pipeline.close()


async def test_a_codebook_that_is_not_known_is_compiled_before_it_is_put_in_force(desk: Settings) -> None:
    await poll_once(desk, clock.real, everything=True)
    desk.indicators.write_text(CODEBOOK.replace("query: patrol", "query: patrol OR ferry"))
    pipeline = Pipeline(desk)
    assert "matcher" in vars(pipeline.in_force.files)
    pipeline.close()


def test_what_is_heavy_is_not_even_imported(desk: Settings, site: Site) -> None:
    program = (
        "import sys, json, tracker.cli\n"
        "tracker.cli.tracker.main(standalone_mode=False)\n"
        f"print(json.dumps(sorted(set(sys.modules) & set({HEAVY!r}))), file=sys.stderr)"
    )
    files = ["--db", str(desk.db), "--indicators", str(desk.indicators), "--feeds", str(desk.feeds)]
    for _ in range(2):
        command = [sys.executable, "-c", program, *files, "poll", "--all", "--json"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True,
            env=os.environ | {"TRACKER_ALLOW_NETWORKS": "127.0.0.0/8"},
        )  # fmt: skip
    assert json.loads(done.stdout)["unchanged"] == 1
    assert json.loads(done.stderr.splitlines()[-1]) == []


def test_a_sweep_says_where_its_time_went(desk: Settings, site: Site) -> None:
    files = ["--db", str(desk.db), "--indicators", str(desk.indicators), "--feeds", str(desk.feeds)]
    done = subprocess.run(
        [sys.executable, "-m", "tracker", *files, "poll", "--all", "--json", "--timing"],
        capture_output=True, text=True, check=True, env=os.environ | {"TRACKER_ALLOW_NETWORKS": "127.0.0.0/8"},
    )  # fmt: skip
    spent = {line.split(" s  ")[1]: float(line.split(" s  ")[0]) for line in done.stderr.splitlines()}
    assert {"matching, storing hits", "placing in stories", "indexing for search", "reading in processes"} <= set(spent)
    whole = spent.pop("in all")
    assert whole > 0.1
    assert abs(sum(spent.values()) - whole) < 0.1
