"""Datasette's database, keeping what it would ask anew for every page: counts for seconds, the schema until it changes.

Each question costs a change of threads, and a page of a table asks some fifteen about tables and columns alone.
"""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from datasette.database import Database

from tracker.review.counted import key_of
from tracker.review.desk import Desk

LARGEST_VALUE = 16 * 1024 * 1024
KEPT = 1000
ABOUT_THE_SCHEMA = (
    "table_exists", "table_names", "view_names", "hidden_table_names", "table_columns", "table_column_details",
    "primary_keys", "fts_table", "label_column_for_table", "foreign_keys_for_table", "get_all_foreign_keys",
    "get_table_definition", "get_view_definition",
)  # fmt: skip
SPELLING = "select name from sqlite_master where type in ('table', 'view') and name = ? collate nocase"
VERSION = "PRAGMA schema_version"


class KeptDatabase(Database):  # type: ignore[misc]
    """Also: one value of a query cannot fill the memory, and mistakes in SQL stay on the page.

    Datasette asks for the version of the schema before every page of its own; once that differs, what is kept is
    forgotten.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.schema_version: int | None = None
        self._told: dict[Any, Any] = {}

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A connection of Datasette's with a limit to the length of values."""
        connection: sqlite3.Connection = super().connect(write)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        return connection

    async def execute(self, sql: str, params: Any = None, **named: Any) -> Any:
        """Datasette's ``execute``, but counts and spellings of names may come from what is kept."""

        async def ask() -> Any:
            return await super(KeptDatabase, self).execute(sql, params, **{**named, "log_sql_errors": False})

        if sql == VERSION:
            return self._noted(await ask())
        if sql == SPELLING:
            return await self._once((sql, *params), ask)
        desk: Desk = self.ds.desk
        key = key_of(sql, params)
        kept = desk.counts.get(key, desk.changes) if key else None
        if kept is not None:
            return kept
        changes = desk.changes
        answer = await ask()
        if key:
            desk.counts.put(key, changes, answer)
        return answer

    def _noted(self, answer: Any) -> Any:
        if answer.first()[0] != self.schema_version:
            self.schema_version, self._told = answer.first()[0], {}
        return answer

    async def _once(self, key: Any, ask: Callable[[], Awaitable[Any]]) -> Any:
        told = self._told
        if key not in told:
            answer = await ask()
            if len(told) >= KEPT:
                told.clear()
            told[key] = answer
        return copy.copy(told[key])


def _kept(name: str) -> Callable[..., Awaitable[Any]]:
    original = getattr(Database, name)

    async def method(self: KeptDatabase, *arguments: Any) -> Any:
        return await self._once((name, *arguments), lambda: original(self, *arguments))

    method.__name__ = name
    method.__doc__ = f"Datasette's ``{name}``, asked once for each version of the schema."
    return method


for _name in ABOUT_THE_SCHEMA:
    setattr(KeptDatabase, _name, _kept(_name))
