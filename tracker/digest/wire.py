"""A mail as it goes over the wire: plain ASCII, headers folded, both forms in multipart/alternative.

The standard library makes the same message in some ten milliseconds; thousands of readers of the same stories make that
too slow, so what they share is encoded once.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.quoprimime import body_encode
from functools import lru_cache
from types import MappingProxyType

from tracker.digest.pictures import Picture

BOUNDARY, INNER = "=_digest_=", "=_pictures_="
"""Occur neither in base64 nor in quoted-printable, so they need not be sought in the parts."""
_LINE = 76
_TOP = (f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n').encode()


def message(
    headers: Mapping[str, str | Address],
    text: str,
    html: str,
    placeholders: Mapping[str, str] = MappingProxyType({}),
    pictures: Sequence[Picture] = (),
) -> bytes:
    """The whole mail. ``headers`` go in their order; an Address or a subject in any language is encoded.

    ``placeholders`` stand in both forms for addresses of the reader's own, in the text on lines of their own.
    ``pictures`` travel with the HTML, which names them by their Content-ID.
    Raises ValueError where a header holds a line break.
    """
    html = filled(html, placeholders)
    encoding, encoded = _encoded_text(text, placeholders)
    return b"".join(
        [
            head(headers),
            _TOP,
            _part("plain", encoding, encoded),
            *_html(html, pictures),
            f"--{BOUNDARY}--\r\n".encode(),
        ]
    )


def _html(html: str, pictures: Sequence[Picture]) -> list[bytes]:
    page = _base64(html.encode())
    if not pictures:
        return [_part("html", "base64", page)]
    return [
        f"--{BOUNDARY}\r\n".encode(),
        f'Content-Type: multipart/related; type="text/html"; boundary="{INNER}"\r\n\r\n'.encode(),
        _part("html", "base64", page, INNER),
        *map(_picture, pictures),
        f"--{INNER}--\r\n".encode(),
    ]


@lru_cache(maxsize=64)
def _picture(picture: Picture) -> bytes:
    kind = (
        f"--{INNER}\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-ID: <{picture.cid}>\r\nContent-Disposition: inline; filename="{picture.cid[:12]}.png"\r\n\r\n'
    )
    return kind.encode() + _base64(picture.png) + b"\r\n"


def plain_message(headers: Mapping[str, str | Address], text: str) -> bytes:
    """A message of plain text alone."""
    encoding, encoded = _encoded_text(text, {})
    kind = f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return head(headers) + kind.encode() + b"\r\n" + encoded


def head(headers: Mapping[str, str | Address]) -> bytes:
    """The headers, each ending in CRLF. Raises ValueError where one holds a line break."""
    return "".join(_header(name, value) for name, value in headers.items()).encode("ascii")


def _header(name: str, value: str | Address) -> str:
    if isinstance(value, Address):
        if value.display_name:
            return _address_header(name, value.display_name, value.username, value.domain)
        value = value.addr_spec
    if len(value.splitlines()) > 1:
        raise ValueError(f"a line break in {name}")
    # What looks like an encoded word would be decoded by the reader's program, line breaks included.
    shown = value.replace("=?", "= ?")
    if not shown.isascii() or not shown.isprintable():
        return _encoded_header(name, shown)
    line = f"{name}: {shown}"
    return (line if len(line) <= _LINE else _folded(name, shown)) + "\r\n"


def _folded(name: str, value: str) -> str:
    """Broken at spaces, where a receiver joins it again; a longer word stays whole."""
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > _LINE and not lines[-1].endswith(":"):
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)


@lru_cache(maxsize=64)
def _encoded_header(name: str, value: str) -> str:
    # As a whole: where only some words are encoded, the standard library doubles the space between two of them.
    encoded = Header(value, "utf-8", maxlinelen=_LINE, header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}\r\n"


@lru_cache(maxsize=64)
def _address_header(name: str, display_name: str, username: str, domain: str) -> str:
    header = policy.SMTP.header_factory(name, Address(display_name, username, domain))
    return str(header.fold(policy=policy.SMTP))


def _part(subtype: str, encoding: str, body: bytes, boundary: str = BOUNDARY) -> bytes:
    kind = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return f"--{boundary}\r\n{kind}".encode() + body + b"\r\n"


def filled(text: str, placeholders: Mapping[str, str]) -> str:
    """The text with the reader's own addresses in it."""
    for placeholder, address in placeholders.items():
        text = text.replace(placeholder, address)
    return text


def _encoded_text(text: str, placeholders: Mapping[str, str]) -> tuple[str, bytes]:
    """Readable in the raw where it is mostly ASCII, short where it is not."""
    if not _mostly_ascii(text):
        return "base64", _base64(filled(text, placeholders).encode())
    encoded = _quoted(text)
    for placeholder, address in placeholders.items():
        encoded = encoded.replace(_quoted(placeholder), _quoted(address))
    return "quoted-printable", encoded


@lru_cache(maxsize=32)
def _mostly_ascii(text: str) -> bool:
    return sum(map(str.isascii, text)) > 0.9 * len(text)


@lru_cache(maxsize=64)
def _quoted(text: str) -> bytes:
    return body_encode(text.encode().decode("latin-1"), _LINE).replace("\n", "\r\n").encode("ascii")


def _base64(raw: bytes) -> bytes:
    encoded = b2a_base64(raw, newline=False)
    return b"\r\n".join([encoded[at : at + _LINE] for at in range(0, len(encoded), _LINE)]) + b"\r\n"
