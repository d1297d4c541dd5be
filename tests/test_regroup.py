"""Stories rebuilt: the same groups whatever the order of arrival, and nothing lost on the way."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.store.conftest import INDICATORS, put_in_force
from tracker.cli import tracker
from tracker.feeds import identity
from tracker.model import Feed, Item, Match
from tracker.regroup import Rebuilt, rebuild
from tracker.settings import Settings
from tracker.store import dossier, feeds, hits, items, marks, reviews, stories
from tracker.store.connect import connect, writing
from tracker.store.migrations import open_store
from tracker.stories.group import StoryIndex

NOW = "2026-02-10T06:00:00Z"
FEEDS = (
    Feed("harbour", "http://127.0.0.1/1.xml", publisher="Harbour Post"),
    Feed("steppe", "http://127.0.0.1/2.xml", publisher="Steppe Wire", owner="Republic of Steppe"),
    Feed("herald", "http://127.0.0.1/3.xml", publisher="Steppe Herald", owner="Republic of Steppe"),
)
TALES = (
    "Frigates of {0} left {1} on Monday for a week of joint drills with the navy of {2} in the northern strait, the "
    "press office of the fleet said; live firing and a search for submarines are on the plan",
    "{0} and {1} signed a treaty on the purchase of soya beans worth {3} million crowns, the minister of farming of "
    "{2} said, and a second one on the inspection of grain at the frontier between both countries",
    "A court in {1} fined a bank of {0} {3} million for payments on behalf of a shipping company from {2} which was "
    "put on the list of forbidden firms last summer, its lawyers will appeal",
)
PLACES = ("Norland", "Sudland", "Ostmark", "Westhaven", "Mittelberg", "Karelsk")


def article(tale: int, places: tuple[int, int, int], amount: int, cut: int, day: int, feed: int) -> tuple[str, Item]:
    """A copy of a tale that somebody cut short."""
    words = TALES[tale].format(*(PLACES[place] for place in places), amount).split()
    text = " ".join(words[: len(words) - cut])
    guid = f"{tale}-{places}-{amount}-{cut}-{day}-{feed}"
    at = f"2026-02-{day:02}T{(cut * 3 + feed) % 24:02}:00:00Z"
    return FEEDS[feed].id, Item(guid, f"http://127.0.0.1/{guid}", text[:60], text[60:], published_at=at)


articles = st.builds(
    article,
    tale=st.integers(0, 2),
    places=st.permutations(range(4)).map(lambda order: (order[0], order[1], order[2])),
    amount=st.sampled_from([5, 70]),
    cut=st.integers(0, 14),
    day=st.integers(1, 6),
    feed=st.integers(0, 2),
)


def filled(path: Path, arriving: list[tuple[str, Item]]) -> sqlite3.Connection:
    """A database in which these articles arrived one after another; each hits the first indicator."""
    connection = open_store(path)
    feeds.sync_catalogue(connection, FEEDS, NOW)
    codebook = put_in_force(connection, "one", INDICATORS)
    index = StoryIndex(lambda first, last: stories.members(connection, first, last))
    for feed, item in arriving:
        with writing(connection):
            found = items.Identified(item, item.url, identity.content_hash(item))
            for stored in items.store(connection, feed, [found], NOW):

                def settle(_: int, story: int | None, stored: items.Stored = stored) -> int:
                    if story is None:
                        return stories.new(connection, stored.id, stored.day)
                    stories.join(connection, story, stored.id)
                    return story

                index.place(
                    [(stories.text(item.title, item.summary), stored.day, stories.outlet(connection, feed))], settle
                )
                hits.add(
                    connection,
                    stored.id,
                    [Match("arms", 0.5, ())],
                    codebook_id=codebook,
                    content_hash=found.content_hash,
                    now=NOW,
                )
    return connection


def groups(connection: sqlite3.Connection) -> set[frozenset[str]]:
    rows = connection.execute("select story_id, guid from items").fetchall()
    return {
        frozenset(row["guid"] for row in rows if row["story_id"] == story) for story in {r["story_id"] for r in rows}
    }


def run(path: Path) -> Rebuilt:
    return rebuild(Settings(db=path))


def check_whole(connection: sqlite3.Connection) -> None:
    """Every item is in a story that counts it, and every story and indicator has one primary hit."""
    assert connection.execute("pragma foreign_key_check").fetchall() == []
    assert connection.execute("select count(*) from items where story_id is null").fetchone()[0] == 0
    wrong = connection.execute(
        """select s.id from stories s left join items i on i.story_id = s.id group by s.id
           having s.size != count(i.id) or s.first_day != min(i.day) or sum(i.id = s.first_item_id) != 1"""
    ).fetchall()
    assert wrong == []
    primaries = connection.execute(
        "select sum(primary_in_story) from hits where status != 'withdrawn' group by story_id, indicator_id"
    ).fetchall()
    assert {row[0] for row in primaries} <= {1}
    counted = connection.execute("select sum(stories) from daily_hits").fetchone()[0] or 0
    assert (
        counted
        == len(primaries)
        - connection.execute("select count(*) from hits where primary_in_story and status = 'rejected'").fetchone()[0]
    )


@examples(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(articles, min_size=2, max_size=14, unique_by=lambda pair: pair[1].guid), st.randoms())
def test_a_rebuild_gives_the_same_groups_whatever_the_order_of_arrival(
    tmp_path_factory: pytest.TempPathFactory, arriving: list[tuple[str, Item]], chance: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    shuffled = chance.sample(arriving, len(arriving))
    found = []
    for number, order in enumerate((arriving, shuffled)):
        path = folder / f"{number}.db"
        connection = filled(path, order)
        run(path)
        check_whole(connection)
        found.append(groups(connection))
        assert run(path).changed == 0
        connection.close()
    assert found[0] == found[1]


def bridge(path: Path) -> sqlite3.Connection:
    """Two parts of one report that arrive before the whole, which therefore finds two stories."""
    whole = TALES[0].format("Norland", "Karelsk", "Ostmark") + " " + TALES[1].format("Norland", "Karelsk", "Ostmark", 5)
    half = len(whole) // 2
    texts = {"left": whole[: half + 20], "right": whole[half - 20 :], "whole": whole}
    hours = {"whole": "01", "left": "02", "right": "03"}
    return filled(
        path,
        [
            (feed, Item(name, f"http://127.0.0.1/{name}", name, text, published_at=f"2026-02-01T{hours[name]}:00:00Z"))
            for feed, (name, text) in zip(("harbour", "steppe", "herald"), texts.items(), strict=True)
        ],
    )


def test_merged_stories_keep_the_older_number_their_verdicts_and_their_watchers(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    connection = bridge(path)
    connection.execute("insert into users (name, role, added_at) values ('ann', 'analyst', ?)", (NOW,))
    before = dict(connection.execute("select guid, story_id from items").fetchall())
    assert before["left"] != before["right"]
    hit = connection.execute(
        "select h.id from hits h join items i on i.id = h.item_id where guid = 'right'"
    ).fetchone()[0]
    reviews.judge(connection, hit, "confirmed", reviewer="ann", at=NOW, seen_review_id=0)
    marks.watch(connection, "ann", before["right"], at=NOW, on=True)
    done = run(path)
    assert (done.items, done.stories, done.merged) == (3, 1, 1)
    kept = min(before.values())
    check_whole(connection)
    assert {row[0] for row in connection.execute("select story_id from items")} == {kept}
    assert [tuple(row) for row in connection.execute("select id, status from hits where primary_in_story")] == [
        (hit, "confirmed")
    ]
    assert marks.watches(connection, "ann", kept)
    shown = dossier.story_file(connection, max(before.values()))
    assert shown is not None
    assert (shown.row["id"], shown.row["outlets"]) == (kept, 2)
    with writing(connection):
        assert stories.new(connection, 1, "2026-02-01") > max(before.values())
    connection.close()


def test_a_rebuild_that_was_killed_leaves_whole_stories_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tracker.db"
    chance = random.Random(7)
    arriving = [article(n % 3, (n % 4, (n + 1) % 4, 5), 5, n // 3, 1 + n % 5, n % 3) for n in range(42)]
    chance.shuffle(arriving)
    connection = filled(path, arriving)
    with writing(connection):
        connection.execute(
            """update items set story_id = (select min(id) from stories)
               where id % 3 = 0 and id not in (select first_item_id from stories)"""
        )
        connection.execute("update hits set story_id = (select story_id from items where items.id = item_id)")
    monkeypatch.setattr("tracker.regroup.CHANGES_PER_BATCH", 1)

    def stop(what: str, done: int, _: int) -> None:
        if what == "changes" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(Settings(db=path), on_step=stop)
    assert connection.execute("select count(*) from items").fetchone()[0] == len(arriving)
    assert run(path).changed > 0
    check_whole(connection)
    assert run(path).changed == 0
    connection.close()


def test_outlets_of_one_owner_count_once_also_when_the_feed_list_says_so_later(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    connection = filled(path, [article(0, (0, 1, 2), 5, 0, 1, feed) for feed in (0, 1, 2)])
    assert connection.execute("select size, outlets from stories").fetchall()[0][:] == (3, 2)
    feeds.sync_catalogue(connection, [Feed(feed.id, feed.url, publisher=feed.publisher) for feed in FEEDS], NOW)
    run(path)
    assert connection.execute("select outlets from stories").fetchone()[0] == 3
    connection.close()


def test_the_command_tells_what_it_did(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    bridge(path).close()
    said = CliRunner().invoke(tracker, ["--db", str(path), "stories", "rebuild"])
    assert said.exit_code == 0
    assert "3 items in 1 stories" in said.stdout
    again = CliRunner().invoke(tracker, ["--db", str(path), "stories", "rebuild", "--json"])
    assert json.loads(again.stdout)["changed"] == 0
    with connect(path) as connection:
        check_whole(connection)
