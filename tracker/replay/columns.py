"""Which column of an archive holds what: told by flags, or guessed from the names and shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIELDS = ("id", "title", "summary", "body", "language", "source", "url", "date")
NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "guid", "uid", "item_id", "article_id", "doc_id", "_id"),
    "title": ("title", "headline", "heading", "name", "subject"),
    "summary": ("summary", "description", "abstract", "lead", "teaser", "snippet", "standfirst"),
    "body": ("body", "text", "content", "plain_text", "maintext", "full_text", "fulltext", "article"),
    "language": ("language", "lang", "locale"),
    "source": ("source", "outlet", "publisher", "domain", "sitename", "source_domain", "publication", "feed"),
    "url": ("url", "link", "href", "source_url", "canonical_url"),
    "date": ("date", "published_at", "published", "date_publish", "pubdate", "published_date", "publish_date",
             "datetime", "timestamp", "time", "when", "day"),
}  # fmt: skip
"""For each field the names that it goes by, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Columns:
    """For each field the column that holds it; fields without one stay empty."""

    of: tuple[tuple[str, str], ...]

    @property
    def usable(self) -> bool:
        """Whether there is any text to match."""
        return bool({"title", "summary", "body"}.intersection(dict(self.of)))

    def __str__(self) -> str:
        return ", ".join(f"{name}={column}" for name, column in self.of)


def parse(flags: Iterable[str]) -> dict[str, str]:
    """``title=headline`` flags as a mapping. Raises ValueError with a message for the user."""
    told: dict[str, str] = {}
    for flag in flags:
        name, equals, column = flag.partition("=")
        if not equals or name not in FIELDS or not column:
            raise ValueError(f"{flag[:60]!r}: say FIELD=COLUMN, where FIELD is one of {', '.join(FIELDS)}")
        told[name] = column
    return told


def choose(names: Iterable[str], told: Mapping[str, str]) -> Columns:
    """The columns to read, of those that the archive has: what was told, else the likeliest name of each field.

    Raises ValueError, with a message for the user, where a column that was told is not there.
    """
    have = list(dict.fromkeys(names))
    by_small = {name.casefold().replace(" ", "_").replace("-", "_"): name for name in reversed(have)}
    chosen: dict[str, str] = {}
    for name in FIELDS:
        if name in told:
            if told[name] not in have:
                raise ValueError(f"there is no column {told[name]!r}; there are: {', '.join(have)[:300] or 'none'}")
            chosen[name] = told[name]
            continue
        taken = {*chosen.values(), *told.values()}
        found = (by_small[guess] for guess in NAMES[name] if guess in by_small and by_small[guess] not in taken)
        if column := next(found, None):
            chosen[name] = column
    return Columns(tuple(chosen.items()))
