"""Russian terms: all forms of a word; in a phrase adjectives agree with their noun, and what follows the head stays."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")
FOREIGN = re.compile("[іїєґў]", re.IGNORECASE)
"""Letters of other Cyrillic languages, whose words are left as they are."""

_NAME_TAGS = ("Name", "Surn", "Patr", "Geox", "Orgn")


@cache
def _analyzer() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


@cache
def word_forms(word: str) -> frozenset[str]:
    """All forms of a word given in its dictionary form; of a noun given in the plural, those of the plural."""
    if FOREIGN.search(word) or not re.search("[а-яё]", word, re.IGNORECASE):
        return frozenset({word.lower()})
    forms = {word.lower()}
    for parse in _readings(word):
        plural = parse.tag.number == "plur" and parse.tag.POS == "NOUN" and parse.normal_form != word.lower()
        forms |= {form.word for form in parse.lexeme if not plural or form.tag.number == "plur"}
    return frozenset(forms)


def phrase_forms(words: list[str]) -> set[tuple[str, ...]]:
    """All forms of a phrase: its head inflects, adjectives and names before it agree, the rest stays as written."""
    if len(words) == 1:
        return {(form,) for form in word_forms(words[0])}
    as_written = tuple(word.lower() for word in words)
    head = _head(words)
    if head is None:
        return {as_written}
    first, last, tag = head
    if tag == "verb":
        return {as_written} | {
            (*as_written[:first], form, *as_written[first + 1 :]) for form in word_forms(words[first])
        }
    forms = {as_written}
    for form in _agreeing(words[first : last + 1]):
        forms.add((*as_written[:first], *form, *as_written[last + 1 :]))
    return forms


def _readings(word: str) -> list[Any]:
    """The readings that are meant: those whose dictionary form is the word itself, else the likeliest one."""
    parses = _analyzer().parse(word)
    lower = word.lower().replace("ё", "е")
    exact = [parse for parse in parses if parse.normal_form.replace("ё", "е") == lower]
    if not exact:
        return [parses[0]]
    if word[0].isupper() and any(set(_NAME_TAGS) & set(parse.tag.grammemes) for parse in exact):
        exact = [parse for parse in exact if set(_NAME_TAGS) & set(parse.tag.grammemes)]
    chosen, seen = [], set()
    for parse in exact:
        kind = (parse.tag.POS, parse.tag.gender, parse.tag.animacy)
        if kind not in seen and (parse.score >= 0.05 or not chosen):
            seen.add(kind)
            chosen.append(parse)
    return chosen


def _head(words: list[str]) -> tuple[int, int, str] | None:
    """First and last word of what inflects, and whether it is a verb or a noun with what agrees with it."""
    for at, word in enumerate(words):
        parts = {parse.tag.POS for parse in _readings(word)}
        if "INFN" in parts:
            return at, at, "verb"
        if parts & {"PREP", "CONJ", "PRCL"} and not parts & {"NOUN", "ADJF"}:
            return None
        if "NOUN" in parts or parts == {None}:
            if all(_agrees(before) for before in words[:at]):
                last = at
                if word[0].isupper():
                    while last + 1 < len(words) and words[last + 1][0].isupper() and _can_be_named(words[last + 1]):
                        last += 1
                elif last + 1 < len(words) and "-" not in word and _apposition(words[at], words[last + 1]):
                    last += 1
                return 0, last, "noun"
            return None
    if all(map(_agrees, words)):
        return 0, len(words) - 1, "noun"
    return None


def _agrees(word: str) -> bool:
    return any(parse.tag.POS in ("ADJF", "PRTF", "NPRO") or "Anum" in parse.tag for parse in _readings(word))


def _can_be_named(word: str) -> bool:
    return any(parse.tag.POS == "NOUN" and parse.tag.case == "nomn" for parse in _analyzer().parse(word))


def _apposition(noun: str, following: str) -> bool:
    """глава МИД, президент Путин: the second is a person's name in the nominative that takes the case of the first."""
    if not following[0].isupper():
        return False
    return any(
        {"Surn", "nomn"} <= set(p.tag.grammemes) or {"Name", "nomn"} <= set(p.tag.grammemes)
        for p in _readings(following)
    )


_Cell = tuple[str, str]


def _agreeing(words: list[str]) -> set[tuple[str, ...]]:
    """A noun phrase in all cases and numbers. The last words may be names that stand beside the noun."""
    noun_at = next((i for i, word in enumerate(words) if not _agrees(word) or i == len(words) - 1), len(words) - 1)
    noun = _noun_reading(words[noun_at])
    plural_only = noun.tag.number == "plur" and noun.normal_form != words[noun_at].lower().replace("ё", "е")
    forms: set[tuple[str, ...]] = set()
    for form in noun.lexeme:
        case, number = form.tag.case, form.tag.number
        if case is None or (plural_only and number == "sing"):
            continue
        row = []
        for at, word in enumerate(words):
            if at == noun_at:
                options = {form.word}
            elif at < noun_at:
                options = _adjective(word, case, number, noun.tag.gender, noun.tag.animacy)
            else:
                options = _name(word, case)
            row.append(options or {word.lower()})
        forms |= _product(row)
    return forms


def _noun_reading(word: str) -> Any:
    readings = _readings(word)
    nominative = [p for p in _analyzer().parse(word) if p.tag.case == "nomn" and p.tag.POS in ("NOUN", "ADJF")]
    exact = [p for p in readings if p.tag.POS == "NOUN"]
    return (exact or nominative or readings)[0]


@cache
def _lexeme(word: str) -> tuple[Any, ...]:
    for parse in _readings(word):
        if parse.tag.POS in ("ADJF", "PRTF", "NPRO"):
            return tuple(parse.lexeme)
    return tuple(_readings(word)[0].lexeme)


def _adjective(word: str, case: str, number: str, gender: str | None, animacy: str | None) -> set[str]:
    found = set()
    for form in _lexeme(word):
        tag = form.tag
        if _case(tag.case) != _case(case) or tag.POS in ("ADJS", "PRTS"):
            continue
        if tag.number != number or (number == "sing" and gender and tag.gender and tag.gender != gender):
            continue
        if tag.animacy and animacy and tag.animacy != animacy:
            continue
        found.add(form.word)
    return found


def _name(word: str, case: str) -> set[str]:
    nouns = [p for p in _analyzer().parse(word) if p.tag.POS == "NOUN" and p.tag.case == "nomn"]
    if not nouns:
        return set()
    return {
        form.word
        for form in nouns[0].lexeme
        if _case(form.tag.case) == _case(case) and form.tag.number == nouns[0].tag.number
    }


def _case(case: str | None) -> str | None:
    return {"gen2": "gent", "loc2": "loct", "acc2": "accs", "gen1": "gent", "loc1": "loct", "voct": "nomn"}.get(
        case or "", case
    )


def _product(row: list[set[str]]) -> set[tuple[str, ...]]:
    forms: set[tuple[str, ...]] = {()}
    for options in row:
        forms = {(*form, option) for form in forms for option in options}
    return forms
