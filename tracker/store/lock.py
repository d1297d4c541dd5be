"""One writer of hits per database: a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.model import ConfigError, Problem


@contextmanager
def sole_poller(database: Path) -> Iterator[None]:
    """Hold the right to poll into ``database``. Raises ConfigError where another process holds it.

    The lock lies in a file beside the database and goes with the process, however that ends.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    with open(database.with_name(database.name + ".lock"), "a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            message = f"another tracker (process {holder}) is polling into this database; stop it first"
            raise ConfigError(Problem(str(database), 0, 0, message)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
