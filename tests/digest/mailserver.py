"""A real SMTP server on loopback that can be told to misbehave."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "correct horse"


class Inbox:
    """What arrived, and the answers to give before it is accepted: replies, or drop-in-data and drop-after-data."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.script: dict[str, deque[str]] = {"mail": deque(), "rcpt": deque(), "data": deque()}
        self.refused: dict[str, str] = {}
        self.connections = 0
        self.encrypted: list[bool] = []

    def answer(self, stage: str, *replies: str) -> None:
        """Give these answers, in turn, at a stage."""
        self.script[stage].extend(replies)

    def messages(self) -> list[EmailMessage]:
        """Everything received, parsed."""
        return [message_from_bytes(raw, policy=policy.default) for _, raw in self.received]  # type: ignore[misc]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.script["mail"]:
            return self.script["mail"].popleft()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        if self.script["rcpt"]:
            return self.script["rcpt"].popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self.script["data"].popleft() if self.script["data"] else "250 OK"
        if reply == "drop-after-data":
            self._keep(server, envelope)
            server.transport.abort()
        elif reply.startswith("250"):
            self._keep(server, envelope)
        return reply

    def _keep(self, server: SMTP, envelope: Envelope) -> None:
        content = envelope.content
        assert isinstance(content, bytes)
        self.encrypted.append(server.transport.get_extra_info("cipher") is not None)
        self.received.append((envelope.rcpt_tos[0], content))


class _Dropping(SMTP):
    """Hangs up between DATA and the message where the inbox says so."""

    async def smtp_DATA(self, arg: str) -> None:
        inbox: Inbox = self.event_handler
        if inbox.script["data"] and inbox.script["data"][0] == "drop-in-data":
            inbox.script["data"].popleft()
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    def connection_made(self, transport: Any) -> None:
        self.event_handler.connections += 1
        super().connection_made(transport)


class _Loopback(Controller):
    def factory(self) -> SMTP:
        return _Dropping(self.handler, **self.SMTP_kwargs)


@contextmanager
def running(
    inbox: Inbox, *, tls: ssl.SSLContext | None = None, implicit: bool = False, sign_in: bool = False
) -> Iterator[int]:
    """A server for ``inbox``; yields its port."""
    options: dict[str, Any] = {"server_hostname": "mail.test"}
    if sign_in:
        options |= {
            "authenticator": _authenticate,
            "auth_required": True,
            "auth_require_tls": tls is not None and not implicit,
        }
    if tls is not None and implicit:
        options |= {"ssl_context": tls}
    elif tls is not None:
        options |= {"tls_context": tls, "require_starttls": True}
    controller = _Loopback(inbox, hostname="127.0.0.1", port=0, ready_timeout=10, **options)
    # Controller.start() connects to the configured port to see whether it is up, so port 0 needs the long way.
    started = threading.Event()
    thread = threading.Thread(target=_serve, args=(controller, started), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield controller.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    finally:
        controller.loop.call_soon_threadsafe(controller.loop.stop)
        thread.join(10)


def _serve(controller: _Loopback, started: threading.Event) -> None:
    import asyncio

    loop = controller.loop
    asyncio.set_event_loop(loop)
    controller.server = loop.run_until_complete(controller._create_server())
    started.set()
    loop.run_forever()
    controller.server.close()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's context with a fresh self-signed certificate for ``name``, and the file that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    key_file = folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_file)
    return context, pem
