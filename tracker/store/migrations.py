"""The schema, forward only, named by topic. sqlite-utils' Migrations runs each once, inside a transaction."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.model import ConfigError, Problem
from tracker.store.connect import connect

if TYPE_CHECKING:
    import sqlite_utils

    Migration = Callable[[sqlite_utils.Database], None]


class Migrations:
    """The migrations of this file in their order, for sqlite-utils, which is imported only where one is to be run."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._all: dict[str, Migration] = {}

    def __call__(self) -> Callable[[Migration], Migration]:
        def note(migration: Migration) -> Migration:
            self._all[migration.__name__] = migration
            return migration

        return note

    def unknown(self, connection: sqlite3.Connection) -> str:
        """The last migration that was run but is not known here; empty where all are known."""
        return next((name for name in reversed(self._applied(connection)) if name not in self._all), "")

    def pending(self, connection: sqlite3.Connection) -> list[str]:
        """The migrations that were not run yet."""
        applied = set(self._applied(connection))
        return [name for name in self._all if name not in applied]

    def is_new(self, connection: sqlite3.Connection) -> bool:
        """Whether none was ever run."""
        return not self._applied(connection)

    def run(self, connection: sqlite3.Connection) -> None:
        """Run what was not run yet."""
        if self.pending(connection):
            self._apply(connection)

    def _applied(self, connection: sqlite3.Connection) -> list[str]:
        if not connection.execute("select 1 from sqlite_master where name = '_sqlite_migrations'").fetchone():
            return []
        rows = connection.execute("select name from _sqlite_migrations where migration_set = ?", (self.name,))
        return [name for (name,) in rows]

    def _apply(self, connection: sqlite3.Connection) -> None:
        with _without_pandas():
            import sqlite_utils
            from sqlite_utils.migrations import Migrations as Runner

        runner = Runner(self.name)
        for migration in self._all.values():
            runner()(migration)
        runner.apply(sqlite_utils.Database(connection))


migrations = Migrations("tracker")


def newer_than_this_version(connection: sqlite3.Connection) -> str:
    """The last migration that this version does not know; empty where it knows all that were run."""
    return migrations.unknown(connection)


def open_store(path: Path) -> sqlite3.Connection:
    """A connection to the database at ``path``, made where it is missing and brought to this version's schema.

    Before the schema of a database with data changes, a proven copy is put beside it. Raises ConfigError where the file
    belongs to a newer version, is no database, or cannot be copied.
    """
    connection = connect(path, create=True)
    try:
        newer = migrations.unknown(connection)
        if newer:
            message = f"was made by a newer version of tracker (it has {newer}); upgrade tracker or name another --db"
            raise ConfigError(Problem(str(path), 0, 0, message))
        if migrations.pending(connection) and not migrations.is_new(connection):
            from tracker.store.backups import copy_to

            copy_to(path, before_upgrade(path))
        migrations.run(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def before_upgrade(path: Path) -> Path:
    """Where the copy of a database lies that was made before its schema was last changed."""
    return path.with_name(f"{path.stem}-before-upgrade.db")


@contextmanager
def _without_pandas() -> Iterator[None]:
    """sqlite-utils imports pandas where it is installed: half a second and 40 MB that a daemon never uses."""
    hidden = "pandas" not in sys.modules
    if hidden:
        sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["pandas"]


def _run(db: sqlite_utils.Database, script: str) -> None:
    for statement in script.split(";\n\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def feeds(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
create table feeds (
    id text primary key, url text not null, declared_url text not null, title text not null default '',
    publisher text not null default '', owner text not null default '', language text not null default '',
    kind text not null default '', country text not null default '', implies text not null default '[]',
    etag text not null default '', last_modified text not null default '', body_hash text not null default '',
    next_due_at text not null default '', last_check_at text not null default '', last_ok_at text not null default '',
    failures integer not null default 0,
    status text not null default 'active' check (status in ('active', 'failing', 'gone', 'paused')),
    last_error text not null default '', newest_item_at text not null default '', moved_to text not null default '',
    added_at text not null, removed_at text not null default '')
;

create index feeds_due on feeds (next_due_at) where status in ('active', 'failing') and removed_at = ''
;

create table checks (
    id integer primary key, feed_id text not null references feeds (id), at text not null,
    outcome text not null check (outcome in ('new', 'unchanged', 'not_modified', 'failed')),
    status integer, items_new integer not null default 0, bytes integer not null default 0,
    ms integer not null default 0, error text not null default '', error_class text not null default '')
;

create index checks_feed on checks (feed_id, at)
;

create index checks_at on checks (at)
;

create table hosts (
    host text primary key, paused_until text not null default '', reason text not null default '')
""",
    )


@migrations()
def items(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
create table stories (
    id integer primary key, first_item_id integer, first_day text not null,
    size integer not null default 1, outlets integer not null default 1)
;

create table items (
    id integer primary key, feed_id text not null references feeds (id), guid text not null default '',
    url text not null default '', canonical_url text not null default '', title text not null default '',
    summary text not null default '', body text not null default '', language text not null default '',
    author text not null default '', published_at text, fetched_at text not null, day text not null,
    date_doubtful integer not null default 0, content_hash text not null,
    story_id integer references stories (id))
;

create index items_guid on items (feed_id, guid) where guid != ''
;

create index items_canonical_url on items (feed_id, canonical_url) where canonical_url != ''
;

create index items_content_hash on items (feed_id, content_hash)
;

create index items_feed_published on items (feed_id, published_at)
;

create index items_story on items (story_id)
;

create index items_day on items (day)
;

create index items_language on items (language)
;

create index items_fetched on items (fetched_at)
;

create table item_versions (
    id integer primary key, item_id integer not null references items (id), title text not null,
    summary text not null, body text not null, content_hash text not null, replaced_at text not null)
;

create index item_versions_item on item_versions (item_id)
;

create virtual table items_fts using fts5 (title, summary, body, content = '', tokenize = 'unicode61')
""",
    )


@migrations()
def codebooks(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
create table codebooks (
    id integer primary key, hash text not null unique, version text not null default '',
    title text not null default '', source text not null default '', text text not null,
    loaded_at text not null, adopted_at text)
;

create table indicators (
    id text primary key, codebook_id integer not null references codebooks (id), position integer not null,
    title text not null, group_name text not null, direction text not null, query text not null,
    counts text not null default '', does_not_count text not null default '', confusable text not null default '',
    ground text not null default '[]', ratings text not null default '{}', diagnosticity text not null default '',
    diagnosticity_reason text not null default '', retired_at text)
;

create table codebook_breaks (
    id integer primary key, codebook_id integer not null references codebooks (id),
    indicator_id text not null, day text not null,
    change text not null check (change in ('added', 'changed', 'retired')))
""",
    )


@migrations()
def hits(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
create table hits (
    id integer primary key, item_id integer not null references items (id),
    indicator_id text not null references indicators (id), codebook_id integer not null references codebooks (id),
    origin text not null default 'query' check (origin in ('query', 'analyst')),
    score real not null default 0, relevance real,
    status text not null default 'new' check (status in ('new', 'confirmed', 'rejected', 'unsure', 'withdrawn')),
    day text not null, found_at text not null, evidence text not null default '[]', content_hash text not null,
    story_id integer references stories (id), primary_in_story integer not null default 1,
    assigned_to text, leased_by text, leased_until text, last_review_id integer,
    unique (item_id, indicator_id))
;

create index hits_queue on hits (status, score desc, id)
;

create index hits_status_day on hits (status, day desc, score desc)
;

create index hits_indicator_day on hits (indicator_id, day desc, id)
;

create index hits_indicator_status on hits (indicator_id, status, score desc)
;

create index hits_story on hits (story_id, indicator_id)
;

create index hits_found on hits (found_at)
;

create table reviews (
    id integer primary key, hit_id integer not null references hits (id),
    verdict text not null check (verdict in ('confirmed', 'rejected', 'unsure')), note text not null default '',
    reviewer text not null, at text not null, previous_status text not null, undone_by text, undone_at text)
;

create index reviews_hit on reviews (hit_id)
;

create index reviews_reviewer on reviews (reviewer, id) where undone_at is null
;

create table daily_hits (
    indicator_id text not null references indicators (id), day text not null, stories integer not null default 0,
    hits integer not null default 0, confirmed integer not null default 0, rejected integer not null default 0,
    primary key (indicator_id, day)) without rowid
;

create index daily_hits_day on daily_hits (day, indicator_id)
;

create trigger hits_counted_on_insert after insert on hits when new.status != 'withdrawn' begin
    insert into daily_hits (indicator_id, day, stories, hits, confirmed, rejected)
    values (new.indicator_id, new.day, new.primary_in_story and new.status != 'rejected', 1,
            new.status = 'confirmed', new.status = 'rejected')
    on conflict (indicator_id, day) do update set
        stories = stories + excluded.stories, hits = hits + 1,
        confirmed = confirmed + excluded.confirmed, rejected = rejected + excluded.rejected; end
;

create trigger hits_counted_on_delete after delete on hits when old.status != 'withdrawn' begin
    update daily_hits set
        stories = stories - (old.primary_in_story and old.status != 'rejected'), hits = hits - 1,
        confirmed = confirmed - (old.status = 'confirmed'), rejected = rejected - (old.status = 'rejected')
    where indicator_id = old.indicator_id and day = old.day; end
;

create trigger hits_counted_on_update after update of status, primary_in_story, day, indicator_id on hits begin
    update daily_hits set
        stories = stories - (old.primary_in_story and old.status != 'rejected'), hits = hits - 1,
        confirmed = confirmed - (old.status = 'confirmed'), rejected = rejected - (old.status = 'rejected')
    where old.status != 'withdrawn' and indicator_id = old.indicator_id and day = old.day;
    insert into daily_hits (indicator_id, day, stories, hits, confirmed, rejected)
    select new.indicator_id, new.day, new.primary_in_story and new.status != 'rejected', 1,
           new.status = 'confirmed', new.status = 'rejected' where new.status != 'withdrawn'
    on conflict (indicator_id, day) do update set
        stories = stories + excluded.stories, hits = hits + 1,
        confirmed = confirmed + excluded.confirmed, rejected = rejected + excluded.rejected; end
""",
    )


@migrations()
def samples_and_alerts(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
create table samples (
    id integer primary key, item_id integer not null references items (id), indicator_id text not null,
    stratum text not null check (stratum in ('near_miss', 'suppressed', 'non_hit', 'hit')),
    missing_clause text not null default '', probability real, drawn_at text not null,
    verdict text, reviewer text, at text, unique (item_id, indicator_id))
;

create index samples_indicator on samples (indicator_id, stratum)
;

create table alerts (
    id integer primary key, indicator_id text not null references indicators (id), day text not null,
    known_at text not null, observed real not null, expected real not null, p real, q real, exposure real,
    status text not null default 'open' check (status in ('open', 'acknowledged', 'closed')),
    reason text not null default '', unique (indicator_id, day))
""",
    )


@migrations()
def mail(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
create table subscribers (
    id integer primary key, address text not null unique, name text not null default '',
    status text not null default 'active' check (status in ('active', 'paused', 'bouncing', 'removed')),
    timezone text not null default '', settings text not null default '{}', bounces integer not null default 0,
    added_at text not null)
;

create table subscriptions (
    subscriber_id integer not null references subscribers (id), digest text not null,
    settings text not null default '{}', since text not null, primary key (subscriber_id, digest)) without rowid
;

create table digests (
    id integer primary key, subscriber_id integer not null references subscribers (id), digest text not null,
    period text not null, period_start text not null, period_end text not null, created_at text not null,
    subject text not null default '', stories integer not null default 0, left_out integer not null default 0,
    unique (subscriber_id, digest, period))
;

create table digest_items (
    digest_id integer not null references digests (id), subscriber_id integer not null references subscribers (id),
    digest text not null, story_id integer not null references stories (id),
    hit_id integer not null references hits (id),
    reason text not null default 'new', outlets integer not null default 1,
    primary key (subscriber_id, digest, story_id, reason, outlets)) without rowid
;

create index digest_items_digest on digest_items (digest_id)
;

create table deliveries (
    id integer primary key, digest_id integer not null unique references digests (id), message_id text not null unique,
    recipient text not null, message blob not null,
    state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'failed')),
    attempts integer not null default 0, next_attempt_at text not null default '',
    last_attempt_at text not null default '',
    sent_at text not null default '', error text not null default '')
;

create index deliveries_state on deliveries (state, next_attempt_at)
""",
    )


@migrations()
def operation(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
create table replay_blocks (
    archive text not null, block integer not null, items integer not null, bad_lines integer not null default 0,
    hits integer not null, done_at text not null, primary key (archive, block)) without rowid
;

create table users (
    name text primary key, role text not null check (role in ('reader', 'analyst')), added_at text not null,
    removed_at text, board_seen_at text not null default '')
;

create table tokens (
    hash text primary key, user_name text not null references users (name),
    purpose text not null check (purpose in ('link', 'api')),
    created_at text not null, expires_at text not null default '', used_at text)
""",
    )


@migrations()
def reviewing(db: sqlite_utils.Database) -> None:
    _run(
        db,
        """
alter table reviews add column act_id integer
;

create index reviews_act on reviews (act_id)
;

create index hits_waiting on hits (day desc, score desc, id) where status = 'new' and primary_in_story = 1
;

create index hits_waiting_for on hits (indicator_id, day desc, score desc, id)
    where status = 'new' and primary_in_story = 1
;

create index hits_leased on hits (leased_by) where leased_by is not null
""",
    )


@migrations()
def mail_watermarks(db: sqlite_utils.Database) -> None:
    """Digests choose by arrival: a watermark of ids cannot miss a hit that was found early but stored late."""
    _run(
        db,
        """
alter table subscriptions add column hits_until integer not null default 0
;

alter table subscriptions add column reviews_until integer not null default 0
;

alter table subscriptions add column handled_at text not null default ''
;

alter table digests add column older integer not null default 0
;

alter table digest_items add column position integer not null default 0
;

alter table digest_items add column confirmed integer not null default 0
;

create index deliveries_sent on deliveries (sent_at)
;

create table secrets (name text primary key, value text not null)
""",
    )


@migrations()
def assigning(db: sqlite_utils.Database) -> None:
    _run(db, "create index hits_assigned on hits (assigned_to, status) where assigned_to is not null")


@migrations()
def notices(db: sqlite_utils.Database) -> None:
    """Alerts and feed notices: what was told of each, so that everything is told once."""
    _run(
        db,
        """
alter table subscriptions add column added_at text not null default ''
;

alter table subscriptions add column events_until integer not null default 0
;

create table alerts_told (
    subscriber_id integer not null references subscribers (id), indicator_id text not null, day text not null,
    digest_id integer not null references digests (id), primary key (subscriber_id, indicator_id, day)) without rowid
;

create index alerts_told_digest on alerts_told (digest_id)
;

create index alerts_open on alerts (day) where status = 'open'
;

create table feed_events (
    id integer primary key, feed_id text not null references feeds (id), at text not null,
    what text not null check (what in ('failing', 'gone', 'stale', 'recovered', 'dropped')),
    since text not null default '', reason text not null default '')
;

create index feed_events_feed on feed_events (feed_id, id)
""",
    )


@migrations()
def desk(db: sqlite_utils.Database) -> None:
    """What analysts do with alerts, tags on hits, and the stories that somebody watches."""
    _run(
        db,
        """
alter table alerts add column snoozed_until text not null default ''
;

create table alert_acts (
    id integer primary key, alert_id integer not null references alerts (id),
    act text not null check (act in ('acknowledged', 'snoozed', 'closed', 'reopened')),
    note text not null default '', until text not null default '', reviewer text not null, at text not null,
    previous_reason text not null default '')
;

create index alert_acts_alert on alert_acts (alert_id)
;

create table hit_tags (
    hit_id integer not null references hits (id), tag text not null, tagged_by text not null, at text not null,
    primary key (hit_id, tag)) without rowid
;

create index hit_tags_tag on hit_tags (tag, hit_id)
;

create table story_watches (
    user_name text not null references users (name), story_id integer not null references stories (id),
    since text not null, size_seen integer not null, primary key (user_name, story_id)) without rowid
""",
    )


@migrations()
def entry_memories(db: sqlite_utils.Database) -> None:
    """Apart from feeds, so that lists of feeds need not read over them."""
    _run(
        db,
        """
create table entry_memories (feed_id text primary key references feeds (id), memory blob not null) without rowid
""",
    )


@migrations()
def report(db: sqlite_utils.Database) -> None:
    """What the daily report found, so that pages and mails read it and compute nothing."""
    _run(
        db,
        """
create table report_days (
    indicator_id text not null references indicators (id), day text not null, stories integer not null,
    expected real, lower integer, upper integer, climb real,
    alert text not null default '' check (alert in ('', 'jump', 'rise')),
    primary key (indicator_id, day)) without rowid
;

create table coverage_days (
    day text primary key, exposure real, inferred integer not null, screened integer not null) without rowid
;

create table feed_days (
    feed_id text not null references feeds (id), day text not null, exposure real, stories integer not null,
    primary key (feed_id, day)) without rowid
;

create table index_days (
    name text not null check (name in ('pressure', 'cooperation', 'pressure_specific', 'cooperation_specific')),
    day text not null, value real not null, lower real not null, upper real not null,
    primary key (name, day)) without rowid
;

create table index_parts (
    name text not null, indicator_id text not null references indicators (id), value real not null,
    lower real not null, upper real not null, week_before real not null, stories text not null default '[]',
    primary key (name, indicator_id)) without rowid
;

create table reports (
    last_day text primary key, known_at text not null, seconds real not null, seen text not null,
    summary text not null default '{}') without rowid
;

create index items_screened on items (day, feed_id, story_id, fetched_at)
;

create index reviews_undone on reviews (undone_at) where undone_at is not null
""",
    )


@migrations()
def articles(db: sqlite_utils.Database) -> None:
    """Full text: which pages are wanted and what came of them, sites' robots.txt, and the hash of the feed's own text.

    The last is set where an article took the place of what the feed gave, so that the feed's entry is still known.
    """
    _run(
        db,
        """
alter table items add column entry_hash text not null default ''
;

create table pages (
    item_id integer primary key references items (id), url text not null, host text not null,
    status text not null check (status in ('waiting', 'read', 'refused', 'failed')),
    attempts integer not null default 0, wanted_at text not null, next_at text not null default '',
    read_at text not null default '', characters integer not null default 0, error text not null default '')
;

create index pages_waiting on pages (host, item_id desc) where status = 'waiting'
;

create index pages_read on pages (url, read_at) where status = 'read'
;

create table robots (
    origin text primary key, text text not null, until text not null, reachable integer not null) without rowid
;

alter table hosts add column paused_at text not null default ''
""",
    )


@migrations()
def feed_exposure(db: sqlite_utils.Database) -> None:
    """How much of each day a feed was looked after; outlives the checks that it is computed from."""
    _run(
        db,
        """
create table feed_exposure (
    feed_id text not null references feeds (id), day text not null, scheduled real not null, covered real not null,
    primary key (day, feed_id)) without rowid
;

create index feed_exposure_feed on feed_exposure (feed_id, day)
""",
    )


@migrations()
def quality(db: sqlite_utils.Database) -> None:
    """What precision and recall are estimated from, how readers agree, and codebooks adopted for the past."""
    _run(
        db,
        """
create table adoptions (
    id integer primary key, codebook_id integer not null references codebooks (id), started_at text not null,
    ceiling integer not null, done_until integer not null default 0, gained integer not null default 0,
    withdrawn integer not null default 0, kept integer not null default 0, finished_at text not null default '')
;

alter table hits add column lost_by integer references codebooks (id)
;

create table sample_frames (
    id integer primary key, indicator_id text not null, stratum text not null, codebook_id integer not null,
    since text not null default '', drawn_at text not null, stories integer not null, looked_at integer not null,
    counted integer not null, drawn integer not null)
;

create index sample_frames_indicator on sample_frames (indicator_id, stratum, id)
;

alter table samples add column frame_id integer references sample_frames (id)
;

create index samples_waiting on samples (indicator_id, id) where verdict is null and frame_id is not null
;

create index samples_of_frame on samples (frame_id, id)
;

create table sample_readings (
    sample_id integer not null references samples (id), reviewer text not null,
    verdict text not null check (verdict in ('confirmed', 'rejected', 'unsure')), note text not null default '',
    at text not null, primary key (sample_id, reviewer)) without rowid
;

create trigger samples_follow_hits after update of status on hits
when new.status is not old.status begin
    update samples set verdict = iif(new.status in ('confirmed', 'rejected', 'unsure'), new.status, null),
        reviewer = (select reviewer from reviews where id = new.last_review_id),
        at = (select at from reviews where id = new.last_review_id)
    where item_id = new.item_id and indicator_id = new.indicator_id and stratum = 'hit'; end
;

create index hits_relevance on hits (coalesce(relevance, score) desc, id) where status = 'new' and primary_in_story = 1
""",
    )


@migrations()
def job_runs(db: sqlite_utils.Database) -> None:
    """When each job of the daemon last did what it is for."""
    _run(
        db,
        """
create table job_runs (
    name text primary key, last_ok_at text not null default '', last_failed_at text not null default '',
    failures integer not null default 0) without rowid
""",
    )


@migrations()
def exposure_in_feed_days(db: sqlite_utils.Database) -> None:
    """`feed_days` keeps what that table was made for; it was never filled."""
    _run(db, "drop table feed_exposure")


@migrations()
def story_aliases(db: sqlite_utils.Database) -> None:
    """Numbers of stories that were merged lead to those that hold their items."""
    _run(
        db,
        """
create table story_aliases (
    old_id integer primary key, story_id integer not null references stories (id), at text not null)
;

create index story_aliases_story on story_aliases (story_id)
""",
    )


@migrations()
def passwords(db: sqlite_utils.Database) -> None:
    """Passwords of users who want one, as slow salted hashes; nobody's SQL reads them."""
    _run(
        db,
        """
create table passwords (
    user_name text primary key references users (name), hash text not null, set_at text not null) without rowid
""",
    )


@migrations()
def saved_filters(db: sqlite_utils.Database) -> None:
    """Filters of the queue that analysts gave a name."""
    _run(
        db,
        """
create table saved_filters (
    id integer primary key, user_name text not null references users (name), name text not null, query text not null,
    saved_at text not null, unique (user_name, name))
""",
    )


@migrations()
def retention(db: sqlite_utils.Database) -> None:
    """What was let go for its age: the record of it, the counts that statistics need, and marks of removed entries."""
    _run(
        db,
        """
create table removals (
    id integer primary key, at text not null, who text not null, what text not null, older_than text not null,
    removed integer not null default 0, because text not null default '')
;

create table removed_days (
    day text not null, feed_id text not null references feeds (id), fetched_day text not null,
    stories integer not null, primary key (day, feed_id, fetched_day)) without rowid
;

create table removed_entries (key integer primary key)
;

create index digest_items_story on digest_items (story_id)
;

create index digest_items_hit on digest_items (hit_id)
""",
    )


@migrations()
def told_as_new_once(db: sqlite_utils.Database) -> None:
    """A story is new to a subscriber in one digest of a name; of two that were merged the first one counts."""
    _run(
        db,
        """
delete from digest_items where reason = 'new' and exists (
    select 1 from digest_items earlier
    where earlier.subscriber_id = digest_items.subscriber_id and earlier.digest = digest_items.digest
    and earlier.story_id = digest_items.story_id and earlier.reason = 'new'
    and (earlier.digest_id, earlier.outlets) < (digest_items.digest_id, digest_items.outlets))
;

create unique index digest_items_new on digest_items (subscriber_id, digest, story_id) where reason = 'new'
""",
    )
