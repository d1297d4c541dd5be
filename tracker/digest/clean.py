"""Outside text made harmless for mail: no control characters, no bidirectional overrides, no foreign link schemes."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

URL_LIMIT = 1800
_SPACE = re.compile(r"[\s\u2028\u2029\x1c-\x1f\x85]+")
_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides of direction
    "\u200b\u2060-\u2064\ufeff\u00ad\ufff9-\ufffb\ufffe\uffff"  # invisible, annotations, non-characters
    "\U000e0000-\U000e007f\ud800-\udfff]"  # tags, lone surrogates
)


def text(outside: str) -> str:
    """One line of ``outside`` that shows what it says: every run of white space one space, harmful characters gone.

    Space at either end stays, so that pieces of a sentence can be joined again.
    """
    # White space again at the end: what stood between two spaces may be gone.
    return _SPACE.sub(" ", _HARMFUL.sub("", _SPACE.sub(" ", outside)))


def line(outside: str, limit: int) -> str:
    """``text``, trimmed, and cut with an ellipsis where it is longer than ``limit`` characters."""
    cleaned = text(outside).strip()
    if len(cleaned) <= limit:
        return cleaned
    shown = cut(cleaned, limit - 1)
    # Between words, where a space is near: a third of a word says nothing.
    word = shown.rfind(" ", limit * 3 // 4) if not cleaned[len(shown)].isspace() else -1
    return (shown[:word] if word > 0 else shown).rstrip(" ,;:–—-") + "…"


def cut(cleaned: str, length: int) -> str:
    """The first ``length`` characters, fewer where the cut would part a letter from its accents."""
    while 0 < length < len(cleaned) and unicodedata.combining(cleaned[length]):
        length -= 1
    return cleaned[:length]


def link(url: str) -> str:
    """The address if a reader can safely follow it (http or https, of bearable length), else an empty string.

    What is not allowed in an address is percent-encoded.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    if not usable:
        return ""
    encoded = quote(_HARMFUL.sub("", url.strip()).encode("utf-8", "ignore"), safe="%/:?#[]@!$&'()*+,;=~-._")
    return encoded if len(encoded) <= URL_LIMIT else ""


def language(tag: str) -> str:
    """A language tag fit for an attribute, such as ru or zh-Hant; empty where ``tag`` is none."""
    return tag if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}", tag) else ""
