"""English terms: plurals, verb forms, comparatives, hyphens, British and American spelling; rules with exceptions.

A word is given in its dictionary form. One that is already inflected (sanctions, discounted, talks) stands for itself.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product

from tracker.indicators.english_verbs import SEEN_VERBS
from tracker.indicators.english_words import (
    ADJECTIVES,
    DOUBLING,
    FIXED,
    IRREGULAR_COMPARATIVES,
    IRREGULAR_NOUNS,
    IRREGULAR_VERBS,
    LITTLE,
    MORE_VERBS,
    NOT_INVARIANT,
    NOT_PLURAL,
    SPELLINGS,
    VERBS,
)

MAX_FORMS = 400
"""Bound on the forms of one phrase; beyond it only the last word inflects."""

_VOWELS = "aeiou"
_LIKELY_VERBS = MORE_VERBS | SEEN_VERBS
_INVARIANT = re.compile(r"(ly|ous|ful|less|able|ible|ese|ish|most)$")
_VERB_ENDING = re.compile(r"..(is|iz|if)(e|y)$")


def phrase_forms(words: list[str]) -> set[str]:
    """All forms of a word or phrase, in small letters."""
    last = len(words) - 1
    options = []
    for at, word in enumerate(words):
        before_little = at < last and words[at + 1].lower() in LITTLE
        options.append(sorted(_word(word, whole=last == 0, inflecting=at == last or before_little)))
    size = 1
    for forms in options:
        size *= len(forms)
    if size > MAX_FORMS:
        options = [[word.lower()] for word in words[:-1]] + options[-1:]
    return {" ".join(form) for form in product(*options)}


@cache
def _word(word: str, *, whole: bool, inflecting: bool) -> frozenset[str]:
    """Forms of one word of a phrase. ``whole``: it is the whole term. ``inflecting``: it is a head of the phrase."""
    lower = word.lower().replace("’", "'")
    forms: set[str] = set()
    for spelling in _spellings(lower):
        forms |= _forms(spelling, word, whole=whole, inflecting=inflecting)
    return frozenset(forms | {form for hyphened in forms if "-" in hyphened for form in _joined(hyphened)})


def _forms(lower: str, written: str, *, whole: bool, inflecting: bool) -> set[str]:
    if lower in LITTLE or lower in FIXED or not re.fullmatch(r"[a-zà-ÿ][a-zà-ÿ'-]*", lower):
        return {lower} | ({lower + "s"} if _takes_s(written) and inflecting else set())
    if written.isupper() and len(written) > 1:
        return {lower, lower + "s"} if inflecting and len(written) > 2 and not lower.endswith("s") else {lower}
    forms = {lower, *_comparatives(lower)}
    is_verb = lower in IRREGULAR_VERBS or lower in VERBS or (inflecting and lower in _LIKELY_VERBS)
    if is_verb or (whole and _VERB_ENDING.search(lower)):
        forms |= verb_forms(lower)
    elif lower in ADJECTIVES or _is_inflected(lower) or _is_invariant(lower):
        return forms | ({lower + "s"} if inflecting and re.search(r"..ing$", lower) else set())
    if inflecting:
        forms.add(plural(lower))
    return forms


def _is_invariant(lower: str) -> bool:
    return _INVARIANT.search(lower) is not None and lower not in NOT_INVARIANT


def plural(noun: str) -> str:
    """The plural of a noun, which is also the third person of a verb."""
    head, hyphen, tail = noun.rpartition("-")
    if hyphen:
        return f"{head}-{plural(tail)}" if tail else noun
    if noun in IRREGULAR_NOUNS:
        return IRREGULAR_NOUNS[noun]
    if noun.endswith("man"):
        return noun[:-2] + "en"
    if noun.endswith(("sis", "xis")):
        return noun[:-2] + "es"
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


@cache
def verb_forms(verb: str) -> frozenset[str]:
    """Third person, past, participles and -ing form of a verb."""
    head, hyphen, tail = verb.rpartition("-")
    if hyphen and tail:
        return frozenset(f"{head}-{form}" for form in verb_forms(tail))
    third = _third(verb)
    for prefix in ("", "re", "over", "under", "out", "with", "fore", "mis", "up"):
        rest = verb.removeprefix(prefix)
        if verb.startswith(prefix) and rest in IRREGULAR_VERBS and (not prefix or len(rest) > 3 or verb in MORE_VERBS):
            past = {prefix + form for form in IRREGULAR_VERBS[rest].split()}
            return frozenset({third, *past, *(_with(verb, "ing"))})
    return frozenset({third, *_with(verb, "ed"), *_with(verb, "ing")})


def _third(verb: str) -> str:
    return plural(verb) if verb.endswith("y") else verb + ("es" if re.search(r"(s|x|z|ch|sh|o)$", verb) else "s")


def _with(verb: str, ending: str) -> set[str]:
    if verb.endswith("ie") and ending == "ing":
        return {verb[:-2] + "ying"}
    if verb.endswith("e") and not (ending == "ing" and re.search(r"(ee|oe|ye)$", verb)):
        return {verb[:-1] + ending}
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS and ending == "ed":
        return {verb[:-1] + "ied"}
    if verb.endswith("c"):
        return {verb + "k" + ending}
    if verb in DOUBLING or _doubles(verb):
        return {verb + verb[-1] + ending}
    if verb in ("fuel", "duel", "dial"):
        return {verb + ending, verb + "l" + ending}
    if verb.endswith("l") and re.search(r"[^aeiou][aeiou]l$", verb) and len(re.findall(r"[aeiouy]+", verb)) > 1:
        return {verb + ending, verb + "l" + ending}
    return {verb + ending}


def _doubles(verb: str) -> bool:
    return (
        len(re.findall(r"[aeiouy]+", verb)) == 1 and re.search(r"(^|[^aeiou]|qu)[aeiou][^aeiouwxy]$", verb) is not None
    )


def _comparatives(adjective: str) -> set[str]:
    if adjective not in ADJECTIVES:
        return set(IRREGULAR_COMPARATIVES.get(adjective, ()))
    if adjective.endswith("y") and adjective[-2:-1] not in _VOWELS:
        return {adjective[:-1] + "ier", adjective[:-1] + "iest"}
    if adjective.endswith("e"):
        return {adjective + "r", adjective + "st"}
    stem = adjective + adjective[-1] if _doubles(adjective) else adjective
    return {stem + "er", stem + "est"}


def _is_inflected(word: str) -> bool:
    if word in NOT_PLURAL or word.endswith("eed"):
        return False
    return re.search(r"[^sui]s$|..(ed|ing)$", word) is not None


def _takes_s(written: str) -> bool:
    return re.search(r"[A-Z0-9]-?[0-9]+$", written) is not None


def _joined(hyphened: str) -> set[str]:
    return {hyphened.replace("-", "")}


@cache
def _spellings(word: str) -> frozenset[str]:
    """The word with its British and American spellings."""
    found = {word}
    for british, american in SPELLINGS:
        for one, other in ((british, american), (american, british)):
            if re.search(one[0], word):
                found.add(re.sub(one[0], other[1], word))
    return frozenset(found)
