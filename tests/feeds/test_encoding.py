"""Documents in the encodings that they claim, and in others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.feeds.encoding import decode

RUSSIAN = "Флоты двух стран начали совместное патрулирование у северного мыса, сообщили в порту."
CHINESE = "两国海军在北部海域开始联合巡逻，港口方面周二表示，演习将持续到周末。"
FRENCH = "La forêt est fermée jusqu'à l'été à cause de la sécheresse, dit le maire."
JAPANESE = "両国の艦隊が北の岬の沖で合同パトロールを始めたと港が伝えた。"


def document(text: str, claim: str = "") -> str:
    declaration = f'<?xml version="1.0" encoding="{claim}"?>' if claim else ""
    return f"{declaration}<rss><title>{text}</title></rss>"


@pytest.mark.parametrize(
    ("text", "real", "claim", "content_type"),
    [
        (RUSSIAN, "cp1251", "windows-1251", ""),
        (RUSSIAN, "koi8-r", "koi8-r", "text/xml"),
        (RUSSIAN, "cp1251", "", "text/xml; charset=windows-1251"),
        (RUSSIAN, "cp1251", "utf-8", "text/xml; charset=windows-1251"),
        (RUSSIAN, "cp1251", "", ""),
        (RUSSIAN, "cp1251", "utf-8", "text/xml; charset=utf-8"),
        (RUSSIAN, "utf-8", "windows-1251", "text/xml; charset=iso-8859-1"),
        (RUSSIAN, "utf-8", "utf-16", ""),
        (RUSSIAN, "utf-16", "utf-16", ""),
        (RUSSIAN, "utf-16-le", "utf-16", ""),
        (RUSSIAN, "utf-16-be", "utf-8", ""),
        (RUSSIAN, "utf-32", "", ""),
        (RUSSIAN, "utf-8-sig", "windows-1251", ""),
        (CHINESE, "gb18030", "gb2312", ""),
        (CHINESE, "gb18030", "", "text/xml; charset=gbk"),
        (CHINESE, "gb18030", "", ""),
        (CHINESE, "utf-8", "gb2312", ""),
        ("兩國海軍在北部海域開始聯合巡邏", "big5", "big5", ""),
        (JAPANESE, "shift_jis", "Shift_JIS", ""),
        (JAPANESE, "euc_jp", "EUC-JP", ""),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP", ""),
        (FRENCH, "latin-1", "iso-8859-1", ""),
        (FRENCH, "cp1252", "", ""),
        (FRENCH, "cp1252", "no-such-encoding", "text/xml; charset=nonsense"),
        (FRENCH, "cp1252", "us-ascii", "text/xml; charset=utf-8"),
    ],
)
def test_the_text_is_read_whatever_is_claimed(text: str, real: str, claim: str, content_type: str) -> None:
    assert decode(document(text, claim).encode(real), content_type) == document(text)


def test_a_few_broken_bytes_do_not_spoil_the_rest() -> None:
    body = document(RUSSIAN * 20, "utf-8").encode()[:-3] + b"\xd0</rss>"
    assert RUSSIAN in decode(body)
    broken = document(CHINESE, "gb2312").encode("gb18030").replace(b"</title>", b"\x81</title>")
    assert CHINESE in decode(broken)


def test_characters_that_xml_forbids_become_spaces() -> None:
    assert decode(b"<a>one\x00two\x0bthree\xef\xbf\xbf</a>") == "<a>one two three </a>"


@given(st.binary(max_size=2000), st.text(max_size=60))
def test_any_bytes_give_text_that_can_be_stored(body: bytes, content_type: str) -> None:
    text = decode(body, content_type)
    assert "\x00" not in text
    text.encode("utf-8")
