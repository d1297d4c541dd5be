"""Filters of the queue that an analyst gave a name."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tracker.store.connect import writing

MOST = 40
LONGEST_NAME = 60


class NameTakenError(Exception):
    """The analyst has another filter of that name."""


class TooManyError(Exception):
    """The analyst has ``MOST`` filters already."""


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A name, and the filters as the query string of the queue's address."""

    id: int
    name: str
    query: str


def saved(connection: sqlite3.Connection, user: str) -> list[SavedFilter]:
    """The filters of an analyst in the order of their names."""
    rows = connection.execute(
        "select id, name, query from saved_filters where user_name = ? order by name collate nocase, id", (user,)
    )
    return [SavedFilter(*row) for row in rows]


def find(connection: sqlite3.Connection, filter_id: int) -> SavedFilter | None:
    """Anybody's filter: its address is there to be shared."""
    row = connection.execute("select id, name, query from saved_filters where id = ?", (filter_id,)).fetchone()
    return SavedFilter(*row) if row else None


def save(connection: sqlite3.Connection, user: str, name: str, query: str, at: str) -> bool:
    """Save filters; True where they took the place of others that the analyst had called so. Raises TooManyError."""
    with writing(connection):
        replaced = connection.execute(
            "update saved_filters set query = ?, saved_at = ? where user_name = ? and name = ?", (query, at, user, name)
        ).rowcount
        if not replaced:
            if len(saved(connection, user)) >= MOST:
                raise TooManyError
            connection.execute(
                "insert into saved_filters (user_name, name, query, saved_at) values (?, ?, ?, ?)",
                (user, name, query, at),
            )
    return bool(replaced)


def rename(connection: sqlite3.Connection, user: str, filter_id: int, name: str) -> None:
    """Call the analyst's own filter otherwise. Raises LookupError where they have none, NameTakenError."""
    with writing(connection):
        try:
            changed = connection.execute(
                "update saved_filters set name = ? where id = ? and user_name = ?", (name, filter_id, user)
            ).rowcount
        except sqlite3.IntegrityError:
            raise NameTakenError(name) from None
        if not changed:
            raise LookupError(filter_id)


def remove(connection: sqlite3.Connection, user: str, filter_id: int) -> None:
    """Forget the analyst's own filter. Raises LookupError where they have none of that number."""
    with writing(connection):
        gone = connection.execute(
            "delete from saved_filters where id = ? and user_name = ?", (filter_id, user)
        ).rowcount
        if not gone:
            raise LookupError(filter_id)
