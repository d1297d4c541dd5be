"""Makes the feeds that the fetching benchmark serves: 30 items and about 40 kB each, HTML in the descriptions."""

from __future__ import annotations

import gzip
import html
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

ITEMS = 30
PARAGRAPHS, WORDS = 3, 28
BYTES = 780
"""Of a description; real texts that are shorter are filled up with words drawn at random."""
NEWEST = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
FEW_WORDS = (
    "market", "port", "cable", "outage", "ransomware", "minister", "election", "drought", "shipment", "inquiry",
    "court", "regulator", "protest", "satellite", "wheat", "refinery", "border", "talks", "bank", "currency", "strike",
    "vaccine", "flood", "union", "tariff",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """What an item is made of."""

    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Feeds:
    """A folder of feed files; ``stories`` is empty where items consist of a few words drawn at random."""

    folder: Path
    count: int
    stories: Sequence[Story]

    def write(self, *, fresh_in_tenth: bool = False, edition: str = "") -> None:
        """Write every feed; with one new item in each tenth, or with another line in each channel, where asked."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in range(self.count):
            body = self._feed(number, fresh=fresh_in_tenth and number % 10 == 0, edition=edition).encode()
            path = self.folder / f"{number}.xml"
            if not path.exists() or path.read_bytes() != body:
                path.write_bytes(body)

    def _feed(self, number: int, *, fresh: bool, edition: str) -> str:
        numbers = [ITEMS] if fresh else []
        items = "".join(self._item(number, n) for n in itertools.chain(numbers, range(ITEMS)))
        build = f"<lastBuildDate>{edition}</lastBuildDate>" if edition else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<channel><title>Feed {number}</title><link>http://feeds.example/s/{number}</link>"
            f"<description>Feed {number} of the benchmark</description><language>en</language>{build}\n"
            f"{items}</channel></rss>\n"
        )

    def _item(self, feed: int, number: int) -> str:
        chance = random.Random(feed * 1_000 + number)
        title, summary = self._text(feed, number, chance)
        age = timedelta(hours=17 * (0 if number == ITEMS else number + 1), minutes=feed % 60)
        return (
            f"<item><title>{html.escape(title)}</title><link>http://feeds.example/a/{feed}/{number}</link>"
            f'<guid isPermaLink="false">tag:feed{feed},2026:{number}</guid>'
            f"<pubDate>{format_datetime(NEWEST - age)}</pubDate>"
            f"<dc:creator>Reporter {chance.randrange(99)}</dc:creator>"
            f"<category>{chance.choice(FEW_WORDS)}</category><description>{html.escape(summary)}</description></item>\n"
        )

    def _text(self, feed: int, number: int, chance: random.Random) -> tuple[str, str]:
        if not self.stories:
            title = " ".join(chance.choices(FEW_WORDS, k=9)).capitalize()
            return f"{title} {feed}-{number}", "".join(
                _paragraph(" ".join(chance.choices(FEW_WORDS, k=WORDS)), chance) for _ in range(PARAGRAPHS)
            )
        story = self.stories[(feed * (ITEMS + 1) + number) % len(self.stories)]
        paragraphs = [_paragraph(story.summary, chance)]
        while sum(len(paragraph.encode()) for paragraph in paragraphs) < BYTES:
            paragraphs.append(_paragraph(" ".join(chance.choices(FEW_WORDS, k=WORDS)), chance))
        return story.title, "".join(paragraphs)


def _paragraph(text: str, chance: random.Random) -> str:
    link = f'<a href="/rel/{chance.randrange(9999)}">{chance.choice(FEW_WORDS)}</a>'
    return f"<p>{html.escape(text)} {link} <b>{chance.choice(FEW_WORDS)}</b> &amp; more.</p>"


def read_stories(archive: Path) -> list[Story]:
    """Titles and summaries of an archive of items (JSON lines, gzip)."""

    def rows() -> Iterator[Story]:
        with gzip.open(archive, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield Story(row["title"], row["summary"] or row["title"])

    return list(rows())
