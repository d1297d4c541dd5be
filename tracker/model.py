"""The nouns. Frozen dataclasses that import nothing of ours.

Times are UTC ISO 8601 text ending in ``Z`` (``2026-02-03T04:05:06Z``); days are ``YYYY-MM-DD`` in UTC.
Offsets are Unicode code points of the cleaned, stored text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["toward", "away"]
Group = Literal["driver", "cooperation", "rhetoric", "barrier", "outcome"]
Verdict = Literal["confirmed", "rejected", "unsure"]
HitStatus = Literal["new", "confirmed", "rejected", "unsure", "withdrawn"]
FeedStatus = Literal["active", "failing", "gone", "paused"]
CheckOutcome = Literal["new", "unchanged", "not_modified", "failed"]
TextField = Literal["title", "summary", "body"]

Octets = bytes
"""The type, where a field is named ``bytes``."""

GROUPS: tuple[Group, ...] = ("driver", "cooperation", "rhetoric", "barrier", "outcome")
DIRECTIONS: tuple[Direction, ...] = ("toward", "away")
TEXT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body")


@dataclass(frozen=True, slots=True)
class Feed:
    """One entry of feeds.yaml: what the catalogue declares. State lives in the database."""

    id: str
    url: str
    title: str = ""
    publisher: str = ""
    owner: str = ""
    language: str = ""
    kind: str = ""
    country: str = ""
    implies: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    interval: int | None = None
    """Seconds between checks that the analyst wishes; None leaves it to the cadence."""
    fulltext: bool = False
    """Whether the article behind each link is fetched and searched too."""
    cookies: tuple[tuple[str, str], ...] = ()
    basic_auth: str = ""
    """``name:${VARIABLE}``, as written: secrets are put in when the feed is asked, and nowhere else."""
    proxy: str = ""
    """A proxy's URL as written, "direct", or empty for what the settings say."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed (or a line of an archive), cleaned but not yet stored."""

    guid: str
    url: str
    title: str
    summary: str
    body: str = ""
    language: str = ""
    author: str = ""
    published_at: str | None = None
    """UTC, or None where the entry bore no date or an absurd one."""
    source: str = ""
    """Name of the source as a query's ``source:`` sees it: the feed's id, or an archive's own word."""
    implies: tuple[str, ...] = ()
    """Concepts that the source takes for granted (a Chinese ministry's feed implies ``china``)."""
    id: str = ""
    """Identity given by an archive or by `tracker match`; empty for items of feeds."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One span that fired: ``text == getattr(item, field)[start:end]``."""

    field: TextField
    start: int
    end: int
    text: str
    term: str
    concept: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """An item × indicator that the query accepts, with why. ``score`` lies in 0..1."""

    indicator: str
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An item that an indicator's query would accept but for one clause."""

    indicator: str
    missing: str
    """The clause that failed, as written in the query."""
    suppressed: bool
    """True where an exclusion or a mask, not an absent clause, stopped it."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of ours that an indicator must hit or miss; a test of the codebook."""

    indicator: str
    language: str
    text: str
    """Stands as the item's title."""
    hits: bool
    source: str = ""
    summary: str = ""
    line: int = 0
    """Line in its file, for messages."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One observable sign. Ratings are ICD 203 words per hypothesis (alliance, partnership, drift)."""

    id: str
    title: str
    group: Group
    direction: Direction
    query: str
    counts: str = ""
    does_not_count: str = ""
    confusable: str = ""
    ground: tuple[tuple[str, str], ...] = ()
    """(sentence number such as S03, our one-line paraphrase)."""
    ratings: tuple[tuple[str, str], ...] = ()
    diagnosticity: str = ""
    diagnosticity_reason: str = ""
    line: int = 0
    """Line of its first key in the codebook's file, for messages."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one guarded GET brought back, before parsing."""

    status: int
    url: str
    """Where the body came from in the end, after redirects."""
    moved_to: str | None
    """Where the permanent redirects (301, 308) at the start of the chain lead, else None."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes
    milliseconds: int
    remark: str = ""
    """Something odd on the way that a person should know of, such as a step from https down to http."""


@dataclass(frozen=True, slots=True)
class SweepSummary:
    """What `tracker poll` prints: the outcome of one round of polling."""

    feeds: int
    ok: int
    not_modified: int
    unchanged: int
    failed: int
    items_new: int
    hits_new: int
    seconds: float
    failures: tuple[tuple[str, str], ...] = field(default=())
    """(feed id, reason in words a person understands)."""
    articles: int = 0
    """Pages behind links that were read, for feeds with full text."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the database knows of a feed when it is due: enough to ask, to judge the answer and to plan the next ask."""

    feed: Feed
    url: str
    """Where to ask now: the declared URL, or where a permanent move has led."""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    """Hash of the last body that was stored; empty when there never was one."""
    status: FeedStatus = "active"
    failures: int = 0
    next_due_at: str = ""
    last_ok_at: str = ""
    newest_item_at: str = ""
    moved_to: str = ""
    """A permanent move seen once; seen again to the same place it becomes ``url``."""
    item_times: tuple[str, ...] = ()
    """Publication times of its newest stored items, newest first (at most 20), for the cadence."""
    entry_memory: bytes = b""
    """By what the entries of the last stored document are known again; empty makes the next one be read whole."""


@dataclass(frozen=True, slots=True)
class FeedHints:
    """What the publisher asks of pollers. Seconds; None where it said nothing."""

    ttl: int | None = None
    update_period: int | None = None
    max_age: int | None = None
    expires: int | None = None
    retry_after: int | None = None
    skip_hours: tuple[int, ...] = ()
    """Hours of the UTC day, 0–23."""
    skip_days: tuple[int, ...] = ()
    """Monday is 0."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One poll of one feed, judged but not yet stored."""

    feed_id: str
    at: str
    outcome: CheckOutcome
    status: int | None = None
    items: tuple[Item, ...] = ()
    """The entries of a changed document, but for those that ``entry_memory`` of the state tells to be stored already;
    the store decides which are new."""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    title: str = ""
    language: str = ""
    moved_to: str = ""
    gone: bool = False
    bytes: int = 0
    milliseconds: int = 0
    error: str = ""
    """A reason that a person understands, never the text of an exception. Empty unless failed."""
    error_class: str = ""
    """dns, tls, connect, timeout, http4xx, http5xx, throttled, guard, size, parse …; for backing off."""
    hints: FeedHints = FeedHints()
    remark: str = ""
    """Something odd that is no failure, for `tracker feeds check`."""
    entry_memory: Octets = b""
    """What to remember of a document's entries; to be stored with its items. Meaningful with new and unchanged."""
    suggestion: str = ""
    """Address of the feed that a web page in the feed's place names."""


@dataclass(frozen=True, slots=True)
class PageWanted:
    """The page of a stored item whose article is to be read."""

    item_id: int
    url: str
    feed: Feed


@dataclass(frozen=True, slots=True)
class PageResult:
    """What came of asking for a page. A refusal is final; a failure is tried again."""

    item_id: int
    outcome: Literal["read", "refused", "failed"]
    text: str = ""
    """The article, cleaned; with "read" alone."""
    error: str = ""
    """A reason that a person understands. Empty where the page was read."""
    retry_after: int | None = None
    """Seconds for which the server wants to be left alone, where it said so."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file that a person wrote. Line and column count from 1; 0 where unknown."""

    file: str
    line: int
    column: int
    message: str
    """What is wrong and what would be right."""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")
        return f"{place}: {self.message}"


class ConfigError(Exception):
    """Files, settings or arguments that cannot be used. Its text is written for users and may be shown to them."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
