"""Certificates that must not be believed, on real handshakes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.feeds.conftest import LOOPBACK
from tests.feeds.server import RSS, redirect, running
from tracker.feeds.faults import FetchError
from tracker.feeds.fetch import Fetcher

Issue = Callable[..., ssl.SSLContext]


@pytest.fixture
def issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issue:
    """Makes server contexts with certificates of an authority that the fetcher trusts."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
    now = datetime.now(UTC)

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30)).not_valid_after(until)
        )  # fmt: skip

    authority = (
        builder(name, authority_key, now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    def make(address: str = "127.0.0.1", *, expired: bool = False, own: bool = False) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        until = now - timedelta(days=1) if expired else now + timedelta(days=1)
        certificate = (
            builder(name if own else x509.Name([]), key, until)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=True)
            .sign(key if own else authority_key, hashes.SHA256())
        )
        file = tmp_path / "server.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    return make


@pytest.fixture
async def trusting(issue: Issue) -> AsyncIterator[Fetcher]:
    async with Fetcher(allow_networks=LOOPBACK, deadline=5) as found:
        yield found


async def test_a_good_certificate_is_believed(issue: Issue, trusting: Fetcher) -> None:
    with running(issue()) as site:
        assert (await trusting.get(site.serve("/feed"))).body == RSS


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"expired": True}, "it has expired"),
        ({"address": "127.0.0.9"}, "it was made for another name"),
        ({"own": True}, "cannot be verified|unknown|itself"),
    ],
)
async def test_bad_certificates_are_refused_and_named(
    issue: Issue, trusting: Fetcher, what: dict[str, bool], reason: str
) -> None:
    with running(issue(**what)) as site, pytest.raises(FetchError, match=reason) as caught:
        await trusting.get(site.serve("/feed"))
    assert caught.value.error_class == "tls"
    assert site.log == []


async def test_a_server_that_speaks_no_tls_is_a_tls_fault(trusting: Fetcher) -> None:
    async def answer_in_plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer_in_plain, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        with pytest.raises(FetchError) as caught:
            await trusting.get(f"https://127.0.0.1:{port}/feed")
    assert caught.value.error_class == "tls"


async def test_a_step_down_to_plain_http_is_remarked_and_not_made_permanent(issue: Issue, trusting: Fetcher) -> None:
    with running(issue()) as secure, running() as plain:
        reply = await trusting.get(secure.on("/feed", redirect(301, plain.serve("/feed"))))
    assert reply.body == RSS
    assert reply.moved_to is None
    assert reply.remark == "the feed redirects from https to plain http"
