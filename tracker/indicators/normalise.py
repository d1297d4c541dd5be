"""Text <-> offsets: what the automaton reads, and where its tokens stand in the stored text.

The search text is one string: runs of letters and digits, and runs of Chinese characters, each run between single
spaces, casefolded (NFKC, ё as е, invisible characters removed); fields are parted by NUL. A token is one Chinese
character or one run of other letters and digits, so the n-th token of the search text is the n-th of the stored text.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache
from itertools import accumulate

CJK = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
FIELD_MARK = "\0"
_BETWEEN_FIELDS = " \0 "

_RUN = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+|\0")
_TOKEN = re.compile(f"[{CJK}]|[^\\W_{CJK}]+")
_HAS_CJK = re.compile(f"[{CJK}]")
_INVISIBLE = re.compile("[\u00ad\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CHINESE_PUNCTUATION = "\uff0c\u3002\u3001\u201c\u201d\uff1a\uff1b\uff08\uff09\u300a\u300b\uff01\uff1f\u3000\u2026"


def search_text(fields: tuple[str, ...]) -> str:
    """The search text of an item's fields, in order."""
    return _runs(joined(fields))


def joined(fields: tuple[str, ...]) -> str:
    """The fields as one string; field ``k`` begins one character after the ``k``-th " \\0 " (or the leading space)."""
    text = f" {_BETWEEN_FIELDS.join(fields)} "
    if text.count(FIELD_MARK) != len(fields) - 1:
        text = f" {_BETWEEN_FIELDS.join(field.replace(FIELD_MARK, ' ') for field in fields)} "
    return text


def key(text: str) -> str:
    """A term as it stands in the search text, without the spaces around it."""
    return " ".join(_RUN.findall(_fold(text.replace(FIELD_MARK, " "))))


def cased_key(text: str) -> str:
    """Like ``key``, but with case and ё kept: what a term "as written" must equal."""
    return " ".join(_RUN.findall(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.replace(FIELD_MARK, " ")))))


def is_cjk(character: str) -> bool:
    """Whether a character is a token of its own."""
    return _HAS_CJK.match(character) is not None


def token_starts(search: str) -> list[int]:
    """Offsets in the search text at which its tokens start."""
    if not search.isascii() and _HAS_CJK.search(search):
        return [found.start() for found in _TOKEN.finditer(search)]
    words = search.split(" ")
    ends = accumulate(map(len, words), lambda position, length: position + length + 1)
    starts = [end - len(word) for end, word in zip(ends, words, strict=True) if word and word != FIELD_MARK]
    return starts


def token_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every token in a ``joined`` text, in the order of the search text."""
    folded = _same_length_fold(text)
    if folded is not None:
        return [found.span() for found in _TOKEN.finditer(folded)]
    folded, starts, ends = _mapped_fold(text)
    return [(starts[found.start()], ends[found.end() - 1]) for found in _TOKEN.finditer(folded)]


def without_surrogates(text: str) -> str:
    """The text with lone surrogates replaced, each by one character."""
    return _SURROGATES.sub("\ufffd", text)


# Most news is written with few characters. For these, one table lookup per character does everything at once:
# encode with one alphabet, decode with its folded twin in which all that is no letter or digit is a space.

_ALPHABET = (
    "\0\t\n\r"
    + "".join(map(chr, range(32, 127)))
    + "".join(map(chr, range(0x410, 0x450)))
    + "ЁёЄєІіЇїҐґЎўЎў"
    + "«»“”„‘’–—…•·\u00a0§©®°±€£₽₴¥→\u202f\u2009\u2011\ufffd"
    + "éÉèÈêëáÁàâäÄãåÅçÇíîïñóÓôöÖõøØúûùüÜýšŠčČžŽćĆłŁńśŚğışŞșțăřěě"
)


def _folded_character(character: str) -> str:
    if character == FIELD_MARK:
        return character
    folded = unicodedata.normalize("NFKC", character).casefold().replace("ё", "е")
    return folded if folded.isalnum() else " "


def _alphabets() -> tuple[str, str]:
    """The alphabet and its folded twin, both filled up to 256 with the mark for "no such character"."""
    plain = "".join(c for c in dict.fromkeys(_ALPHABET) if len(_folded_character(c)) == 1)[:256]
    folded = "".join(map(_folded_character, plain))
    return plain.ljust(256, "\ufffe"), folded.ljust(256, "\ufffe")


_PLAIN, _FOLDED = _alphabets()
_ENCODING = codecs.charmap_build(_PLAIN)
_ASCII_TABLE = bytes(ord(c) if len(c) == 1 and c.isascii() else 32 for c in map(_folded_character, map(chr, range(128))))
_ASCII_TABLE += bytes(range(128, 256))


def _same_length_fold(text: str) -> str | None:
    if text.isascii():
        return text.encode("ascii").translate(_ASCII_TABLE).decode("ascii")
    try:
        encoded, _ = codecs.charmap_encode(text, "strict", _ENCODING)  # type: ignore[arg-type]
    except UnicodeEncodeError:
        return None
    return codecs.charmap_decode(encoded, "strict", _FOLDED)[0]


def _runs(text: str) -> str:
    folded = _same_length_fold(text)
    if folded is None:
        return f" {' '.join(_RUN.findall(_fold(text)))} "
    while "  " in folded:
        folded = folded.replace("  ", " ")
    return folded


def _fold(text: str) -> str:
    if _INVISIBLE.search(text):
        text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFKC", text):
        for mark in _CHINESE_PUNCTUATION:
            text = text.replace(mark, " ")
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    if _ACCENTS.search(text):
        text = _ACCENTS.sub("", text)
    return text.replace("ё", "е")


def _mapped_fold(text: str) -> tuple[str, list[int], list[int]]:
    """The folded text and, for each of its characters, where the piece of text that it came from starts and ends."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    for end in [i for i, character in enumerate(text) if i and _begins_piece(character)] + [len(text)]:
        piece = _folded_piece(text[start:end])
        folded.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))
        start = end
    return "".join(folded), starts, ends


@lru_cache(maxsize=4096)
def _folded_piece(piece: str) -> str:
    return _fold(piece)


@lru_cache(maxsize=65536)
def _begins_piece(character: str) -> bool:
    """Whether a character never melts into the one before it when texts are normalised."""
    if _INVISIBLE.match(character):
        return False
    first = unicodedata.normalize("NFKD", character)[0]
    return not unicodedata.category(first).startswith("M") and not "\u1160" <= first <= "\u11ff"
