"""Russian terms: all forms of a word; in a phrase adjectives agree with their noun, and what follows the head stays."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

FOREIGN = re.compile("[іїєґў]", re.IGNORECASE)
"""Letters of other Cyrillic languages, whose words are left as they are."""

_ODD = frozenset({"V-be", "V-oy", "V-bi", "Erro", "Arch"})
"""Marks of forms that news does not use: оружье, Россиею."""
_NAME_ENDINGS = {"gent": "а", "accs": "а", "datv": "у", "ablt": "ом", "loct": "е"}
_NAME_TAGS = frozenset({"Name", "Surn", "Patr", "Geox", "Orgn"})


@cache
def _analyzer() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


@cache
def word_forms(word: str) -> frozenset[str]:
    """All forms of a word given in its dictionary form; of a noun given in the plural, those of the plural."""
    if FOREIGN.search(word) or not re.search("[а-яё]", word, re.IGNORECASE):
        return frozenset({word.lower()})
    if _is_unknown_name(word):
        return frozenset(word.lower() + ending for ending in ("", *_NAME_ENDINGS.values()))
    forms = {word.lower()}
    for parse in _readings(word):
        plural = _is_plural(parse, word)
        forms |= {form.word for form in _usual(parse) if not plural or form.tag.number == "plur"}
    return frozenset(forms)


def _is_unknown_name(word: str) -> bool:
    """A name of a man that no dictionary knows and no rule guesses, such as Цян."""
    if not re.fullmatch("[А-ЯЁ][а-яё]*[бвгдзклмнпрстфх]", word):
        return False
    return all(parse.tag.POS is None for parse in _analyzer().parse(word))


def _usual(parse: Any) -> list[Any]:
    """The forms that news uses; superlatives only of a superlative."""
    superlative = "Supr" in parse.tag
    return [
        form
        for form in parse.lexeme
        if not _ODD & form.tag.grammemes
        and not ("V-ey" in form.tag and form.tag.case == "ablt")
        and ("Supr" in form.tag) == superlative
    ]


def _is_plural(parse: Any, word: str) -> bool:
    """Whether a noun was given in the plural though it has a singular."""
    return bool(parse.tag.number == "plur" and parse.tag.POS == "NOUN" and parse.normal_form != word.lower())


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
    """The readings meant: those whose dictionary form is the word itself, else a nominative, else the likeliest."""
    parses = _analyzer().parse(word)
    lower = word.lower().replace("ё", "е")
    exact = [parse for parse in parses if parse.normal_form.replace("ё", "е") == lower]
    if not exact:
        return [next((parse for parse in parses if parse.tag.case == "nomn"), parses[0])]
    if word[0].islower():
        exact = [parse for parse in exact if not _NAME_TAGS & parse.tag.grammemes] or exact
    elif any(_NAME_TAGS & parse.tag.grammemes for parse in exact):
        exact = [parse for parse in exact if _NAME_TAGS & parse.tag.grammemes]
    chosen: list[Any] = []
    seen = set()
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
        if word[0].islower() and parts & {"PREP", "CONJ", "PRCL"} and not parts & {"NOUN", "ADJF"}:
            return None
        if _is_noun(word, parts, last=at == len(words) - 1):
            if all(_agrees(before) for before in words[:at]):
                last = at
                if word[0].isupper():
                    while last + 1 < len(words) and words[last + 1][0].isupper() and _can_be_named(words[last + 1]):
                        last += 1
                elif last + 1 < len(words) and "-" not in word and _apposition(word, words[last + 1]):
                    last += 1
                return 0, last, "noun"
            return None
    if all(map(_agrees, words)):
        return 0, len(words) - 1, "noun"
    return None


def _is_noun(word: str, parts: set[str | None], *, last: bool) -> bool:
    if _agrees(word) and not last:
        return False
    return "NOUN" in parts or parts == {None} or (word[0].isupper() and not _agrees(word))


def _agrees(word: str) -> bool:
    return any(parse.tag.POS in ("ADJF", "PRTF", "NPRO") or "Anum" in parse.tag for parse in _readings(word))


def _can_be_named(word: str) -> bool:
    return _is_unknown_name(word) or any(
        {"NOUN", "sing", "nomn"} <= parse.tag.grammemes for parse in _analyzer().parse(word)
    )


def _apposition(noun: str, following: str) -> bool:
    """глава МИД, президент Путин: the second is a person's name in the nominative that takes the case of the first."""
    if not following[0].isupper():
        return False
    return any(
        {"Surn", "nomn"} <= set(p.tag.grammemes) or {"Name", "nomn"} <= set(p.tag.grammemes)
        for p in _readings(following)
    )


def _agreeing(words: list[str]) -> set[tuple[str, ...]]:
    """A noun phrase in all cases and numbers. The last words may be names that stand beside the noun."""
    noun_at = next((i for i, word in enumerate(words) if not _agrees(word) or i == len(words) - 1), len(words) - 1)
    noun = _noun_reading(words[noun_at])
    numbers = {"plur"} if _is_plural(noun, words[noun_at]) else {"sing", "plur"}
    if noun_at < len(words) - 1:
        numbers = {noun.tag.number}
    forms: set[tuple[str, ...]] = set()
    for form in _usual(noun):
        case, number = form.tag.case, form.tag.number
        if (
            case is None
            or number not in numbers
            or (noun.tag.gender and form.tag.gender not in (None, noun.tag.gender))
        ):
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
            return tuple(_usual(parse))
    return tuple(_usual(_readings(word)[0]))


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
    if _is_unknown_name(word):
        return {word.lower() + _NAME_ENDINGS.get(_case(case) or "", "")}
    nouns = [p for p in _analyzer().parse(word) if p.tag.POS == "NOUN" and p.tag.case == "nomn"]
    if not nouns:
        return set()
    name = nouns[0].tag
    forms = [form for form in _usual(nouns[0]) if _case(form.tag.case) == _case(case)]
    return {f.word for f in forms if f.tag.number == name.number and f.tag.gender in (None, name.gender)}


_CASES_AS_OTHERS = {"gen1": "gent", "gen2": "gent", "acc2": "accs", "loc1": "loct", "loc2": "loct", "voct": "nomn"}


def _case(case: str | None) -> str | None:
    return _CASES_AS_OTHERS.get(case or "", case)


def _product(row: list[set[str]]) -> set[tuple[str, ...]]:
    forms: set[tuple[str, ...]] = {()}
    for options in row:
        forms = {(*form, option) for form in forms for option in options}
    return forms
