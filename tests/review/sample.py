"""A small desk of our own invention: feeds, indicators and items in three scripts, some of them hostile."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime, timedelta

from tracker.feeds.cleaning import text_of
from tracker.model import Feed, Indicator
from tracker.store import codebooks, feeds
from tracker.store.connect import split_cjk

NOW = datetime(2026, 2, 3, 6, 0, tzinfo=UTC)
STAMP = "2026-02-03T06:00:00Z"

FEEDS = (
    Feed("harbour", "http://127.0.0.1/harbour.xml", publisher="Harbour Post", language="en", country="GB"),
    Feed("steppe", "http://127.0.0.1/steppe.xml", publisher="Степной вестник", language="ru", country="RU"),
    Feed("lantern", "http://127.0.0.1/lantern.xml", publisher="灯塔晚报", language="zh", country="CN"),
    Feed("mirror", "http://127.0.0.1/mirror.xml", publisher="Mirror Daily", language="en", country="US"),
)

INDICATORS = (
    Indicator(
        "arms-transfer", "Weapons change hands", "cooperation", "toward", '"artillery shells" OR снаряд* OR 炮弹',
        counts="Weapons or ammunition handed over, or a promise to do so.",
        does_not_count="Museum pieces, games, sales to third countries.",
        confusable="Dual-use exports", ground=(("S12", "Each gains from the other."),),
    ),
    Indicator(
        "joint-drill", "Joint exercises", "cooperation", "toward", "drill* OR учени* OR 演习",
        counts="Forces of both train together.", does_not_count="Fire drills.",
    ),
    Indicator("brotherhood", "Talk of brotherhood", "rhetoric", "toward", "brother* OR брат* OR 兄弟"),
    Indicator("sanctions", "Western sanctions", "driver", "toward", "sanction* OR санкци* OR 制裁"),
    Indicator("doubts", "Doubts are voiced", "barrier", "away", "doubt* OR сомнени* OR 怀疑"),
    Indicator("pact", "A pact is signed", "outcome", "toward", '"mutual defence"'),
)  # fmt: skip

STORIES: tuple[tuple[str, str, str, str, tuple[tuple[str, str, str], ...], int], ...] = (
    # feed, language, title, summary, ((indicator, field, words), ...), days ago
    ("harbour", "en", "Freighter unloads artillery shells at dawn",
     "Dockers counted forty crates of artillery shells before the drill began.",
     (("arms-transfer", "title", "artillery shells"), ("arms-transfer", "summary", "artillery shells"),
      ("joint-drill", "summary", "drill")), 0),
    ("mirror", "en", "Freighter unloads artillery shells at dawn, dockers say",
     "Forty crates of artillery shells were counted.", (("arms-transfer", "title", "artillery shells"),), 0),
    ("steppe", "ru", "На полигоне начались совместные учения",
     "Танкисты двух стран отработали переправу; снаряды были учебными.",
     (("joint-drill", "title", "учения"), ("arms-transfer", "summary", "снаряды")), 1),
    ("lantern", "zh", "两国海军举行联合演习，普京致贺电",
     "演习持续三天，期间没有使用实弹，炮弹均为训练弹。",
     (("joint-drill", "title", "演习"), ("arms-transfer", "summary", "炮弹")), 2),
    ("harbour", "en", "Minister doubts that the road will ever be built",
     "Asked about the timetable, the minister voiced doubt after doubt.", (("doubts", "title", "doubts"),), 3),
    ("steppe", "ru", "Посол назвал соседей братьями", "Речь о братьях вызвала улыбки.",
     (("brotherhood", "title", "братьями"),), 4),
    ("lantern", "zh", "外长谈制裁：我们不怕", "外长表示，制裁不能解决问题。", (("sanctions", "title", "制裁"),), 5),
    ("mirror", "en", "New sanctions hit a shipping line", "The list of sanctions grew by nine vessels.",
     (("sanctions", "title", "sanctions"),), 8),
)  # fmt: skip

HOSTILE = (
    ('<script>window.pwned=1</script><img src=x onerror="window.pwned=2"> weapons sanctions', "sanctions"),
    ("\u202egnihtemos sanctions\u202d <style>body{display:none}</style>", "sanctions"),
    ("sanctions " + "Z" * 100_000, "sanctions"),
    ("sanctions e" + "\u0301" * 400 + " \ufffd \u2067 end", "sanctions"),
    ('<a href="javascript:window.pwned=4">x</a> <div style="position:fixed;inset:0">sanctions</div>', "sanctions"),
    ("\"><svg onload=window.pwned=5> ' onmouseover=window.pwned=6 sanctions", "sanctions"),
    (text_of("sanctions \ud83d broken \udc00\x00 pair", 300), "sanctions"),
)


def fill(connection: sqlite3.Connection) -> None:
    """Put the sample into an empty store."""
    feeds.sync_catalogue(connection, FEEDS, STAMP)
    codebook = codebooks.put_in_force(
        connection, digest="one", version="1", title="A test desk", source="us", text="…", indicators=INDICATORS,
        now=STAMP,
    )  # fmt: skip
    connection.execute("begin immediate")
    story_of_first: dict[str, int] = {}
    for feed, language, title, summary, evidence, ago in STORIES:
        day = (NOW.date() - timedelta(days=ago)).isoformat()
        story = story_of_first.get(title[:30]) or add_story(connection, day)
        story_of_first[title[:30]] = story
        item = add_item(connection, feed, language, title, summary, day, story)
        for indicator in dict.fromkeys(name for name, _, _ in evidence):
            add_hit(connection, codebook, item, indicator, [(f, w) for n, f, w in evidence if n == indicator])
    connection.execute("update feeds set last_ok_at = ?, last_check_at = ?", (STAMP, STAMP))
    connection.execute(
        "update feeds set status = 'failing', failures = 4, last_error = 'the server did not answer in time',"
        " last_ok_at = '2026-01-30T00:00:00Z' where id = 'mirror'"
    )
    connection.commit()


def add_hostile(connection: sqlite3.Connection) -> list[int]:
    """Items that try to break the page; the hits on them."""
    hits = []
    connection.execute("begin immediate")
    for title, word in HOSTILE:
        story = add_story(connection, "2026-02-03")
        item = add_item(connection, "mirror", "en", title, f"<b onclick=alert(1)>{word}</b>", "2026-02-03", story)
        connection.execute("update items set url = 'javascript:window.pwned=3' where id = ?", (item,))
        hits.append(add_hit(connection, 1, item, "sanctions", [("title", word), ("summary", word)]))
    connection.commit()
    return hits


def add_story(connection: sqlite3.Connection, day: str) -> int:
    story = connection.execute("insert into stories (first_day) values (?)", (day,)).lastrowid
    assert story is not None
    return story


def add_item(
    connection: sqlite3.Connection, feed: str, language: str, title: str, summary: str, day: str, story: int | None
) -> int:
    number = connection.execute("select coalesce(max(id), 0) + 1 from items").fetchone()[0]
    connection.execute(
        """insert into items (id, feed_id, guid, url, title, summary, language, published_at, fetched_at, day,
           content_hash, story_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (number, feed, f"g{number}", f"https://news.example.org/{number}", title, summary, language,
         f"{day}T04:30:00Z", f"{day}T05:00:00Z", day, f"hash{number}", story),
    )  # fmt: skip
    connection.execute(
        "insert into items_fts (rowid, title, summary, body) values (?, ?, ?, '')",
        (number, split_cjk(title), split_cjk(summary)),
    )
    if story:
        connection.execute(
            "update stories set first_item_id = coalesce(first_item_id, ?), size = (select count(*) from items"
            " where story_id = ?2), outlets = (select count(*) from items where story_id = ?2) where id = ?2",
            (number, story),
        )
    return int(number)


def add_hit(
    connection: sqlite3.Connection, codebook: int, item: int, indicator: str, words: list[tuple[str, str]]
) -> int:
    row = connection.execute("select * from items where id = ?", (item,)).fetchone()
    spans = []
    for field, word in words:
        start = row[field].index(word)
        span = {"field": field, "start": start, "end": start + len(word), "text": word, "term": word, "concept": ""}
        spans.append(span)
    primary = not connection.execute(
        "select 1 from hits where story_id = ? and indicator_id = ?", (row["story_id"], indicator)
    ).fetchone()
    hit = connection.execute(
        """insert into hits (item_id, indicator_id, codebook_id, score, day, found_at, evidence, content_hash, story_id,
           primary_in_story) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (item, indicator, codebook, 0.5 + len(spans) / 10, row["day"], row["fetched_at"],
         json.dumps(spans, ensure_ascii=False), row["content_hash"], row["story_id"], primary),
    ).lastrowid  # fmt: skip
    assert hit is not None
    return hit


def add_past(connection: sqlite3.Connection, days: int = 80) -> None:
    """Something to draw: hits of earlier weeks, already judged."""
    connection.execute("begin immediate")
    for ago in range(9, days):
        day = (date(2026, 2, 3) - timedelta(days=ago)).isoformat()
        for position, indicator in enumerate(INDICATORS[:5]):
            for _ in range((ago * (position + 3)) % 5 % 4):
                story = add_story(connection, day)
                item = add_item(connection, "harbour", "en", f"Earlier news of {indicator.title}", "", day, story)
                hit = add_hit(connection, 1, item, indicator.id, [])
                connection.execute("update hits set status = 'confirmed' where id = ?", (hit,))
    connection.commit()
