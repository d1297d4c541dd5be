"""OPML of other readers, OPML of ours, OPML that attacks."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tracker.feeds import catalogue, opml
from tracker.model import ConfigError, Feed

FOREIGN = """<?xml version="1.0" encoding="windows-1251"?>
<opml version="1.1"><head><title>mine</title></head><body>
<outline text="Азия" title="Азия">
  <outline type="rss" text="Дальний &amp; восток" xmlUrl="http://east.example/rss?a=1&b=2"
    htmlUrl="http://east.example/"/>
  <outline text="Folder in folder">
    <outline title="Steppe" text="x" XMLURL="feed://steppe.example/rss" language="ru"/></outline>
</outline>
<outline type="link" text="no feed" url="http://page.example/"/>
<outline type="rss" text="By url" url="http://url.example/rss"/>
<outline type="rss" text="Twice" xmlUrl="http://url.example/rss"/>
</body></opml>"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.opml"


def test_a_foreign_list_is_read(path: Path) -> None:
    path.write_bytes(FOREIGN.encode("cp1251"))
    assert [outline.feed for outline in opml.read(path)] == [
        Feed("", "http://east.example/rss?a=1&b=2", title="Дальний & восток"),
        Feed("", "http://steppe.example/rss", title="Steppe", language="ru"),
        Feed("", "http://url.example/rss", title="By url"),
    ]


def test_a_foreign_list_goes_round(tmp_path: Path, path: Path) -> None:
    path.write_bytes(FOREIGN.encode("cp1251"))
    here, there = tmp_path / "here.yaml", tmp_path / "there.yaml"
    assert len(catalogue.import_opml(here, path).added) == 3
    assert catalogue.import_opml(here, path).known == 3
    path.write_text(catalogue.export_opml(catalogue.load(here).feeds))
    catalogue.import_opml(there, path)
    assert catalogue.load(there).feeds == catalogue.load(here).feeds


def test_our_own_list_comes_back_whole_but_for_headers(tmp_path: Path, path: Path) -> None:
    feed = Feed(
        "harbour", "http://h.example/?a=1&b=<2>", 'The "Post" <b>', "Post & Co", "Group", "zh-CN", "press", "CN",
        ("china", "russia"), (("Authorization", "${X}"),), 900, True,
    )  # fmt: skip
    untitled = Feed("steppe", "http://s.example/")
    path.write_text(catalogue.export_opml((feed, untitled)))
    assert "Authorization" not in path.read_text()
    catalogue.import_opml(tmp_path / "feeds.yaml", path)
    back, plain = catalogue.load(tmp_path / "feeds.yaml").feeds
    assert back == replace(feed, headers=())
    assert plain == untitled


def test_an_id_that_is_taken_here_gives_way(tmp_path: Path, path: Path) -> None:
    catalogue.add(tmp_path / "feeds.yaml", [Feed("harbour", "http://other.example/")])
    path.write_text(catalogue.export_opml((Feed("harbour", "http://h.example/", title="Harbour"),)))
    catalogue.import_opml(tmp_path / "feeds.yaml", path)
    assert [feed.id for feed in catalogue.load(tmp_path / "feeds.yaml").feeds] == ["harbour", "harbour-2"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "is empty"),
        ("not xml", r"list\.opml:1:1: is no well-formed OPML"),
        ("<opml><body>\n<outline xmlUrl='http://x/'></body></opml>", r"list\.opml:2.*no well-formed OPML"),
        ("<rss><channel/></rss>", "begins with <rss>"),
        ("<opml><body><outline text='folder'/></body></opml>", "names no feed"),
        (
            "<opml><body>\n<outline xmlUrl='nowhere'/>\n<outline xmlUrl='ftp://x/'/></body></opml>",
            r"list\.opml:2: .*\n.*list\.opml:3: ",
        ),
        ("<!DOCTYPE o [<!ENTITY a 'x'>]><opml/>", "declares XML entities"),
    ],
)
def test_a_faulty_list_is_refused_and_nothing_changes(tmp_path: Path, path: Path, document: str, message: str) -> None:
    path.write_text(document)
    with pytest.raises(ConfigError, match=message):
        catalogue.import_opml(tmp_path / "feeds.yaml", path)
    assert not (tmp_path / "feeds.yaml").exists()


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.opml: there is no such file"):
        opml.read(tmp_path / "gone.opml")


def test_entity_bombs_are_harmless(path: Path) -> None:
    bomb = "<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
    )
    path.write_text(f"<!DOCTYPE o [{bomb}]><opml><body><outline text='&j;' xmlUrl='http://x/'/></body></opml>")
    started = time.monotonic()
    with pytest.raises(ConfigError, match="declares XML entities"):
        opml.read(path)
    assert time.monotonic() - started < 2
