"""feeds.yaml: what it may say, and every mistake with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tracker.feeds import catalogue
from tracker.model import ConfigError, Feed


def load(tmp_path: Path, text: str) -> catalogue.Catalogue:
    path = tmp_path / "feeds.yaml"
    path.write_text(text, encoding="utf-8")
    return catalogue.load(path)


def problems(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert {problem.file for problem in caught.value.problems} == {str(tmp_path / "feeds.yaml")}
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_everything_that_a_feed_may_say(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        """\
feeds:
  - id: harbour
    url: https://harbour.example/rss.xml
    title: Harbour Post
    publisher: Harbour Post
    owner: Harbour Group
    language: en
    kind: press
    country: GB
    implies: [china, "@russia"]
    headers: {Accept-Language: en, Authorization: "Bearer ${TRACKER_FEED_AUTH}"}
    interval: 2h
    fulltext: true
  - {id: no, url: "http://127.0.0.1:8900/a?b=1", interval: 90}
""",
    )
    assert found.feeds == (
        Feed(
            "harbour", "https://harbour.example/rss.xml", "Harbour Post", "Harbour Post", "Harbour Group", "en",
            "press", "GB", ("china", "russia"),
            (("Accept-Language", "en"), ("Authorization", "Bearer ${TRACKER_FEED_AUTH}")), 7200, True,
        ),
        Feed("no", "http://127.0.0.1:8900/a?b=1", interval=90),
    )  # fmt: skip
    assert found.lines == (2, 14)
    assert [(p.line, p.message) for p in found.unknown_concepts({"russia"})] == [
        (2, "feed 'harbour' implies 'china', no concept of the lexicon")
    ]


@pytest.mark.parametrize("text", ["feeds: []\n", "feeds:\n", "# none yet\nfeeds: []"])
def test_an_empty_list_is_a_list(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).feeds == ()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the key feeds is missing"),
        ("feed: []\n", 1, "unknown key 'feed'"),
        ("feeds: {a: b}\n", 1, "must be a list"),
        ("feeds: [\n", 2, "no valid YAML"),
        ('feeds:\n  - id: "a\n', 3, "no valid YAML"),
        ("feeds:\n\t- id: a\n", 2, "a tab stands here"),
        ("feeds: " + "[" * 50_000, 0, "too deep in each other"),
        ("feeds:\n  - just words\n", 2, "each feed must be a mapping"),
        ("feeds:\n  - id: a\n", 2, "this feed has no url"),
        ("feeds:\n  - url: http://x/\n", 2, "this feed has no id"),
        ("feeds:\n  - id:\n    url: http://x/\n", 2, "this feed has no id"),
        ("feeds:\n  - id: A b\n    url: http://x/\n", 2, "small letters, digits and hyphens"),
        ("feeds:\n  - id: a\n    url: x.example/rss\n", 3, "no web address"),
        ("feeds:\n  - id: a\n    url: ftp://x.example/rss\n", 3, "no web address"),
        ("feeds:\n  - id: a\n    url: http://me:pw@x.example/rss\n", 3, "must not hold a name or password"),
        ("feeds:\n  - id: a\n    url: [http://x/]\n", 3, "must be text"),
        (
            "feeds:\n  - {id: a, url: 'http://x/', langauge: en}\n",
            2,
            "unknown key 'langauge' in a feed; did you mean language?",
        ),
        ("feeds:\n  - {id: a, url: 'http://x/', language: English}\n", 2, "must be a language tag"),
        ("feeds:\n  - {id: a, url: 'http://x/', interval: 5}\n", 2, "between one minute and seven days"),
        ("feeds:\n  - {id: a, url: 'http://x/', interval: often}\n", 2, "between one minute and seven days"),
        ("feeds:\n  - {id: a, url: 'http://x/', fulltext: maybe}\n", 2, "must be true or false"),
        ("feeds:\n  - {id: a, url: 'http://x/', kind: archive}\n", 2, "kind must not be archive"),
        ("feeds:\n  - {id: a, url: 'http://x/', headers: [a]}\n", 2, "must be a mapping"),
        ("feeds:\n  - {id: a, url: 'http://x/', headers: {Cookie: id=1}}\n", 2, "must come from the environment"),
        ("feeds:\n  - {id: a, url: 'http://x/', headers: {'Bad name': x}}\n", 2, "is no header"),
        ("feeds:\n  - {id: a, id: b, url: 'http://x/'}\n", 2, "'id' stands twice"),
        (
            "feeds:\n  - {id: a, url: 'http://x/'}\n  - {id: a, url: 'http://y/'}\n",
            3,
            "the id 'a' stands on line 2 already",
        ),
        ("feeds:\n  - {id: a, url: 'http://x/'}\n  - {id: b, url: 'http://x/'}\n", 3, "stands on line 2 already"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    found = problems(tmp_path, text)
    assert found[0][0] == line
    assert any(message in said for _, said in found)


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "feeds:\n  - id: A\n    url: x\n    colour: red\n  - {}\n  - {id: b, url: 'http://b/', interval: 1}\n"
    assert [line for line, _ in problems(tmp_path, text)] == [2, 3, 4, 5, 5, 6]


def test_a_file_that_is_absent_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        catalogue.load(tmp_path / "feeds.yaml")
    (tmp_path / "feeds.yaml").write_bytes("feeds:\n  - {id: a, title: Мир}".encode("cp1251"))
    with pytest.raises(ConfigError, match=r"feeds\.yaml:2.*not UTF-8"):
        catalogue.load(tmp_path / "feeds.yaml")


def test_the_list_of_this_desk_is_valid_and_broad() -> None:
    feeds = catalogue.load(ROOT / "feeds.yaml").feeds
    assert len(feeds) >= 60
    assert {feed.language for feed in feeds} == {"en", "ru", "zh"}
    assert all(feed.title and feed.publisher and feed.owner and feed.kind and feed.country for feed in feeds)
    assert all(feed.implies for feed in feeds if feed.kind == "official" and feed.id != "iaea")
