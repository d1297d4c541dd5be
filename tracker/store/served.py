"""Where the review pages are served now: a line in a file beside the database, so that a link names the right port."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE = 0.3


def note(database: Path, address: str) -> None:
    """Remember that the pages of this database are at ``address``. A folder that cannot be written is no trouble."""
    with contextlib.suppress(OSError):
        _file(database).write_text(address + "\n", encoding="ascii")


def forget(database: Path, address: str) -> None:
    """No longer at ``address``; what another server noted meanwhile stays."""
    with contextlib.suppress(OSError):
        if _noted(database) == address:
            _file(database).unlink()


def address(database: Path) -> str:
    """Where the pages of this database are, if somebody answers there; else nothing."""
    noted = _noted(database)
    parts = urlsplit(noted)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE):
            return noted
    except (OSError, ValueError):
        return ""


def _file(database: Path) -> Path:
    return database.with_name(database.name + ".address")


def _noted(database: Path) -> str:
    try:
        return _file(database).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
