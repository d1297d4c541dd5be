"""The pages behind nginx with TLS, by the configuration that the documentation gives."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.digest.mailserver import certificate
from tracker.clock import real
from tracker.review import serve
from tracker.settings import Settings
from tracker.store import users

NAME = "tracker.example.org"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
PATIENCE = 20.0

pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is not installed")


@pytest.fixture
def pages(settings: Settings, db: sqlite3.Connection) -> Iterator[str]:
    """The desk as its operator would set it up behind a proxy: it knows its public name and listens on loopback."""
    listening, found = threading.Event(), []
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def ready(where: str, sign_in: str) -> None:
        found.append(where)
        listening.set()

    public = replace(settings, base_url=f"https://{NAME}")
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve.serve(public, port=0, ready=ready, stop=stop))
    )
    thread.start()
    assert listening.wait(PATIENCE)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(PATIENCE)


@pytest.fixture
def proxy(pages: str, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """nginx with our configuration; only ports, certificate and the place of the pages are the test's."""
    _, certified = certificate(tmp_path, NAME)
    with socket.socket() as free, socket.socket() as other:
        free.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, plain = free.getsockname()[1], other.getsockname()[1]
    ours = (ROOT / "deploy" / "nginx" / "tracker.conf").read_text()
    for pattern, text in (
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl;"),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"(?m)^ *listen \[::\].*$", ""),
        (r"ssl_certificate     .*;", f"ssl_certificate {certified};"),
        (r"ssl_certificate_key .*;", f"ssl_certificate_key {certified.with_suffix('.key')};"),
        (r"http://127\.0\.0\.1:8001", pages.rstrip("/")),
    ):
        ours, count = re.subn(pattern, lambda _, text=text: text, ours)  # type: ignore[misc]
        assert count, pattern
    whole = tmp_path / "nginx.conf"
    paths = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(f"daemon off; pid {tmp_path}/pid; events {{}} http {{ access_log off; {paths} {ours} }}")
    server = subprocess.Popen([NGINX, "-e", str(tmp_path / "error.log"), "-c", str(whole)])
    until = time.monotonic() + PATIENCE
    while not _listens(port):
        assert server.poll() is None, (tmp_path / "error.log").read_text()
        assert time.monotonic() < until
    yield port, certified
    server.terminate()
    server.wait(PATIENCE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_people_sign_in_and_judge_through_the_proxy(
    proxy: tuple[int, Path], settings: Settings, db: sqlite3.Connection
) -> None:
    port, certified = proxy
    context = ssl.create_default_context(cafile=str(certified))
    headers = {"Host": NAME}
    link = users.link(db, "ann", "", real())
    with httpx.Client(
        base_url=f"https://127.0.0.1:{port}", verify=context, headers=headers, follow_redirects=False
    ) as browser:

        def ask(method: str, path: str, **named: object) -> httpx.Response:
            return browser.request(method, path, extensions={"sni_hostname": NAME}, **named)  # type: ignore[arg-type]

        signed_in = ask("GET", link)
        assert signed_in.status_code == 303
        cookie = signed_in.headers["set-cookie"]
        assert "secure" in cookie.lower()
        browser.headers["cookie"] = cookie.partition(";")[0]
        page = ask("GET", "/-/tracker/queue")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"].startswith("max-age")
        token = page.cookies.get("ds_csrftoken") or ""
        browser.headers["cookie"] += f"; ds_csrftoken={token}"
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        verdict = ask(
            "POST", "/-/tracker/verdict", data=fields | {"verdict": "confirmed", "csrftoken": token},
            headers={"Origin": f"https://{NAME}"},
        )  # fmt: skip
        assert verdict.status_code in (200, 303), verdict.text
    assert db.execute("select count(*) from hits where status = 'confirmed'").fetchone()[0] >= 1
