"""The quick reader and feedparser over real documents."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.newswire import SHARED
from tracker.feeds import patient, quick
from tracker.feeds.encoding import decode

NOW = datetime(2026, 11, 1, tzinfo=UTC)
URL = "http://feed.example/news/rss.xml"


def test_what_it_reads_of_real_documents_is_what_feedparser_reads() -> None:
    read_quickly = 0
    documents = sorted((SHARED / "feeds/docs").iterdir())
    for path in documents:
        text = decode(path.read_bytes(), "application/xml")
        found = quick.read(text, URL, NOW)
        if found is not None:
            assert found == patient.read(text, URL, NOW), path.name
            read_quickly += 1
    assert read_quickly > len(documents) / 2
