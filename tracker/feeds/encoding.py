"""Bytes of a document -> text, whatever encoding they claim or really have."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STARTS = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_SUPERSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932",
    "euc_kr": "cp949", "big5": "big5hkscs", "iso8859-9": "cp1254", "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip
_NEVER = ("utf-16", "utf-32", "utf-7", "idna", "punycode", "unicode", "raw")
"""Claims that are lies where neither a mark nor the first bytes say so, and codecs that are no character sets."""
_SEVEN_BIT = re.compile(r"iso2022|hz")
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{2,40})""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{2,40})""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*?>")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_ILLEGAL_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

TOLERATED_SHARE = 0.02
"""Share of broken characters among the non-ASCII ones up to which a document is still taken to be UTF-8."""


def decode(body: bytes, content_type: str = "") -> str:
    """The document's text without its XML declaration and without characters that XML forbids. Never raises.

    A byte order mark counts most, then what the bytes can be: text that is valid UTF-8 is UTF-8, whatever is claimed.
    """
    text = _decode(body, content_type)
    text = _XML_DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    return _ILLEGAL_XML.sub(" ", text)


def _decode(body: bytes, content_type: str) -> str:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for start, name in _STARTS:
        if body.startswith(start):
            return body.decode(name, "replace")
    claims = _claims(body, content_type)
    if body.isascii():
        seven_bit = next((name for name in claims if _SEVEN_BIT.match(name.replace("_", ""))), "ascii")
        return body.decode(seven_bit, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, claims)


def _decode_other(body: bytes, claims: list[str]) -> str:
    lenient = body.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    foreign = len(lenient) - sum(len(run) for run in re.findall(r"[\x00-\x7f]+", lenient))
    if broken <= 2 + TOLERATED_SHARE * foreign and foreign > 2 * broken:
        return lenient
    claims = [name for name in claims if name != "utf-8"]
    for name in claims:
        try:
            return body.decode(name)
        except (UnicodeDecodeError, UnicodeError):
            continue
    multibyte = [name for name in claims if not name.startswith(("cp12", "iso8859", "koi8"))]
    return body.decode((multibyte or [_guess(body)])[0], "replace")


def _claims(body: bytes, content_type: str) -> list[str]:
    declared = _DECLARATION.match(body[:400])
    spoken = _CHARSET.search(content_type)
    names = [declared[1].decode("ascii")] if declared else []
    names += [spoken[1]] if spoken else []
    known = []
    for name in names:
        try:
            found = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        if not getattr(found, "_is_text_encoding", True) or found.name.startswith(
            ("utf-16", "utf-32", "utf-7", "idna")
        ):
            continue
        known.append(_SUPERSETS.get(found.name, found.name))
    return known


def _guess(body: bytes) -> str:
    """Letters of other scripts come in runs, accented Latin letters come alone."""
    runs = _HIGH_RUN.findall(body[:200_000])
    if not runs or sum(map(len, runs)) / len(runs) < 2:
        return "cp1252"
    sample = b"".join(runs)
    if all(len(run) % 2 == 0 for run in runs[:200]):
        return "gb18030"
    for name, first, last in (("cp1251", 0xE0, 0xFF), ("koi8-r", 0xC0, 0xDF)):  # where the small letters lie
        if sum(first <= byte <= last for byte in sample) > len(sample) / 2:
            return name
    return "cp1252"
