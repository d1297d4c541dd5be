"""What the first reader after a start would wait for, done before: the disk, the schema, the templates."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from datasette.utils import sqlite_timelimit

from tracker.review.desk import read

WALKING_MS = 5000
WALKED = (
    "select status, count(*) from hits group by status",
    "select indicator_id, count(*) from hits group by indicator_id",
    "select language, count(*) from items group by language",
)
FIRST = ("desk_board.html", "desk_queue.html", "table.html", "_table.html", "_facet_results.html", "database.html")
UNUSED = ("allow_debug.html", "messages_debug.html", "patterns.html", "permissions_debug.html")


async def warm_up(datasette: Any, stop: asyncio.Event) -> None:
    """Read the indexes that counting walks, learn the schema, compile the templates; ends early with ``stop``."""
    await read(datasette, walk_indexes)
    if not stop.is_set():
        await datasette.refresh_schemas()
    known = datasette.jinja_env.list_templates(filter_func=lambda name: ":" not in name and name not in UNUSED)
    for name in (*FIRST, *(name for name in known if name not in FIRST)):
        if stop.is_set():
            return
        await asyncio.to_thread(datasette.jinja_env.get_template, name)


def walk_indexes(connection: sqlite3.Connection) -> None:
    """Read once what counting reads, some seconds at most: after a start the disk would make the first reader wait."""
    try:
        with sqlite_timelimit(connection, WALKING_MS):
            for sql in WALKED:
                connection.execute(sql).fetchall()
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
