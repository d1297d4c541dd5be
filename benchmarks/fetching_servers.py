"""Servers of the fetching benchmark, on loopback: nginx with and without validators, and one that never answers."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

NGINX = """\
worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; types {{ application/rss+xml xml; }} keepalive_requests 1000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{with_validators} backlog=4096; root {root}; etag on; }}
  server {{ listen 127.0.0.1:{without} backlog=4096; root {root}; etag off; if_modified_since off;
            add_header Last-Modified ""; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the servers listen."""

    with_validators: int
    without: int


@contextmanager
def nginx(folder: Path, root: Path) -> Iterator[Ports]:
    """nginx serving ``root`` on two free ports, ended at the end. ``folder`` takes its own files."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = Ports(_free_port(), _free_port())
    config = folder / "nginx.conf"
    config.write_text(
        NGINX.format(folder=folder, root=root, with_validators=ports.with_validators, without=ports.without)
    )
    command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(ports.with_validators)
            yield ports
        finally:
            process.terminate()


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    stopped = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0), backlog=1024)) as listener:
        listener.settimeout(0.2)

        def take() -> None:
            held = []
            while not stopped.is_set():
                try:
                    held.append(listener.accept()[0])
                except TimeoutError:
                    continue
            for connection in held:
                connection.close()

        taker = threading.Thread(target=take)
        taker.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopped.set()
            taker.join()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, patience: float = 10.0) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("nginx did not start")
