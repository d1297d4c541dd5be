"""One writer of hits per database: a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.model import ConfigError, Problem
from tracker.store.connect import make_folder


@contextmanager
def sole_poller(database: Path) -> Iterator[None]:
    """Hold the right to poll into ``database``. Raises ConfigError where another process holds it.

    It is raised too where no lock can be made.
    The lock lies in a file beside the database and goes with the process, however that ends.
    """
    make_folder(database)
    try:
        lock = open(database.with_name(database.name + ".lock"), "a+", encoding="ascii")  # noqa: SIM115
    except OSError:
        message = "its folder takes no new files; check its permissions, or name another with --db"
        raise ConfigError(Problem(str(database), 0, 0, message)) from None
    with lock as file:
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
