"""A slow and obvious evaluator of queries: a lark grammar, regular expressions over folded text, and nested loops.

It shares no code with the matcher. Only what tests feed it need be right: terms stand for themselves (inflect: false).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import lark

GRAMMAR = r"""
    ?start: or_
    ?or_: and_ ("OR" and_)*
    ?and_: not_ ("AND" not_ | absent)*
    ?not_: near | absent
    absent: "NOT" near
    ?near: primary (link primary)*
    link: NEAR | APART -> apart
    ?primary: "(" or_ ")" | term | FIELD primary -> field | "language:" WORD -> language
    term: QUOTED | EXACT | STEM | WORD
    NEAR.9: /O?NEAR\/(\d+s?|s)/
    APART.9: /NOT\s+O?NEAR\/(\d+s?|s)/
    FIELD.9: "title:" | "summary:" | "body:" | "text:"
    EXACT: /="[^"]*"/
    QUOTED: /"[^"]*"/
    STEM.2: /[^\W_]+\*/
    WORD: /(?!(AND|OR|NOT)\b)[^\W_]+(-[^\W_]+)*/
    %ignore /\s+/
"""
PARSER = lark.Lark(GRAMMAR, parser="lalr")
HAN = "\u4e00-\u9fff"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202e\ufe0f\ufeff"
SENTENCE_END = re.compile(r"[!?](?=\s)|\n|。")


@dataclass(frozen=True)
class Token:
    text: str
    cased: str
    field: str
    start: int
    end: int
    glued: bool
    """Whether nothing, not even a space, stands between it and the token before it."""


@dataclass(frozen=True)
class Found:
    """Tokens from first to last, with the leaves it consists of."""

    first: int
    last: int
    leaves: frozenset[tuple[int, int]]


def fold(text: str) -> list[tuple[str, str, int, int]]:
    """Folded character, cased character, and where in the text it comes from."""
    clusters: list[list[int]] = []
    for at, character in enumerate(text):
        joins = unicodedata.combining(character) or character in INVISIBLE
        if joins and clusters:
            clusters[-1][1] = at + 1
        else:
            clusters.append([at, at + 1])
    folded = []
    for start, end in clusters:
        piece = "".join(c for c in text[start:end] if c not in INVISIBLE)
        cased = unicodedata.normalize("NFKC", piece)
        plain = "".join(c for c in cased.casefold() if not unicodedata.combining(c)).replace("ё", "е")
        for at, character in enumerate(plain):
            folded.append((character, cased[at] if len(cased) == len(plain) else character, start, end))
    return folded


def tokens_of(fields: dict[str, str]) -> list[Token]:
    tokens = []
    for field, text in fields.items():
        folded = fold(text)
        plain = "".join(character for character, *_ in folded)
        ended = -1
        for found in re.finditer(rf"[{HAN}]|[^\W_{HAN}]+", plain):
            first, last = found.span()
            cased = "".join(c for _, c, *_ in folded[first:last])
            tokens.append(Token(found[0], cased, field, folded[first][2], folded[last - 1][3], first == ended))
            ended = last
    return tokens


class Oracle:
    def __init__(self, query: str, fields: dict[str, str], language: str = "en") -> None:
        self.tokens = tokens_of(fields)
        self.fields = fields
        self.language = language
        self.tree = PARSER.parse(query)

    def evidence(self) -> set[tuple[str, int, int]] | None:
        """Spans of the evidence as (field, start, end); None where the query does not accept the item."""
        if not self.holds(self.tree):
            return None
        spans = {leaf for found in self.speaking(self.tree) for leaf in found.leaves}
        if not spans:
            return None
        return {(self.tokens[a].field, self.tokens[a].start, self.tokens[b].end) for a, b in spans}

    def holds(self, tree: lark.Tree) -> bool:
        if tree.data == "or_":
            return any(map(self.holds, tree.children))
        if tree.data == "and_":
            return all(map(self.holds, tree.children))
        if tree.data == "absent":
            return not self.holds(tree.children[0])
        if tree.data == "language":
            return str(tree.children[0]) == self.language
        if tree.data == "field":
            return self.holds_in(tree.children[1], str(tree.children[0])[:-1])
        return bool(self.places(tree))

    def holds_in(self, tree: lark.Tree, field: str) -> bool:
        if tree.data == "or_":
            return any(self.holds_in(child, field) for child in tree.children)
        if tree.data == "and_":
            return all(self.holds_in(child, field) for child in tree.children)
        if tree.data == "absent":
            return not self.holds_in(tree.children[0], field)
        return bool(self.inside(self.places(tree), field))

    def inside(self, places: list[Found], field: str) -> list[Found]:
        if field == "text":
            return places
        return [p for p in places if {self.tokens[p.first].field, self.tokens[p.last].field} == {field}]

    def speaking(self, tree: lark.Tree) -> list[Found]:
        """What is shown as evidence of a tree that holds."""
        if tree.data == "or_":
            return [found for child in tree.children if self.holds(child) for found in self.speaking(child)]
        if tree.data == "and_":
            return [found for child in tree.children for found in self.speaking(child)]
        if tree.data in ("absent", "language"):
            return []
        if tree.data == "field":
            return self.speaking_in(tree.children[1], str(tree.children[0])[:-1])
        if tree.data == "near":
            return [found for chain in self.chains(tree)[0] for found in chain]
        return self.places(tree)

    def speaking_in(self, tree: lark.Tree, field: str) -> list[Found]:
        if tree.data == "or_":
            children = [child for child in tree.children if self.holds_in(child, field)]
            return [found for child in children for found in self.speaking_in(child, field)]
        if tree.data == "and_":
            return [found for child in tree.children for found in self.speaking_in(child, field)]
        if tree.data == "absent":
            return []
        return self.inside(self.places(tree), field)

    def places(self, tree: lark.Tree) -> list[Found]:
        if tree.data == "term":
            return self.term(str(tree.children[0]))
        if tree.data == "or_":
            return [found for child in tree.children for found in self.places(child)]
        if tree.data == "field":
            return self.inside(self.places(tree.children[1]), str(tree.children[0])[:-1])
        assert tree.data == "near", tree.data
        return self.near(tree)

    def chains(self, tree: lark.Tree) -> tuple[list[tuple[Found, ...]], int]:
        """Every choice of an occurrence of each operand with all neighbours close; the number of operands."""
        operands = [self.places(tree.children[0])]
        links: list[str] = []
        for link, right in zip(tree.children[1::2], tree.children[2::2], strict=True):
            name = str(link.children[0]).split()[-1]
            if link.data == "apart":
                others = self.places(right)
                operands[-1] = [a for a in operands[-1] if not any(self.close(a, b, name) for b in others)]
            else:
                operands.append(self.places(right))
                links.append(name)
        chains = [(found,) for found in operands[0]]
        for link, following in zip(links, operands[1:], strict=True):
            chains = [(*chain, b) for chain in chains for b in following if self.close(chain[-1], b, link)]
        return chains, len(operands)

    def near(self, tree: lark.Tree) -> list[Found]:
        chains, size = self.chains(tree)
        members = [{chain[at] for chain in chains} for at in range(size)]
        units = []
        for chain in chains:
            if all(self.adjacent(chain[at], chain[at + 1], members[at], members[at + 1]) for at in range(size - 1)):
                leaves = frozenset().union(*(found.leaves for found in chain))
                units.append(Found(min(f.first for f in chain), max(f.last for f in chain), leaves))
        return units

    def adjacent(self, a: Found, b: Found, left: set[Found], right: set[Found]) -> bool:
        """Whether one of the two is the nearest of its side to the other, or reaches furthest of those that overlap."""
        return b in nearest(a, right) or a in nearest(b, left)

    def close(self, a: Found, b: Found, link: str) -> bool:
        operator, distance = link.split("/")
        if b.first > a.last:
            before, after = a.last, b.first
        elif operator == "ONEAR":
            return False
        elif a.first > b.last:
            before, after = b.last, a.first
        else:
            return True
        digits = distance.rstrip("s")
        if digits and after - before > int(digits):
            return False
        return "s" not in distance or self.sentence(before) == self.sentence(after)

    def sentence(self, token: int) -> tuple[str, int]:
        here = self.tokens[token]
        return here.field, len(SENTENCE_END.findall(self.fields[here.field][: here.start]))

    def term(self, text: str) -> list[Found]:
        exact, stem = text.startswith("="), text.endswith("*") and not text.endswith('"')
        wanted = tokens_of({"": text.strip('="*')})
        found = []
        for at in range(len(self.tokens) - len(wanted) + 1):
            window = self.tokens[at : at + len(wanted)]
            if len({token.field for token in window}) > 1:
                continue
            if all(
                self.fits(*pair, exact, stem and pair[1] is wanted[-1]) for pair in zip(window, wanted, strict=True)
            ):
                han = [re.match(f"[{HAN}]", token.text) for token in wanted]
                if all(map(self.may_follow, window, window[1:], han, han[1:])):
                    found.append(Found(at, at + len(wanted) - 1, frozenset({(at, at + len(wanted) - 1)})))
        return found

    def may_follow(self, before: Token, after: Token, before_han: object, after_han: object) -> bool:
        """Chinese characters stand side by side; between them and letters there may be space."""
        if before_han and after_han:
            return after.glued
        between = self.fields[before.field][before.end : after.start]
        return not (before_han or after_han) or not between.strip(" \n" + INVISIBLE)

    def fits(self, token: Token, wanted: Token, exact: bool, stem: bool) -> bool:
        if exact:
            return token.cased == wanted.cased
        return token.text.startswith(wanted.text) if stem else token.text == wanted.text


def nearest(one: Found, others: set[Found]) -> list[Found]:
    before = [o for o in others if o.last < one.first]
    after = [o for o in others if o.first > one.last]
    over = [o for o in others if o.first <= one.last and o.last >= one.first]
    found = []
    if before:
        found.append(min(before, key=lambda o: (-o.last, -o.first)))
    if after:
        found.append(min(after, key=lambda o: (o.first, o.last)))
    if over:
        found.append(min(over, key=lambda o: (-o.last, o.first)))
    return found
