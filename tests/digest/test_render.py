"""The finished mail: size, parts, links, headers; hostile text in every place that takes text."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.digest.conftest import NOW, Desk
from tracker.clock import iso
from tracker.digest import Rendered, address, choose, preview, render, wire
from tracker.digest.columns import width
from tracker.digest.render import HTML_LIMIT
from tracker.model import Indicator
from tracker.settings import Settings
from tracker.store import codebooks

HOSTILE = "Weapons\r\nBcc: victim@example.org\u2028\u202emoc.live\u2066 <b>bold</b> &amp; {{ 7*7 }} \x1b[31m\ud800"


TAGS = set("html head meta title style body div table tbody tr td h1 h2 h3 b a span br p".split())  # noqa: SIM905


class Page(HTMLParser):
    """Tags and links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.remote: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        if tag == "a":
            self.links.append(given["href"] or "")
        self.remote += [value or "" for key, value in attrs if key in ("src", "background") or key.startswith("on")]


def look(desk: Desk, settings: Settings, now: object = NOW) -> Rendered:
    return preview(desk.connection, settings, NOW + timedelta(minutes=1), "daily")


def parsed(made: Rendered) -> EmailMessage:
    back = message_from_bytes(made.raw, policy=policy.default)
    assert not back.defects
    assert isinstance(back, EmailMessage)
    return back


def test_parts_links_and_text(desk: Desk, settings: Settings) -> None:
    hit = desk.arrive(
        "Министры договорились о поставках",
        terms=("поставках",),
        summary="Договор о поставках подпишут весной.",
        language="ru",
        feed="steppe",
        url="https://steppe.example/новость?a=1&b=2",
    )
    made = look(desk, settings)
    mail = parsed(made)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    page = Page(made.html)
    assert f"http://127.0.0.1:8001/-/tracker/queue?hit={hit}" in page.links
    assert "https://steppe.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C?a=1&b=2" in page.links
    assert page.remote == []
    assert 'lang="ru"' in made.html
    assert ">поставках</b>" in made.html
    assert "*поставках*" in made.text
    assert "style=" in made.html, "styles are inlined"
    assert "prefers-color-scheme" in made.html, "but the dark ones stay where media queries work"
    assert made.html.encode().index(b"charset") < 1024, "where browsers look for it"


def test_plain_text_keeps_to_72_columns(desk: Desk, settings: Settings) -> None:
    desk.arrive("两国" * 60, summary="专家表示影响有限，" * 40, feed="river", language="zh")
    desk.arrive("Weapons " * 25, summary="Слово и дело " * 40, indicators=("doubt",))
    for line in look(desk, settings).text.splitlines():
        assert width(line) <= 72 or "://" in line


def test_hostile_text_stays_text(desk: Desk, settings: Settings) -> None:
    stored = HOSTILE.encode("utf-8", "replace").decode()
    desk.connection.execute("update indicators set title = ? where id = 'arms'", (stored,))
    desk.connection.execute("update feeds set publisher = ? where id = 'harbour'", (stored,))
    desk.arrive(stored, terms=("<b>bold</b>",), summary=stored, url="javascript:alert(1)", language='en"><script>')
    reader = desk.subscribe("reader@example.org", name=stored, at=NOW - timedelta(hours=1))
    desk.arrive("more", at=NOW)
    made = preview(desk.connection, settings, NOW + timedelta(minutes=1), "daily", reader)
    mail = parsed(made)
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["reader@example.org"]
    assert len(mail.get_all("Subject", [])) == 1
    for shown in (mail["Subject"], mail["To"], made.text, made.html):
        assert not set("\r\x1b\u2028\u202e\u2066\ud800\x00") & set(str(shown))
    page = Page(made.html)
    assert page.tags <= TAGS
    assert not [link for link in page.links if not link.startswith("http")]
    assert "{{ 7*7 }}" in made.text


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(max_size=200), name=st.text(max_size=100), sender=st.text(max_size=60))
def test_headers_cannot_be_injected(title: str, name: str, sender: str) -> None:
    made = render.Body(render.clean.line(title, 140), "<p>x</p>", "x\n", None)  # type: ignore[arg-type]
    origin = address.with_name(sender, "tracker@example.org")
    recipient = address.with_name(name, "reader@example.org")
    raw = wire.message({"From": origin, "To": recipient, "Subject": made.subject, "Date": "x"}, made.text, made.html)
    assert raw.isascii()
    head = raw.split(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.split(b":")[0] for line in head if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted([b"From", b"To", b"Subject", b"Date", b"MIME-Version", b"Content-Type"])
    back = message_from_bytes(raw, policy=policy.default)
    assert [found.addr_spec for found in back["To"].addresses] == ["reader@example.org"]
    assert [found.addr_spec for found in back["From"].addresses] == ["tracker@example.org"]


def test_unsubscribing_by_header_only_from_public_https(desk: Desk, settings: Settings) -> None:
    desk.arrive()
    for base, there in (
        ("http://127.0.0.1:8001", False),
        ("https://127.0.0.1", False),
        ("https://tracker.local", False),
        ("https://10.0.0.5", False),
        ("http://tracker.example.org", False),
        ("https://tracker.example.org", True),
    ):
        mail = look(desk, replace(settings, base_url=base)).message
        assert (mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is there
        assert (mail["List-Unsubscribe"] or "").startswith(f"<{base}/-/tracker/unsubscribe?token=") is there
        assert mail["List-Id"] == "Tracker daily digest <daily.digest.news.example.org>"


def test_ten_thousand_hits_in_a_day(desk: Desk, settings: Settings) -> None:
    fill(desk, 10_000)
    started = time.perf_counter()
    made = look(desk, settings)
    assert time.perf_counter() - started < 2.5
    assert len(made.html.encode()) <= HTML_LIMIT
    assert len(made.content.entries) > 30
    assert len(made.content.entries) + made.content.left_out == 10_000
    told = {story.indicator for group in made.content.groups for i in group.indicators for story in i.stories}
    assert told == {"curbs", "arms", "doubt"}, "a flood on one indicator does not drown the others"
    assert f"{made.content.left_out:,} more stories had no room" in " ".join(made.text.split())
    assert "and 9,999 more" in made.subject
    (shown,) = (i for group in made.content.groups for i in group.indicators if i.name == "Arms transfers")
    assert len(shown.stories) == choose.LARGEST_SHARE
    assert f"{shown.more:,} more on this indicator" in made.html
    assert "/-/tracker/list?indicator=arms" in made.html


def test_long_texts_in_wide_letters_stay_below_the_limit(desk: Desk, settings: Settings) -> None:
    for number in range(70):
        desk.arrive(
            "两" * 500 + str(number), summary="国" * 3000, url="https://river.example/" + "国" * 180, feed="river"
        )
    made = look(desk, settings)
    assert len(made.html.encode()) <= HTML_LIMIT
    assert len(made.content.entries) + made.content.left_out == 70


AMPERSANDS = "&" * 1700
"""Five bytes each in HTML."""


def test_the_worst_of_everything_stays_below_the_limit(desk: Desk, settings: Settings) -> None:
    """Daily digest, alert and notice about feeds: long addresses, marks everywhere, hundreds of alerts and feeds."""
    db = desk.connection
    quotes = '"&<' * 79
    many = [Indicator(f"i{n:03}", '"&' * 60, "driver", "toward", "x", diagnosticity="high") for n in range(400)]
    codebooks.put_in_force(
        db, digest="two", version="2", title="t", source="s", text="{}", indicators=many, now=iso(NOW)
    )
    alerts = [(f"i{n:03}", f"2026-02-0{day}", iso(NOW)) for n in range(400) for day in (1, 2, 3)]
    db.executemany(
        "insert into alerts (indicator_id, day, known_at, observed, expected) values (?, ?, ?, 9, 1)", alerts
    )
    named = tuple(indicator.id for indicator in many)
    for number in range(70):
        url = f"https://x.example/?{AMPERSANDS}{number}"
        desk.arrive(
            f"{number}{quotes}", indicators=named[number : number + 9], summary=quotes, terms=("&", '"'), url=url
        )
    db.executemany(
        """insert into feeds (id, url, declared_url, added_at, title, failures, last_error)
           values (?1, ?2, ?2, ?2, ?3, 9, ?4)""",
        [(f"f{n}", f"https://f{n}.example/", '"&' * 50, '"&' * 200) for n in range(700)],
    )
    for name in ("daily", "weekly", "alerts", "feeds"):
        made = preview(db, settings, NOW + timedelta(minutes=1), name)  # type: ignore[arg-type]
        assert 20_000 < len(made.html.encode()) <= HTML_LIMIT, name
        assert not made.message.defects
        assert Page(made.html).tags <= TAGS
        if name != "feeds":
            assert len(made.content.entries) + made.content.left_out == 70
            assert f"{1200 - 12} more alerts" in made.html
            assert "/-/tracker/alerts" in made.text


def test_copies_by_another_name_stand_under_their_lead(desk: Desk, settings: Settings) -> None:
    for number, title in enumerate(["Weapons for the island agreed", "Island weapons: agreed", "Ships leave harbour"]):
        desk.arrive(title, at=NOW + timedelta(seconds=number), score=0.9 - number / 10, feed="lantern")
    made = look(desk, settings)
    (section,) = made.content.groups[0].indicators
    assert [lead.plain_title for lead, _ in section.bundles] == ["Weapons for the island agreed", "Ships leave harbour"]
    assert [story.plain_title for story in section.bundles[0].alike] == ["Island weapons: agreed"]
    page = Page(made.html)
    for entry in made.content.entries:
        assert f"http://127.0.0.1:8001/-/tracker/queue?hit={entry.hit_id}" in page.links
        assert f"/-/tracker/queue?hit={entry.hit_id}\n" in made.text
    assert [line[:8] for line in made.text.splitlines() if re.match(r" +\d+[.)] ", line)][:3] == [
        "  1. Wea", "    2) I", "  3. Shi",
    ]  # fmt: skip


def test_addresses_that_break_the_columns_stand_at_the_end_of_the_text(desk: Desk, settings: Settings) -> None:
    short, long = "https://harbour.example/a", "https://harbour.example/" + "a" * 90
    desk.arrive("Weapons near", url=short, score=0.9)
    desk.arrive("Doubts far", url=long, indicators=("doubt",))
    text = look(desk, settings).text
    body, _, addresses = text.partition("ADDRESSES")
    assert short in body
    assert long not in body
    assert f"  2. {long}\n" in addresses
    assert "address at the end" in body.partition("Doubts far")[2]


def test_the_subject_takes_the_headline_that_its_reader_can_read(desk: Desk, settings: Settings) -> None:
    desk.arrive("江河日报的新闻", score=0.9, language="zh", feed="river")
    desk.arrive("Weapons for the island", score=0.5)
    made = look(desk, settings)
    assert made.subject == "Arms transfers: Weapons for the island and 1 more — 3 Feb"
    assert "江河日报 · in Chinese · 3 Feb 05:00" in made.text
    assert "江河日报 · in Chinese · 3 Feb 05:00" in made.html
    assert "in English" not in made.text


def fill(desk: Desk, count: int) -> None:
    """Rows by the thousand, without the ceremony of single arrivals."""
    at = "2026-02-03T05:00:00Z"
    desk.connection.execute("begin immediate")
    desk.connection.execute(
        f"""insert into stories (id, first_item_id, first_day)
            with recursive n (i) as (select 1 union all select i + 1 from n where i < {count})
            select i, i, '2026-02-03' from n"""
    )
    desk.connection.execute(
        f"""insert into items (id, feed_id, guid, url, title, summary, language, published_at, fetched_at, day,
                               content_hash, story_id)
            select id, 'harbour', id, 'https://harbour.example/' || id, 'Weapons story ' || id,
                   'Ships left the harbour with weapons on board, officials said.', 'en', '{at}', '{at}', '2026-02-03',
                   id, id from stories"""
    )
    desk.connection.execute(
        f"""insert into hits (item_id, indicator_id, codebook_id, score, day, found_at, content_hash, story_id)
            select id, case when id % 500 = 0 then 'curbs' when id % 501 = 0 then 'doubt' else 'arms' end, 1,
                   0.5 + (id % 7) / 20.0, '2026-02-03', '{at}', id, id from items"""
    )
    desk.connection.commit()


@pytest.mark.parametrize(
    ("indicators", "subject"),
    [
        ([("arms",)], "Arms transfers: Weapons 0 — 3 Feb"),
        ([("arms",), ("arms",)], "Arms transfers: Weapons 1 and 1 more — 3 Feb"),
        ([("arms",), ("doubt",), ("arms",)], "Weapons 2 and 2 more — 3 Feb"),
        ([], "Nothing new — 3 Feb"),
    ],
)
def test_the_subject_says_the_news(
    desk: Desk, settings: Settings, indicators: list[tuple[str, ...]], subject: str
) -> None:
    for number, named in enumerate(indicators):
        desk.arrive(f"Weapons {number}", indicators=named)
    made = look(desk, settings)
    assert made.subject == made.message["Subject"] == subject


def test_a_preview_changes_nothing(desk: Desk, settings: Settings) -> None:
    reader = desk.subscribe(at=NOW - timedelta(hours=1))
    desk.arrive()
    before = list(desk.connection.iterdump())
    look(desk, settings)
    made = preview(desk.connection, settings, NOW + timedelta(minutes=1), "daily", reader)
    assert made.content.new_stories == 1
    after = [line for line in desk.connection.iterdump() if 'INTO "secrets"' not in line]
    assert after == before
