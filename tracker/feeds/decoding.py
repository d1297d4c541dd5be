"""Undoing Content-Encoding with a bound on what comes out, so that a small body cannot fill the memory."""

from __future__ import annotations

import io
import zlib

import brotli  # type: ignore[import-untyped]
import zstandard

ACCEPTED = "gzip, deflate, br, zstd"
_STEP = 1 << 20
_ZSTD_WINDOW = 1 << 27


class TooLarge(Exception):
    """More comes out than the limit allows."""


class Damaged(Exception):
    """The body is not what its Content-Encoding says."""


def decode(raw: bytes, encodings: str, limit: int) -> bytes:
    """The body behind a Content-Encoding header. Raises TooLarge above ``limit`` bytes, and Damaged."""
    names = [name for name in (part.strip().lower() for part in encodings.split(",")) if name and name != "identity"]
    if len(names) > 2:
        raise Damaged
    for name in reversed(names):
        undo = _UNDO.get(name)
        if undo is None:
            raise Damaged
        try:
            raw = undo(raw, limit)
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError):
            raise Damaged from None
    return raw


def _gzip(raw: bytes, limit: int) -> bytes:
    if raw[:2] != b"\x1f\x8b":
        return raw  # some servers announce gzip and send plain text
    out, left = b"", raw
    while left[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        out += _bounded(member, left, limit - len(out))
        left = member.unused_data
    return out


def _deflate(raw: bytes, limit: int) -> bytes:
    try:
        return _bounded(zlib.decompressobj(zlib.MAX_WBITS), raw, limit)
    except zlib.error:
        return _bounded(zlib.decompressobj(-zlib.MAX_WBITS), raw, limit)


def _bounded(inflater: zlib._Decompress, raw: bytes, limit: int) -> bytes:
    out = inflater.decompress(raw, limit + 1)
    if len(out) > limit:
        raise TooLarge
    if not inflater.eof:
        raise Damaged
    return out


def _brotli(raw: bytes, limit: int) -> bytes:
    inflater = brotli.Decompressor()
    parts = [inflater.process(raw, output_buffer_limit=_STEP)]
    size = len(parts[0])
    while size <= limit and not inflater.is_finished():
        part = inflater.process(b"", output_buffer_limit=_STEP)
        if not part:
            raise Damaged
        parts.append(part)
        size += len(part)
    if size > limit:
        raise TooLarge
    return b"".join(parts)


def _zstd(raw: bytes, limit: int) -> bytes:
    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(
        io.BytesIO(raw), read_across_frames=True
    )
    out = bytearray()
    while part := reader.read(_STEP):
        out += part
        if len(out) > limit:
            raise TooLarge
    return bytes(out)


_UNDO = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
