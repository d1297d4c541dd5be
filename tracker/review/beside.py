"""Heavy work in a process of its own that gives way to everything else: a thread of ours would slow every page."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from tracker.model import ConfigError

GIVES_WAY = 10
T = TypeVar("T")


class Stopped(Exception):
    """``stop`` ended it before there was an answer."""


class Broken(Exception):
    """It ended by itself without an answer."""


class Beside:
    """At most one such process at a time. ``stop`` ends it, and none is started afterwards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """``function(*arguments)``, a function of a module, with its answer; all of it must be fit for pickling.

        Raises ConfigError as the function does, and Stopped or Broken where there is no answer.
        """
        with self._lock:
            if self._stopped:
                raise Stopped
            self._process = process = subprocess.Popen(
                [sys.executable, "-c", "from tracker.review.beside import work; work()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        answer, _ = process.communicate(pickle.dumps((function, arguments)))
        if process.returncode:
            raise Stopped if self._stopped else Broken(f"ended with {process.returncode}")
        fine, found = pickle.loads(answer)  # noqa: S301  # our own child wrote it
        if not fine:
            raise ConfigError(*found)
        return cast(T, found)

    def stop(self) -> None:
        """End what is under way."""
        with self._lock:
            self._stopped = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


def work() -> None:
    """What such a process does: one function from standard input, its answer to standard output."""
    os.nice(GIVES_WAY)
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not stand in the answer
    function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent wrote it
    try:
        found = True, function(*arguments)
    except ConfigError as error:
        found = False, error.problems
    with answer:
        pickle.dump(found, answer)
