"""A term -> the surface forms that it stands for, chosen word by word from the script."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker.indicators import chinese, english, normalise, russian
from tracker.indicators.tree import Term

_HAN = re.compile(f"[{normalise.CJK}]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_WORDS = re.compile(r"[^\s]+")


def expand(terms: Iterable[Term], *, inflect: bool) -> dict[Term, tuple[str, ...]]:
    """The forms of each term as keys of the search text (``normalise.key``), sorted; prefixes without ``*``."""
    terms = list(dict.fromkeys(terms))
    chinese_terms = [t.text for t in terms if inflect and t.kind in ("inflected", "prefix") and _HAN.search(t.text)]
    variants = chinese.variants(chinese_terms)
    found = {}
    for term in terms:
        if term.kind == "forms":
            forms: Iterable[str] = term.forms
        elif not inflect or term.kind in ("plain", "exact"):
            forms = (term.text,)
        elif term.text in variants:
            forms = variants[term.text]
        elif term.kind == "prefix":
            forms = _prefix_forms(term.text)
        else:
            forms = _forms(term.text)
        found[term] = tuple(sorted({key for key in map(normalise.key, forms) if key}))
    return found


def _forms(text: str) -> set[str]:
    words = _WORDS.findall(text)
    if _CYRILLIC.search(text):
        return {" ".join(form) for form in russian.phrase_forms(words)}
    return english.phrase_forms(words)


def _prefix_forms(text: str) -> set[str]:
    """A phrase whose last word is a stem: the words before it inflect."""
    before, _, stem = text.rpartition(" ")
    return {f"{form} {stem}" for form in _forms(before)} if before.strip() else {stem}
