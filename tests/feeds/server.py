"""A loopback web server of our own for tests: scripted answers, faults, and a log of what was asked.

It runs in a thread with its own event loop, so that tests of commands can use it too, and listens on several loopback
addresses, so that hosts can be told apart.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")

RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Harbour Post</title><link>http://harbour.example/</link>
<description>News of the harbour</description><language>en</language>
<item><title>Two fleets begin a joint patrol</title><link>http://harbour.example/1</link><guid>h1</guid>
<pubDate>Mon, 02 Feb 2026 10:00:00 GMT</pubDate><description>&lt;p&gt;Ships left at dawn.&lt;/p&gt;</description></item>
<item><title>Ferry timetable for spring</title><link>http://harbour.example/2</link><guid>h2</guid>
<pubDate>Sun, 01 Feb 2026 10:00:00 GMT</pubDate><description>More boats on Sundays.</description></item>
</channel></rss>
"""
XML = {"Content-Type": "application/rss+xml; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in; header names in lower case."""

    path: str
    headers: dict[str, str]
    host: str
    at: float


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Site:
    """The server's script and its log."""

    port: int = 0
    scheme: str = "http"
    routes: dict[str, Handler] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    closing: bool = False
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str, host: str = HOSTS[0]) -> str:
        """The address of a path on one of the hosts."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def serve(self, path: str, body: bytes = RSS, status: int = 200, headers: dict[str, str] | None = None) -> str:
        """Answer a path always the same way; returns its address."""

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            await reply(writer, status, headers if headers is not None else XML, body)

        return self.on(path, handler)

    def on(self, path: str, handler: Handler) -> str:
        """Answer a path with a handler; returns its address."""
        self.routes[path] = handler
        return self.url(path)

    def asked(self, path: str) -> list[Request]:
        """What came in for a path so far."""
        return [request for request in self.log if request.path == path]

    def wait_for(self, path: str, times: int = 1, patience: float = 10) -> None:
        """Block until a path was asked that often."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.asked(path)) >= times, patience):
                raise AssertionError(f"{path} was not asked {times} times")

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
                request = Request(path, headers, writer.get_extra_info("sockname")[0], time.monotonic())
                with self.arrived:
                    self.log.append(request)
                    self.arrived.notify_all()
                handler = self.routes.get(path)
                if handler is None:
                    await reply(writer, 404, {"Content-Type": "text/plain"}, b"nothing here")
                else:
                    await handler(request, writer)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.transport.abort() if writer.is_closing() or self.closing else writer.close()


async def reply(
    writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes = b"", length: int | None = None
) -> None:
    """A whole answer; ``length`` lies about the body's."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if status == 304 else body))
    await writer.drain()


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.sleep(3600)


async def drip(request: Request, writer: asyncio.StreamWriter) -> None:
    """Answer a byte at a time, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"<")
        await writer.drain()
        await asyncio.sleep(0.05)


async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
    """Drop the connection."""
    writer.transport.abort()


async def cut_off(request: Request, writer: asyncio.StreamWriter) -> None:
    """Promise more than comes."""
    await reply(writer, 200, XML, RSS[: len(RSS) // 2], len(RSS))
    writer.close()


async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
    """A body without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b" " * 1_000_000)
        await writer.drain()


def gzip_bomb(megabytes: int) -> bytes:
    """A small gzip body that unpacks to that many megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * 1_000_000) for _ in range(megabytes)) + packer.flush()


def redirect(status: int, to: str) -> Handler:
    """Send on to another address."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await reply(writer, status, {"Location": to})

    return handler


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site that answers until the end of the block."""
    site = Site(scheme="https" if tls else "http")
    loop = asyncio.new_event_loop()
    started = threading.Event()
    stop = asyncio.Event()

    async def main() -> None:
        server = await asyncio.start_server(site.handle, HOSTS[0], 0, ssl=tls)
        site.port = server.sockets[0].getsockname()[1]
        others = [await asyncio.start_server(site.handle, host, site.port, ssl=tls) for host in HOSTS[1:]]
        started.set()
        await stop.wait()
        site.closing = True
        for one in (server, *others):
            one.close()
        tasks: set[asyncio.Task[Any]] = asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    started.wait(10)
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
