"""The desk in chromium over loopback: keys, no JavaScript, phone, dark, hostile text; nothing leaves the host."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.review import sample
from tests.review.test_alerts_page import raise_alert
from tests.review.test_outlook import fill
from tests.review.test_quality_pages import CODEBOOK, draw
from tracker.clock import real
from tracker.settings import Settings
from tracker.store import reviews, users

CONTRAST = Path(__file__).parent / "contrast.js"
AXE = Path(__file__).parents[1] / "vendor/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCAN = """rules => axe.run(document, {runOnly: rules}).then(
    found => found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")}`))"""
pytestmark = pytest.mark.browser

PAGES = [
    "/", "/-/tracker/queue", "/-/tracker/queue?indicator=sanctions&language=zh", "/-/tracker/queue?hit=1",
    "/-/tracker/indicators/arms-transfer", "/-/tracker/stories/1", "/-/tracker/feeds", "/-/tracker/history",
    "/-/tracker/search?q=sanctions", "/-/tracker/search", "/-/tracker/queue?group=outcome",
    "/-/tracker/alerts", "/-/tracker/alerts?state=all", "/-/tracker/report", "/-/tracker/list?alerting=1",
    "/-/tracker/feeds?status=stale", "/-/tracker/mail", "/-/tracker/list", "/-/tracker/list?status=confirmed",
    "/-/tracker/items/1", "/-/tracker/nothing",
]  # fmt: skip
EXPECTED = {"/-/tracker/nothing": ("404",), "/-/tracker/verdict": ("409",), "/": ("401",)}
"""Answers that the browser itself notes in its console, by path."""
PLAIN = ["/tracker", "/tracker/hits", "/tracker/items?_search=演习", "/tracker?sql=select+1", "/tracker/hits/1"]


class Watched:
    """A signed-in page that keeps what went wrong: console messages, errors, requests that leave the host."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.troubles: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", self._look)
        page.on("dialog", lambda dialog: self.troubles.append(f"dialog {dialog.message}"))

    def _hear(self, message: Any) -> None:
        expected = any(code in message.text for code in EXPECTED.get(urlsplit(message.location["url"]).path, ()))
        if message.type in ("error", "warning") and not expected:
            self.troubles.append(message.text)

    def _look(self, request: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.address).netloc:
            self.troubles.append(f"left the host for {request.url}")

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def key(self, key: str) -> None:
        """Strike a key that leads to another page, and wait for that."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def click(self, selector: str) -> None:
        """Click what leads to another page, and wait for that."""
        with self.page.expect_navigation():
            self.page.click(selector)

    @property
    def headline(self) -> str:
        return str(self.page.inner_text("#headline"))


Browse = Callable[..., Watched]


@pytest.fixture
def browse(chromium: Any, address: str, db: sqlite3.Connection) -> Iterator[Browse]:
    contexts = []
    watched: list[Watched] = []

    def start(name: str = "ann", **options: Any) -> Watched:
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        one = Watched(context.new_page(), address)
        watched.append(one)
        one.page.goto(users.link(db, name, address, real()))
        return one

    yield start
    for context in contexts:
        context.close()
    assert [trouble for one in watched for trouble in one.troubles] == []


def verdicts(db: sqlite3.Connection) -> list[tuple[str, str, bool]]:
    rows = db.execute("select verdict, note, undone_at is not null as undone from reviews order by id")
    return [(row["verdict"], row["note"], bool(row["undone"])) for row in rows]


def test_a_session_by_keys_alone(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse()
    one.key("q")
    seen = []
    seen.append(one.headline)
    one.key("c")
    seen.append(one.headline)
    one.key("r")
    seen.append(one.headline)
    one.page.keyboard.press("n")
    one.page.keyboard.type("could be either; crutch")
    one.page.keyboard.press("Escape")
    one.key("u")
    assert len(set(seen)) > 1
    assert [verdict for verdict, note, _ in verdicts(db) if verdict != "confirmed" or not note][-1] == "unsure"
    assert verdicts(db)[-1] == ("unsure", "could be either; crutch", False)
    for headline in reversed(seen):
        one.key("z")
        assert one.headline == headline
    assert all(undone for _, _, undone in verdicts(db))
    assert db.execute("select count(*) from hits where status != 'new'").fetchone()[0] == 0
    first = one.headline
    one.key("s")
    one.key("k")
    assert one.headline == first
    one.key("g")
    assert urlsplit(one.page.url).path == "/"


def test_copies_follow_the_tick(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse()
    one.open("/-/tracker/queue?indicator=arms-transfer")
    assert one.page.is_checked("[name=with_copies]")
    one.page.keyboard.press("a")
    assert not one.page.is_checked("[name=with_copies]")
    one.page.keyboard.press("a")
    one.key("r")
    assert len(verdicts(db)) == 2


def test_help_and_search_by_key(browse: Browse) -> None:
    one = browse()
    one.page.keyboard.press("?")
    assert one.page.is_visible("#keys")
    one.page.keyboard.press("Escape")
    assert not one.page.is_visible("#keys")
    one.page.keyboard.press("/")
    one.page.keyboard.type("演习 q c r")
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    assert "search" in one.page.url
    one.open("/-/tracker/search?q=sanctions")
    one.page.locator("h1").click()
    one.page.keyboard.press("j")
    assert "New sanctions" in one.page.evaluate("document.activeElement.innerText")
    one.key("Enter")
    assert "New sanctions" in one.headline


def test_many_at_once_from_the_list(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse()
    one.open("/-/tracker/queue?group=cooperation")
    one.key("l")
    assert "group=cooperation" in one.page.url
    one.page.check("[data-checks-all]")
    one.page.keyboard.press("n")
    one.page.keyboard.type("a quiet week")
    one.click("button.reject")
    assert "Reject 6 hits?" in one.page.inner_text("h1")
    one.click("text=Yes, all 6")
    assert verdicts(db) == [("rejected", "a quiet week", False)] * 6
    one.key("z")
    assert verdicts(db) == [("rejected", "a quiet week", True)] * 6


def test_a_held_key_gives_one_verdict(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse()
    one.open("/-/tracker/queue")
    with one.page.expect_navigation():
        one.page.evaluate(
            """() => {
                 for (const repeat of [false, false, true, true])
                   document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "c", repeat, bubbles: true}));
               }"""
        )
    assert len({row[0] for row in db.execute("select act_id from reviews")}) == 1


def test_two_analysts_at_once(browse: Browse, db: sqlite3.Connection) -> None:
    """They get different hits; who judges from a page that has gone stale overwrites nothing."""
    ann, bob = browse("ann"), browse("bob")
    ann.open("/-/tracker/queue")
    bob.open("/-/tracker/queue")
    assert ann.page.input_value(".verdicts [name=hit]") != bob.page.input_value(".verdicts [name=hit]")
    hit = ann.page.input_value(".verdicts [name=hit]")
    bob.open(f"/-/tracker/queue?hit={hit}")
    assert "ann has this hit on the desk" in bob.page.inner_text(".verdicts")
    bob.key("r")
    ann.page.keyboard.press("n")
    ann.page.keyboard.type("mine")
    ann.page.keyboard.press("Escape")
    ann.key("c")
    assert "bob judged it" in ann.page.inner_text("main")
    assert {verdict for verdict, *_ in verdicts(db)} == {"rejected"}
    assert db.execute("select status from hits where id = ?", (hit,)).fetchone()[0] == "rejected"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_samples_and_tried_queries(browse: Browse, db: sqlite3.Connection, settings: Settings, scheme: str) -> None:
    """Read by keys, tried by a form; on a phone, scanned, without a word in the console."""
    settings.indicators.write_text(CODEBOOK)
    draw(db)
    one = browse(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    one.open("/-/tracker/samples")
    first = one.headline
    one.key("c")
    assert one.headline != first
    assert db.execute("select verdict from sample_readings").fetchone()[0] == "confirmed"
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 360
    one.open("/-/tracker/try/sanctions")
    one.page.fill("[name=query]", "sanctions OR vessel* OR the")
    one.click("text=Show the difference")
    assert one.page.locator("mark").count() >= 1
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 360
    scanner = browse(color_scheme=scheme, bypass_csp=True)
    for path in ("/-/tracker/samples", "/-/tracker/try/sanctions"):
        assert scanned(scanner, path) == []
        assert scanner.page.evaluate(CONTRAST.read_text()) == []


def test_rows_of_the_plain_tables_are_no_towers(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse(viewport={"width": 1280, "height": 800})
    for path in ("/tracker/hits", "/tracker/items", "/tracker?sql=select+*+from+hits"):
        one.open(path)
        heights = one.page.evaluate("[...document.querySelectorAll('tbody tr')].map(one => one.offsetHeight)")
        assert heights
        assert max(heights) < 260, path


def test_the_source_opens_beside_and_changes_nothing(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse()
    one.open("/-/tracker/queue")
    link = one.page.locator("[data-click-key=o]")
    assert "noreferrer" in link.get_attribute("rel")
    assert link.get_attribute("target") == "_blank"
    one.page.route("https://news.example.org/**", lambda route: route.fulfill(body="the article"))
    one.page.context.route("https://news.example.org/**", lambda route: route.fulfill(body="the article"))
    with one.page.context.expect_page() as opened:
        one.page.keyboard.press("o")
    assert opened.value.evaluate("document.referrer") == ""
    assert opened.value.evaluate("window.opener") is None
    assert verdicts(db) == []


def test_without_javascript(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse(java_script_enabled=False)
    one.open("/-/tracker/queue")
    headline = one.headline
    one.page.fill("[name=note]", "by hand")
    one.click("button.confirm")
    assert one.headline != headline or one.page.locator(".last-act").is_visible()
    one.click(".last-act button")
    assert one.headline == headline
    assert verdicts(db)[0] == ("confirmed", "by hand", True)
    one.page.click("summary:has-text('Filter')")
    one.page.select_option("[name=language]", "ru")
    one.click(".filters button")
    assert "language=ru" in one.page.url
    assert one.page.get_attribute("#headline", "lang") == "ru"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_width_and_both_schemes(browse: Browse, db: sqlite3.Connection, scheme: str) -> None:
    sample.add_hostile(db)
    sample.add_past(db, 30)
    fill(db)
    one = browse(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    grounds = set()
    for path in PAGES:
        one.open(path)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 360, path
        grounds.add(one.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert len(grounds) == 1
    assert (sum(map(int, grounds.pop()[4:-1].split(","))) < 200) == (scheme == "dark")
    one.open("/-/tracker/queue")
    confirm = one.page.locator("button.confirm").bounding_box()
    assert confirm["height"] >= 40
    assert confirm["y"] + confirm["height"] <= 740


def test_hostile_text_never_runs_and_never_breaks_the_page(browse: Browse, db: sqlite3.Connection) -> None:
    hits = sample.add_hostile(db)
    one = browse(viewport={"width": 1280, "height": 800})
    for path in [*(f"/-/tracker/queue?hit={hit}" for hit in hits), *PAGES, *PLAIN]:
        one.open(path)
        assert one.page.evaluate("window.pwned") is None, path
        assert one.page.is_visible("body"), path
        if path not in PLAIN:
            assert one.page.evaluate("document.documentElement.scrollWidth") <= 1280, path
    one.open(f"/-/tracker/queue?hit={hits[2]}")
    assert one.page.locator("article").bounding_box()["height"] < 700
    assert one.page.locator("mark").count() >= 1


def test_every_page_is_quiet(browse: Browse, db: sqlite3.Connection) -> None:
    """No console message, no request to elsewhere: the fixture fails the test on any."""
    one = browse()
    for path in [*PAGES, *PLAIN, "/-/tracker/queue?since=2026-02-01"]:
        one.open(path)
        assert one.page.title()
    one.open("/tracker?sql=select+1+as+one")
    assert one.page.locator(".CodeMirror").count() == 1


def test_contrast_of_text_is_enough(browse: Browse, db: sqlite3.Connection) -> None:
    """WCAG AA: 4.5 to 1 for every piece of text on our pages, in both schemes."""
    sample.add_past(db, 30)
    fill(db)
    for scheme in ("light", "dark"):
        one = browse(color_scheme=scheme)
        for path in PAGES:
            one.open(path)
            faint = one.page.evaluate(CONTRAST.read_text())
            assert faint == [], (scheme, path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(browse: Browse, db: sqlite3.Connection, scheme: str) -> None:
    """Every page of ours and its states, scanned with axe-core: WCAG 2.2 A and AA, and good practice."""
    sample.add_past(db, 30)
    fill(db)
    raise_alert(db, "sanctions", "2026-02-02")
    raise_alert(db, "doubts", "2026-01-31")
    db.execute("update alerts set status = 'closed' where indicator_id = 'doubts'")
    one = browse(color_scheme=scheme, bypass_csp=True)
    one.open("/-/tracker/queue?hit=5")
    one.key("c")
    faults = {path: found for path in PAGES if (found := scanned(one, path))}
    one.open("/-/tracker/queue")
    one.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    faults["queue, opened"] = scanned(one)
    one.page.keyboard.press("?")
    faults["keys"] = scanned(one)
    one.page.keyboard.press("Escape")
    db.execute("update hits set status = 'withdrawn' where id = 4")
    one.open("/-/tracker/list")
    one.page.check("[data-checks-all]")
    one.click("button.reject")
    faults["bulk preview"] = scanned(one)
    one.click(".me button")
    faults["signed out"] = scanned(one)
    assert {page: found for page, found in faults.items() if found} == {}


def test_axe_finds_nothing_where_somebody_was_quicker(browse: Browse, db: sqlite3.Connection) -> None:
    one = browse(bypass_csp=True)
    one.open("/-/tracker/queue?hit=1")
    reviews.judge(db, 1, "rejected", reviewer="bob", at=sample.STAMP, seen_review_id=0, note="a game")
    one.key("c")
    assert "bob judged it" in one.page.inner_text("main")
    assert scanned(one) == []


def scanned(one: Watched, path: str = "") -> list[str]:
    """What axe-core finds on a page."""
    if path:
        one.open(path)
    one.page.evaluate(AXE.read_text())
    return list(one.page.evaluate(SCAN, RULES))
