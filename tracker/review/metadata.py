"""Datasette's metadata: descriptions, facets, full-text search, who may see what, and queries for newcomers."""

from __future__ import annotations

from typing import Any

from tracker.review.desk import DATABASE
from tracker.review.words import TABLES

SIGNED_IN = {"id": "*"}
PRIVATE = ("users", "subscribers", "subscriptions", "digests", "digest_items", "deliveries", "saved_filters")
"""Tables with people in them: for the signed-in only, even where reading is open."""

_DETAILS: dict[str, dict[str, Any]] = {
    "items": {
        "fts_table": "items_fts",
        "fts_pk": "id",
        "facets": ["language"],
        "sort_desc": "id",
        "label_column": "title",
    },
    "hits": {"facets": ["status", "indicator_id"], "sort_desc": "id"},
    "reviews": {"facets": ["verdict", "reviewer"], "sort_desc": "id"},
    "feeds": {"facets": ["status", "language", "country"], "label_column": "title"},
    "indicators": {"facets": ["group_name", "direction"], "sort": "position", "label_column": "title"},
    "checks": {"sort_desc": "id"},
    "item_versions": {"sort_desc": "id"},
    "daily_hits": {"sort_desc": "day"},
    "alerts": {"sort_desc": "day"},
    "stories": {"sort_desc": "id"},
    "_sqlite_migrations": {"hidden": True},
    "tokens": {"allow": False, "hidden": True},
    "secrets": {"allow": False, "hidden": True},
    "passwords": {"allow": False, "hidden": True},
}

QUERIES: dict[str, dict[str, str]] = {
    "confirmed_stories": {
        "title": "Confirmed stories, newest first",
        "description": "One line per confirmed hit, copies left out, with its source and link.",
        "sql": """select h.day, h.indicator_id as indicator, i.title, f.title as source, i.url
from hits h join items i on i.id = h.item_id join feeds f on f.id = i.feed_id
where h.status = 'confirmed' and h.primary_in_story = 1
order by h.day desc, h.score desc limit 500""",
    },
    "stories_per_week": {
        "title": "Stories per week and indicator",
        "description": "Weeks start on Monday (UTC). Rejected hits and copies do not count.",
        "sql": """select date(day, 'weekday 0', '-6 days') as week, indicator_id as indicator, sum(stories) as stories
from daily_hits group by week, indicator_id having sum(stories) > 0 order by week desc, stories desc limit 1000""",
    },
    "agreement": {
        "title": "How indicators fared in review",
        "description": "Verdicts in force per indicator: a low share of confirmed ones asks for a better query.",
        "sql": """select indicator_id as indicator, sum(confirmed) as confirmed, sum(rejected) as rejected,
  round(1.0 * sum(confirmed) / nullif(sum(confirmed) + sum(rejected), 0), 2) as share_confirmed
from daily_hits group by indicator_id having sum(confirmed) + sum(rejected) > 0 order by share_confirmed""",
    },
    "feeds_in_trouble": {
        "title": "Feeds in trouble",
        "description": "Failing, gone or paused feeds with the last error in words.",
        "sql": """select id, title, status, failures, last_error, last_ok_at, next_due_at from feeds
where status != 'active' and removed_at = '' order by status, failures desc""",
    },
    "told_most_widely": {
        "title": "Stories told most widely this month",
        "description": "Stories with a hit, by the number of outlets that tell them.",
        "sql": """select s.outlets, s.size as items, s.first_day, i.title,
  (select group_concat(distinct indicator_id) from hits where story_id = s.id) as indicators
from stories s join items i on i.id = s.first_item_id
where s.first_day >= date((select max(first_day) from stories), '-31 days')
  and exists (select 1 from hits where story_id = s.id and status != 'rejected')
order by s.outlets desc, s.size desc limit 100""",
    },
}


def metadata(*, open_reading: bool) -> dict[str, Any]:
    """Metadata for our one database. Unless reading is open, nothing is shown to people who are not signed in."""
    tables: dict[str, dict[str, Any]] = {}
    for name, details in _DETAILS.items():
        tables[name] = dict(details)
    for name, (description, columns) in TABLES.items():
        tables.setdefault(name, {}).update(description=description, columns=columns)
        if name in PRIVATE:
            tables[name]["allow"] = SIGNED_IN
    whole: dict[str, Any] = {
        "title": "tracker",
        "allow_sql": SIGNED_IN,
        "databases": {
            DATABASE: {
                "description": "Everything tracker knows: feeds, items, hits, reviews. One SQLite file.",
                "allow_sql": SIGNED_IN,
                "tables": tables,
                "queries": QUERIES,
            }
        },
    }
    if not open_reading:
        whole["allow"] = SIGNED_IN
    return whole
