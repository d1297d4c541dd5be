"""A week of real news, with a summit in it, on the desk and in mails: nothing breaks, and every mail is read back."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
import unicodedata
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from tests.digest.test_render import TAGS, Page
from tests.review.conftest import address, chromium
from tests.review.test_browser import CONTRAST, Browse, browse, scanned, verdicts
from tracker.cli import tracker
from tracker.clock import parse_iso, real
from tracker.digest import Rendered, preview
from tracker.digest.columns import COLUMNS, width
from tracker.digest.render import HTML_LIMIT
from tracker.settings import Settings
from tracker.store import users
from tracker.store.connect import connect

__all__ = ["address", "browse", "chromium"]
ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT.parent / "shared/news/archive.jsonl.gz"
FIRST, LAST, NOW = "2026-05-15", "2026-05-21", "2026-05-22T06:00:00Z"
BASE = "https://tracker.example.org"
pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="no archive of real news beside the repository")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the items of that week, found by the codebook of this repository."""
    folder = tmp_path_factory.mktemp("week")
    (folder / "clock").write_text(NOW)
    with gzip.open(ARCHIVE, "rt", encoding="utf-8") as archive, (folder / "week.jsonl").open("w") as week:
        week.writelines(line for line in archive if FIRST <= json.loads(line)["date"][:10] <= LAST)
    words = ["--db", str(folder / "tracker.db"), "--indicators", str(ROOT / "indicators.yaml")]
    environment = {"TRACKER_CLOCK": str(folder / "clock")}
    for command in (["replay", "--jobs", "0", "--json", str(folder / "week.jsonl")], ["report", "--keep"]):
        done = CliRunner().invoke(tracker, [*words, *command], env=environment)
        assert done.exit_code == 0, done.output
    connection = connect(folder / "tracker.db")
    users.add(connection, "ann", "analyst", real())
    assert connection.execute("select count(*) from hits").fetchone()[0] > 50
    connection.close()
    return folder / "tracker.db"


@pytest.fixture
def settings(replayed: Path, tmp_path: Path) -> Settings:
    """A copy of that database, at the morning after."""
    shutil.copy(replayed, tmp_path / "tracker.db")
    clock = tmp_path / "clock"
    clock.write_text(NOW)
    return Settings(db=tmp_path / "tracker.db", indicators=ROOT / "indicators.yaml", clock=str(clock))


@pytest.fixture
def db(settings: Settings) -> Iterator[sqlite3.Connection]:
    connection = connect(settings.db)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", ["daily", "weekly"])
def test_mails_of_real_news_are_read_back(db: sqlite3.Connection, settings: Settings, name: str) -> None:
    ours = Settings(db=settings.db, base_url=BASE, mail_from="Tracker <tracker@news.example.org>")
    made: Rendered = preview(db, ours, parse_iso(NOW), name)  # type: ignore[arg-type]
    assert len(made.content.entries) > 5
    assert len(made.html.encode()) < HTML_LIMIT
    mail = message_from_bytes(made.raw, policy=policy.default)
    assert not mail.defects
    assert [part.get_content_type() for part in mail.iter_parts()] == [
        "text/plain", "multipart/related" if made.pictures else "text/html",
    ]  # fmt: skip
    assert max(map(len, made.raw.split(b"\r\n"))) <= 998
    assert mail["Subject"] == made.subject
    page = Page(made.html)
    assert page.tags <= TAGS | {"img"}
    assert page.remote == [f"cid:{picture.cid}" for picture in made.pictures]
    for link in page.links:
        parts = urlsplit(link)
        assert parts.scheme in ("http", "https"), link
        if parts.netloc == urlsplit(BASE).netloc:
            assert parts.path.startswith("/-/tracker/"), link
    hits = {int(number) for link in page.links for number in re.findall(r"queue\?hit=(\d+)", link)}
    assert hits == {entry.hit_id for entry in made.content.entries}
    too_wide = [line for line in made.text.splitlines() if width(line) > COLUMNS and "://" not in line]
    assert too_wide == []
    controls = {char for char in made.text if unicodedata.category(char) in ("Cc", "Cs")} - {"\n"}
    assert controls == set()
    for entry in made.content.entries:
        title = db.execute(
            "select title from items where id = (select item_id from hits where id = ?)", (entry.hit_id,)
        ).fetchone()[0]
        first = next(iter(re.findall(r"\w{4,}|[\u4e00-\u9fff]{4}", title)), "")
        assert first[:4] in made.text.replace("*", ""), "the original title stands in the text"


def test_a_session_over_real_items(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse(viewport={"width": 1280, "height": 900})
    one.key("q")
    seen = []
    for key in "cru":
        seen.append(one.headline)
        assert one.page.locator("article mark").count() >= 1, "evidence stands out"
        if one.page.locator("[name=with_copies]").count() and one.page.is_checked("[name=with_copies]"):
            one.page.keyboard.press("a")
        one.page.keyboard.press("n")
        one.page.keyboard.type(f"note for {key}")
        one.page.keyboard.press("Escape")
        one.key(key)
    assert [(verdict, note) for verdict, note, _ in verdicts(db)] == [
        ("confirmed", "note for c"), ("rejected", "note for r"), ("unsure", "note for u"),
    ]  # fmt: skip
    for headline in reversed(seen):
        one.key("z")
        assert one.headline == headline
    assert all(undone for *_, undone in verdicts(db))
    one.open("/-/tracker/list")
    one.page.check("[data-checks-all]")
    one.click("button.reject")
    asked = int(one.page.inner_text("h1").split()[1])
    one.click(f"text=Yes, all {asked}")
    assert db.execute("select count(*) from hits where status = 'rejected'").fetchone()[0] == asked


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_real_items_fit_and_can_be_read_by_all(browse: Browse, db: sqlite3.Connection, scheme: str) -> None:
    """Phone width, contrast, axe-core, and (by the fixture) no message in the console and no request to elsewhere."""
    hit, item, story, indicator = db.execute(
        "select id, item_id, story_id, indicator_id from hits where story_id is not null order by id limit 1"
    ).fetchone()
    paths = [
        "/", "/-/tracker/queue", f"/-/tracker/queue?hit={hit}", "/-/tracker/queue?language=zh",
        "/-/tracker/queue?language=ru", "/-/tracker/list", f"/-/tracker/indicators/{indicator}", "/-/tracker/report",
        f"/-/tracker/stories/{story}", f"/-/tracker/items/{item}", "/-/tracker/feeds", "/-/tracker/alerts",
        "/-/tracker/search?q=普京", "/-/tracker/history", "/-/tracker/mail",
    ]  # fmt: skip
    one = browse(viewport={"width": 360, "height": 740}, color_scheme=scheme, bypass_csp=True)
    faults = {}
    for path in paths:
        one.open(path)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert one.page.evaluate(CONTRAST.read_text()) == [], path
        faults[path] = scanned(one)
    assert {path: found for path, found in faults.items() if found} == {}
