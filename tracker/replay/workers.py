"""Who does the work of a replay: this process, processes of this machine, or a Dask cluster. All are Executors."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from typing import Any, ParamSpec, Protocol, TypeVar

from tracker.model import ConfigError, Problem
from tracker.replay import work

P = ParamSpec("P")
R = TypeVar("R")
DASK_SECONDS = 20
"""How long a Dask scheduler may take to answer."""
EXTRA = "a Dask cluster needs an extra: pip install 'news-indicator-tracker[dask]'"


class WorkersGone(Exception):
    """The workers died, or the cluster that they belong to cannot be reached any more."""


class Workers(Protocol):
    """An executor whose workers hold the codebook, and what to do when it breaks."""

    count: int

    @property
    def executor(self) -> Executor:
        """Where tasks are submitted."""

    def result(self, future: Future[work.Found]) -> work.Found:
        """What a task found. Raises WorkersGone where its worker died before it was done."""

    def revive(self) -> None:
        """Start anew after WorkersGone. Raises ConfigError where that is not in our hands."""

    def close(self) -> None:
        """End the workers."""


class ThisProcess:
    """No workers: tasks are done when they are submitted."""

    count = 1

    def __init__(self, codebook_text: str) -> None:
        work.install(codebook_text)
        self.executor: Executor = _Immediately()

    def result(self, future: Future[work.Found]) -> work.Found:
        return future.result()

    def revive(self) -> None:
        raise AssertionError

    def close(self) -> None:
        self.executor.shutdown()


class _Immediately(Executor):
    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        done: Future[R] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Processes:
    """Processes of this machine."""

    def __init__(self, codebook_text: str, count: int) -> None:
        self.count = count
        self._text = codebook_text
        self.executor: Executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.count, context, initializer=_begin, initargs=(self._text,))

    def result(self, future: Future[work.Found]) -> work.Found:
        try:
            return future.result()
        except (BrokenExecutor, CancelledError):
            raise WorkersGone from None

    def revive(self) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = self._start()

    def close(self) -> None:
        self.executor.shutdown(wait=True, cancel_futures=True)


def _begin(codebook_text: str) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work.install(codebook_text)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class DaskCluster:
    """Workers of a cluster; the codebook travels to each of them once, also to those that join or come back later."""

    def __init__(self, codebook_text: str, address: str) -> None:
        """Raises ConfigError where no scheduler answers or the extra is missing."""
        try:
            from distributed import Client
        except ImportError:
            raise ConfigError(Problem(address, 0, 0, EXTRA)) from None
        self.address = address
        try:
            client: Any = Client
            self._client = client(address, timeout=DASK_SECONDS, set_as_default=False)
            self._client.register_plugin(_codebook_plugin(codebook_text))
        except (OSError, ValueError, TypeError):
            message = f"no Dask scheduler answers there within {DASK_SECONDS} s"
            raise ConfigError(Problem(address, 0, 0, message)) from None
        self.executor: Executor = self._client.get_executor(pure=False)
        self.count = max(1, sum(self._client.nthreads().values()))

    def result(self, future: Future[work.Found]) -> work.Found:
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            return future.result()
        except (CancelledError, FutureCancelledError, KilledWorker, OSError):
            raise WorkersGone from None

    def revive(self) -> None:
        message = "the cluster is gone or its workers die; what is stored stays: run it again, and it goes on there"
        raise ConfigError(Problem(self.address, 0, 0, message))

    def close(self) -> None:
        self.executor.shutdown(wait=False)
        self._client.close(timeout=DASK_SECONDS)


def _codebook_plugin(text: str) -> Any:
    from distributed import WorkerPlugin

    class CodebookPlugin(WorkerPlugin):
        name = "tracker-codebook"

        def __init__(self) -> None:
            self.text = text

        def setup(self, worker: Any) -> None:
            work.install(self.text)

    return CodebookPlugin()


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_workers(codebook_text: str, *, jobs: int, dask: str = "") -> Workers:
    """The workers that were asked for. ``jobs`` 0: no other process. Raises ConfigError where they cannot be had."""
    if dask:
        return DaskCluster(codebook_text, dask)
    return Processes(codebook_text, jobs) if jobs else ThisProcess(codebook_text)
