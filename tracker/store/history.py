"""Who judged what, newest first."""

from __future__ import annotations

import sqlite3


def history(
    connection: sqlite3.Connection, *, reviewer: str = "", verdict: str = "", before: int = 0, limit: int = 50
) -> list[sqlite3.Row]:
    """Reviews with their hit, item and whether they are in force; those before review ``before`` where given."""
    narrow = " and r.reviewer = :reviewer" if reviewer else ""
    narrow += " and r.verdict = :verdict" if verdict else ""
    # The cross joins keep SQLite from starting at a small table and sorting every review there is.
    return connection.execute(
        f"""select r.*, h.indicator_id, h.last_review_id = r.id as in_force, n.title as indicator_title,
                   substr(i.title, 1, 300) as title, i.language
            from reviews r cross join hits h on h.id = r.hit_id cross join items i on i.id = h.item_id
            cross join indicators n on n.id = h.indicator_id
            where r.id < :before{narrow} order by r.id desc limit :limit""",
        {"reviewer": reviewer, "verdict": verdict, "before": before or 2**62, "limit": limit},
    ).fetchall()


def reviewers(connection: sqlite3.Connection) -> list[str]:
    """Everyone who may sign in, for choosing whose verdicts to see."""
    return [row[0] for row in connection.execute("select name from users order by name")]
