"""A small forwarding proxy on loopback for tests: plain requests and CONNECT, with or without a sign-in."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """``seen``: the first line of every request; ``leads_to``: (host, port) that every name is taken to."""

    sign_in: str = ""
    leads_to: tuple[str, int] = ("127.0.0.1", 0)
    port: int = 0
    seen: list[str] = field(default_factory=list)

    def url(self, who: str = "") -> str:
        return f"http://{who + '@' if who else ''}127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, _, rest = head.partition("\r\n")
            self.seen.append(first)
            wanted = "Basic " + base64.b64encode(self.sign_in.encode()).decode()
            if self.sign_in and f"proxy-authorization: {wanted}".lower() not in rest.lower():
                writer.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
                return
            method, target, _ = first.split(" ", 2)
            there_reader, there = await asyncio.open_connection(*self.leads_to)
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                parts = urlsplit(target)
                kept = [line for line in rest.split("\r\n") if not line.lower().startswith(("proxy-", "connection:"))]
                lines = [
                    f"{method} {parts.path or '/'} HTTP/1.1",
                    "Connection: close",
                    *(line for line in kept if line),
                ]
                there.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            await asyncio.gather(_pass_on(reader, there), _pass_on(there_reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@contextmanager
def proxying(to_port: int, sign_in: str = "") -> Iterator[Proxy]:
    """A proxy that answers until the end of the block and takes every name to a port on loopback."""
    proxy = Proxy(sign_in, ("127.0.0.1", to_port))
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()

    async def main() -> None:
        server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:  # type: ignore[arg-type]
            task.cancel()
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    started.wait(10)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
