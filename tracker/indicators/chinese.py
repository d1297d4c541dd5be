"""Chinese terms: simplified and traditional variants of mainland, Taiwan and Hong Kong."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

TO_TRADITIONAL = ("s2t", "s2tw", "s2twp", "s2hk")


@cache
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


def variants(terms: Iterable[str]) -> dict[str, set[str]]:
    """Each term with its variants, itself among them. Converting all in one go is what makes it quick."""
    terms = list(dict.fromkeys(terms))
    found = {term: {term} for term in terms}
    simplified = _convert("t2s", terms)
    for name in TO_TRADITIONAL:
        for term, plain, variant in zip(terms, simplified, _convert(name, simplified), strict=True):
            found[term] |= {plain, variant}
    return found


def _convert(name: str, terms: list[str]) -> list[str]:
    return str(_converter(name).convert("\n".join(terms))).split("\n") if terms else []
