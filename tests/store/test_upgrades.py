"""Databases of every schema there ever was, with a row in each table, become ones of today and lose nothing."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlite_utils
from sqlite_utils.migrations import Migrations as Runner

from tracker.model import ConfigError
from tracker.store import backups, migrations
from tracker.store.migrations import open_store

KNOWN = list(migrations.migrations._all.values())
NAMES = [migration.__name__ for migration in KNOWN]
EARLIER = range(NAMES.index("items") + 1, len(KNOWN))
"""How many migrations an earlier schema has; without items there was none."""
DROPPED = {"feed_exposure"}
"""Tables that an upgrade drops, as they were never filled."""
Rows = dict[str, list[dict[str, object]]]


def of_schema(path: Path, count: int) -> None:
    """A database as the first ``count`` migrations made it, with a row in each table."""
    runner = Runner("tracker")
    for migration in KNOWN[:count]:
        runner()(migration)
    with closing(migrations.connect(path, create=True)) as connection:
        runner.apply(sqlite_utils.Database(connection))
        fill(connection)


def tables(connection: sqlite3.Connection) -> list[str]:
    """The tables that people fill: no virtual ones, none of sqlite-utils."""
    rows = connection.execute("select name, sql from sqlite_master where type = 'table' order by rowid").fetchall()
    virtual = [name for name, sql in rows if "create virtual" in sql.lower()]
    return [
        name
        for name, _ in rows
        if not name.startswith(("sqlite_", "_sqlite")) and not any(name.startswith(start) for start in virtual)
    ]


def fill(connection: sqlite3.Connection) -> None:
    """A row in every table, by what its columns are declared as; references among them hold at the end."""
    connection.execute("pragma foreign_keys = off")
    for table in tables(connection):
        sql = connection.execute("select sql from sqlite_master where name = ?", (table,)).fetchone()[0]
        parents = {row[3]: (row[2], row[4]) for row in connection.execute(f"pragma foreign_key_list({table})")}
        row = {}
        for _, name, kind, required, default, key in connection.execute(f"pragma table_info({table})").fetchall():
            allowed = re.search(rf"check\s*\({name} in \('([^']*)'", sql)
            if name in parents:
                row[name] = 1 if kind.lower() == "integer" else "text"
            elif allowed is not None:
                row[name] = allowed[1]
            elif key or (required and default is None) or kind.lower() == "text":
                row[name] = {"integer": 1, "real": 0.5, "blob": b"blob"}.get(kind.lower(), "text")
        names = ", ".join(row)
        connection.execute(
            f"insert or ignore into {table} ({names}) values ({', '.join('?' * len(row))})", list(row.values())
        )
    connection.commit()
    connection.execute("pragma foreign_keys = on")
    assert connection.execute("pragma foreign_key_check").fetchall() == []


def rows_of(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in connection.execute(f"select * from {table}")] for table in tables(connection)
        }


@pytest.mark.parametrize("count", EARLIER, ids=[NAMES[count - 1] for count in EARLIER])
def test_a_database_of_an_earlier_schema_is_upgraded_and_keeps_its_rows(tmp_path: Path, count: int) -> None:
    path = tmp_path / "tracker.db"
    of_schema(path, count)
    before = rows_of(path)
    assert all(before.values())
    with closing(open_store(path)) as upgraded:
        assert migrations.migrations.pending(upgraded) == []
        assert upgraded.execute("pragma foreign_key_check").fetchall() == []
        assert upgraded.execute("pragma integrity_check").fetchone()[0] == "ok"
    after = rows_of(path)
    lost = [
        (table, old)
        for table, rows in before.items()
        for old in rows
        if table not in DROPPED and not any(old.items() <= new.items() for new in after.get(table, []))
    ]
    assert lost == []
    copy = migrations.before_upgrade(path)
    assert rows_of(copy) == before


@pytest.mark.parametrize("count", EARLIER, ids=[NAMES[count - 1] for count in EARLIER])
def test_an_upgraded_schema_is_the_one_of_a_new_database(tmp_path: Path, count: int) -> None:
    of_schema(tmp_path / "old.db", count)
    open_store(tmp_path / "old.db").close()
    open_store(tmp_path / "new.db").close()

    def schema(path: Path) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("select name, sql from sqlite_master order by name").fetchall()

    assert schema(tmp_path / "old.db") == schema(tmp_path / "new.db")


def test_a_newer_database_is_refused_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    of_schema(path, len(KNOWN))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('tracker', 'from_2031', '')"
        )
        connection.commit()
    before = rows_of(path)
    with pytest.raises(ConfigError, match=r"newer version.*from_2031"):
        open_store(path)
    assert rows_of(path) == before
    assert not migrations.before_upgrade(path).exists()
    with pytest.raises(ConfigError, match="newer version"):
        backups.put_back(path, tmp_path / "other.db", datetime(2026, 2, 3, tzinfo=UTC))
