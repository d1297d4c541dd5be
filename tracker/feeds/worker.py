"""The process that reads documents: one request at a time over the socket that is its standard input.

A hostile document can make any parser slow or big; here that costs one process, which the pool ends and replaces.
"""

from __future__ import annotations

import contextlib
import pickle
import resource
import signal
import socket
import struct
import sys

from tracker.feeds.document import NoArticle, NotAFeed
from tracker.feeds.parse import parse

FRAME = struct.Struct("!I")
FEED, ARTICLE = "feed", "article"
"""What a request is for; its first element."""
MEMORY_LIMIT = 1_500_000_000
"""Bytes of address space."""


def main(time_limit: float) -> None:
    """Serve until the other side closes. A document that takes more processor seconds ends the process by SIGPROF."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with socket.socket(fileno=0) as line, contextlib.suppress(ConnectionError):
        while request := _receive(line):
            signal.setitimer(signal.ITIMER_PROF, time_limit)
            answer = pickle.dumps(_answer(request), pickle.HIGHEST_PROTOCOL)
            signal.setitimer(signal.ITIMER_PROF, 0)
            line.sendall(FRAME.pack(len(answer)) + answer)


def _answer(request: bytes) -> object:
    task, *arguments = pickle.loads(request)  # noqa: S301 - written by our own parent
    refused = NoArticle if task == ARTICLE else NotAFeed
    try:
        return _article(*arguments) if task == ARTICLE else parse(*arguments)
    except (NotAFeed, NoArticle) as refusal:
        return refusal
    except MemoryError:
        return refused("the document takes too much memory to read")
    except RecursionError:
        return refused("the document nests too deeply")
    except ValueError:
        if task != ARTICLE:
            raise
        return refused("the page cannot be read")


def _article(body: bytes, content_type: str, url: str) -> str:
    from tracker.feeds import article  # costs 40 MB, which a desk without full text need not spend

    return article.extract(body, content_type, url)


def _receive(line: socket.socket) -> bytes:
    head = _exactly(line, FRAME.size)
    return _exactly(line, FRAME.unpack(head)[0]) if head else b""


def _exactly(line: socket.socket, size: int) -> bytes:
    buffer = bytearray(size)
    view, filled = memoryview(buffer), 0
    while filled < size:
        count = line.recv_into(view[filled:])
        if not count:
            return b""
        filled += count
    return bytes(buffer)


if __name__ == "__main__":
    main(float(sys.argv[1]))
