"""Addresses are taken strictly; what is taken cannot carry a second header or recipient."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.digest.address import AddressError, normalise, parse_named, readable, with_name


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("desk@example.org", "desk@example.org"),
        ("  First.Last+news@Example.ORG ", "First.Last+news@example.org"),
        ("desk@bücher.example", "desk@xn--bcher-kva.example"),
        ("desk@新闻.example", "desk@xn--efvy88h.example"),
        ("desk@localhost", "desk@localhost"),
    ],
)
def test_taken(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "", "desk", "@example.org", "desk@", "a b@example.org", "a@b@example.org", "a..b@example.org", ".a@example.org",
        "a@example.org\r\nBcc: x@example.org", "a@example.org,b@example.org", '"a b"@example.org', "a@[127.0.0.1]",
        "a@exa mple.org", "a@-x.org", "a@example..org", "дом@example.org", "a@intranet", "a@b>c.org",
        "x" * 65 + "@a.org",
    ],
)  # fmt: skip
def test_refused_in_words(typed: str) -> None:
    with pytest.raises(AddressError) as caught:
        normalise(typed)
    assert "\n" not in str(caught.value)
    assert "\r" not in str(caught.value)


def test_readable_shows_the_domain_in_its_own_letters() -> None:
    assert readable("desk@xn--bcher-kva.example") == "desk@bücher.example"


def test_with_a_name() -> None:
    assert str(parse_named("News desk <desk@example.org>")) == "News desk <desk@example.org>"
    assert str(parse_named('"Desk, the" <desk@example.org>')) == '"Desk, the" <desk@example.org>'
    with pytest.raises(AddressError):
        parse_named("News <desk@example.org> <x@example.org>")


@given(st.text())
def test_a_name_never_breaks_out(name: str) -> None:
    made = with_name(name, "desk@example.org")
    assert made.addr_spec == "desk@example.org"
    assert not set("\r\n\0") & set(str(made))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_whatever_is_taken_is_plain_ascii(typed: str) -> None:
    try:
        taken = normalise(typed + "@example.org")
    except AddressError:
        return
    assert taken.isascii()
    assert taken.count("@") == 1
    assert not set(' \r\n\t,;<>"()') & set(taken)
