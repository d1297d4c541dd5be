"""Hostile markup and text -> plain text that can be stored, matched and shown."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

import nh3

TITLE_LIMIT, SUMMARY_LIMIT, BODY_LIMIT, SHORT_LIMIT = 1_000, 30_000, 150_000, 300
MARKUP_LIMIT = 2_000_000
"""Characters of markup that are looked at; what follows is dropped."""
ESCAPED_AT_MOST = 3
"""Times that markup is unescaped before what is left counts as text."""

_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|dfn|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u|var|"
    "wbr"
)
_OTHER = (
    "address|article|aside|audio|blockquote|body|br|button|caption|center|col|colgroup|dd|del|details|div|dl|dt|embed|"
    "fieldset|figcaption|figure|footer|form|h[1-6]|head|header|hr|html|iframe|img|input|label|legend|li|link|main|meta|"
    "nav|noscript|object|ol|optgroup|option|p|param|picture|pre|script|section|select|source|style|summary|svg|table|"
    "tbody|td|template|textarea|tfoot|th|thead|time|title|tr|ul|video"
)
_PLAIN_BLOCKS = (
    "address|article|aside|blockquote|br|center|dd|del|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|img|"
    "li|main|nav|ol|p|pre|section|time|ul"
)
"""Those around which a browser neither drops nor moves text."""
_TAG = re.compile(rf"</?(?:(?:{_INLINE})(?:\s*/?>|\s+[\w:-]+\s*=[^<>]*>)|(?:{_OTHER})(?:[\s/][^<>]*)?>)", re.IGNORECASE)
_BREAKING_TAG = re.compile(rf"<(?=/?(?:{_OTHER})[\s/>])", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_PLAIN_TAG = re.compile(
    rf"</?(?:(?P<inline>{_INLINE})|{_PLAIN_BLOCKS})(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*\s*/?>",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DIRTY = re.compile(f"{_FORBIDDEN.pattern}|{_SURROGATE.pattern}|{_REORDERING.pattern}".replace("]|[", ""))
_PLAIN_LINK = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*/[\w/.~%+,@=-]*(?:\?[\w/.~%+,@=&-]+)?", re.ASCII)
"""Addresses that joining to another leaves as they are."""
_MATERIAL_TO_DROP = {"script", "style", "noscript", "iframe", "object", "svg", "template", "head", "title"}


def text_of(value: object, limit: int) -> str:
    """Plain text without control characters, lone surrogates and runs of white space, at most ``limit`` characters."""
    text = str(value or "")
    if text.isprintable():  # holds nothing forbidden, and of white space the plain blank alone
        return shorten(" ".join(text.split()) if "  " in text or text[:1] == " " or text[-1:] == " " else text, limit)
    if _DIRTY.search(text):
        text = _SURROGATE.sub("\ufffd", _REORDERING.sub("", _FORBIDDEN.sub(" ", text)))
    return shorten(" ".join(text.split()), limit)


def text_of_html(value: object, limit: int) -> str:
    """The text that a reader of this HTML sees, as `text_of` gives it. Twice escaped markup is read as markup."""
    text = str(value or "")[:MARKUP_LIMIT]
    for _ in range(ESCAPED_AT_MOST):
        if "<" in text and _has_tags(text):
            text = _without_tags(text)
        elif "&" in text:
            text = html.unescape(text)
        if not (_TAG.search(text) or _ENTITY.search(text)):
            break
    return text_of(text, limit)


def text_of_title(value: object, limit: int = TITLE_LIMIT) -> str:
    """Like `text_of_html`, but a bare < or & stays what it is: titles are often plain text."""
    text = str(value or "")[:MARKUP_LIMIT]
    if _TAG.search(text) or _ENTITY.search(text):
        return text_of_html(text, limit)
    return text_of(text, limit)


def link_of(value: object, base: str) -> str:
    """An absolute http or https address, or empty."""
    text = "".join(str(value or "").split())
    if not text or len(text) > 4_000:
        return ""
    if _PLAIN_LINK.fullmatch(text):
        return text
    try:
        link = urljoin(base, text)
        parts = urlsplit(link)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
    except ValueError:
        return ""
    return text_of(link, 4_000)


def shorten(text: str, limit: int) -> str:
    """``text`` cut to ``limit`` characters, with an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _has_tags(text: str) -> bool:
    return bool(_TAG.search(text)) or "<!" in text


def _without_tags(text: str) -> str:
    plain = _PLAIN_TAG.sub(lambda tag: "" if tag["inline"] else " ", text)
    return html.unescape(plain if "<" not in plain else _without_any_tags(text))


def _without_any_tags(text: str) -> str:
    """The slow way, through a browser's parser, for whatever is not made of a few plain tags."""
    return nh3.clean(_BREAKING_TAG.sub(" <", text), tags=set(), clean_content_tags=_MATERIAL_TO_DROP)
