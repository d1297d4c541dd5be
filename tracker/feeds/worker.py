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

from tracker.feeds.document import NotAFeed
from tracker.feeds.parse import parse

FRAME = struct.Struct("!I")
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
    try:
        return parse(*pickle.loads(request))  # noqa: S301 - written by our own parent
    except NotAFeed as refusal:
        return refusal
    except MemoryError:
        return NotAFeed("the document takes too much memory to read")
    except RecursionError:
        return NotAFeed("the document nests too deeply")


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
