"""Changes to the feed list that leave the rest of the file alone."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.feeds import catalogue, editing
from tracker.model import ConfigError, Feed

LISTED = """\
# The desk's feeds.
feeds:
    - id: harbour   # the first
      url: http://harbour.example/rss
      implies:
        - china

    # Northern papers
    - {id: steppe, url: "http://steppe.example/rss"}   # one line

# the end
"""
NEW = Feed("", "http://new.example/rss", title="New: “Post” #1", language="en", implies=("russia",), interval=900)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.yaml"
    file.write_text(LISTED)
    return file


def ids(path: Path) -> list[str]:
    return [feed.id for feed in catalogue.load(path).feeds]


def test_a_feed_is_added_behind_the_last_and_nothing_else_changes(path: Path) -> None:
    (added,) = catalogue.add(path, [NEW]).added
    assert added == replace(NEW, id="new-post-1")
    assert catalogue.load(path).feeds[-1] == added
    text = path.read_text()
    assert [line for line in text.splitlines() if line in LISTED.splitlines()] == LISTED.splitlines()
    assert text.index("# one line") < text.index("id: new-post-1") < text.index("# the end")


def test_a_feed_is_removed_and_comments_stay(path: Path) -> None:
    assert catalogue.remove(path, ["harbour"])[0].url == "http://harbour.example/rss"
    assert ids(path) == ["steppe"]
    assert path.read_text() == (
        "# The desk's feeds.\nfeeds:\n\n    # Northern papers\n"
        '    - {id: steppe, url: "http://steppe.example/rss"}   # one line\n\n# the end\n'
    )
    catalogue.remove(path, ["steppe"])
    assert ids(path) == []
    assert "# Northern papers" in path.read_text()
    catalogue.add(path, [NEW])
    assert ids(path) == ["new-post-1"]


def test_what_stands_there_already_is_not_added_again(path: Path) -> None:
    imported = catalogue.add(path, [NEW, Feed("x", "http://harbour.example/rss"), NEW])
    assert (len(imported.added), imported.known) == (1, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("feeds: [{id: a, url: 'http://a/'}]\n", "stands in brackets"),
        ("feeds:\n  - id: a\n", "has no url"),
    ],
)
def test_a_refused_edit_changes_nothing(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        catalogue.add(path, [NEW])
    with pytest.raises(ConfigError):
        catalogue.remove(path, ["a"])
    assert path.read_text() == text
    assert os.listdir(path.parent) == ["feeds.yaml"]


def test_ids_that_are_taken_bad_or_unknown_are_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match="'harbour' is taken"):
        catalogue.add(path, [replace(NEW, id="harbour")])
    with pytest.raises(ConfigError, match="small letters"):
        catalogue.add(path, [replace(NEW, id="Not Good")])
    with pytest.raises(ConfigError, match="no feed nobody"):
        catalogue.remove(path, ["steppe", "nobody"])
    assert path.read_text() == LISTED


def test_a_missing_file_is_begun_and_an_empty_list_filled(tmp_path: Path) -> None:
    path = tmp_path / "desk" / "feeds.yaml"
    catalogue.add(path, [NEW])
    assert ids(path) == ["new-post-1"]
    for text in ("feeds:\n", "feeds: []   # none\n", "feeds: []", "# x\nfeeds:\n# y\n", "feeds: null\n"):
        path.write_text(text)
        catalogue.add(path, [NEW])
        assert ids(path) == ["new-post-1"]


def test_line_ends_mode_and_links_are_kept(path: Path) -> None:
    path.write_bytes(LISTED.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    link = path.with_name("link.yaml")
    link.symlink_to(path)
    catalogue.add(link, [NEW])
    assert link.is_symlink()
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert ids(link)[-1] == "new-post-1"


@pytest.mark.parametrize(
    ("feed", "chosen"),
    [
        (Feed("", "http://a.example/", title="Straits Times: World"), "straits-times-world"),
        (Feed("", "http://a.example/", title="Économie & société"), "economie-societe"),
        (Feed("", "https://www.new-times.example/rss/politics.xml", title="Новое время"), "new-times-politics"),
        (Feed("", "http://127.0.0.1:8900/live/daily.xml", title="日报"), "daily"),
        (Feed("", "http://127.0.0.1/rss.xml"), "feed"),
        (Feed("", "http://a.example/", title="taken"), "taken-2"),
    ],
)
def test_ids_come_from_title_or_address(feed: Feed, chosen: str) -> None:
    assert editing.new_id(feed, {"taken"}) == chosen


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30).map(str.strip)


@given(
    st.lists(
        st.builds(
            Feed, id=st.just(""), url=st.integers(0, 9).map("http://h.example/{}".format), title=WORDS, publisher=WORDS,
            owner=WORDS, kind=WORDS.filter(lambda word: word != "archive"), country=WORDS,
            implies=st.lists(st.sampled_from(["china", "no", "2027", "a-b"]), max_size=2).map(tuple),
            interval=st.none() | st.integers(60, 1000), fulltext=st.booleans(),
        ),
        max_size=3, unique_by=lambda feed: feed.url,
    )
)  # fmt: skip
def test_what_is_added_is_read_back_and_removed_again(
    tmp_path_factory: pytest.TempPathFactory, feeds: list[Feed]
) -> None:
    path = tmp_path_factory.mktemp("desk") / "feeds.yaml"
    path.write_text(LISTED)
    added = catalogue.add(path, feeds).added
    assert catalogue.load(path).feeds[2:] == added
    if added:
        catalogue.remove(path, [feed.id for feed in added])
    assert path.read_text() == LISTED
