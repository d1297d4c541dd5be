"""What Datasette asks of the schema is asked once, until the schema changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from datasette.database import Database

from tests.review.conftest import Desk, Visitor

ROWS = "/tracker/hits.json?_size=100&_nofacet=1&_nocount=1"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Callable[..., Any]]:
    """What was asked of SQLite, each with a change of threads."""
    found = []
    original = Database.execute_fn

    async def noted(self: Any, function: Callable[..., Any]) -> Any:
        found.append(function)
        return await original(self, function)

    monkeypatch.setattr(Database, "execute_fn", noted)
    return found


async def test_json_of_rows_asks_for_who_is_there_the_schemas_version_and_the_rows(
    ann: Visitor, asked: list[Callable[..., Any]]
) -> None:
    first = await ann.get(ROWS)
    asked.clear()
    assert (await ann.get(ROWS)).json()["rows"] == first.json()["rows"] != []
    assert len(asked) == 3


async def test_a_page_of_a_table_asks_only_for_rows_counts_and_labels(
    ann: Visitor, asked: list[Callable[..., Any]]
) -> None:
    await ann.get("/tracker/hits")
    asked.clear()
    assert "arms-transfer" in (await ann.get("/tracker/hits")).text
    assert len(asked) <= 8


async def test_a_new_column_is_seen_at_once(desk: Desk, ann: Visitor) -> None:
    assert "since_then" not in (await ann.get("/tracker/hits.json?_size=1")).json()["columns"]
    desk.db.execute("alter table hits add column since_then text")
    assert "since_then" in (await ann.get("/tracker/hits.json?_size=1")).json()["columns"]
    assert (await ann.get("/tracker/later.json")).status_code == 404
    desk.db.execute("create table later (id integer primary key)")
    assert (await ann.get("/tracker/later.json")).status_code == 200


async def test_names_that_strangers_make_up_do_not_fill_the_memory(desk: Desk, ann: Visitor) -> None:
    for number in range(1100):
        await desk.datasette.get_database("tracker").table_exists(f"no-{number}")
    assert len(desk.datasette.get_database("tracker")._told) <= 1000
