"""Query text -> tree. A precedence climber: NEAR binds tighter than NOT, NOT than AND, AND than OR."""

from __future__ import annotations

import re
from typing import NoReturn

from tracker.indicators.tree import And, Concept, Filter, Kind, Link, Near, Node, Not, NotNear, Or, Place, Term
from tracker.model import TEXT_FIELDS

FILTERS = ("language", "source")
PLACES = (*TEXT_FIELDS, "text")
MAX_DEPTH = 100


class QueryError(Exception):
    """A mistake in a query: ``offset`` is the index of the character it points at, ``message`` is for users."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


def parse(text: str) -> Node:
    """The tree of a query. Raises QueryError at the first mistake, with the character it is at."""
    return _Parser(text).query()


def needs_a_word(node: Node) -> bool:
    """Whether every item that the node accepts holds (or implies) one of its terms."""
    if isinstance(node, And):
        return any(map(needs_a_word, node.nodes))
    if isinstance(node, Or):
        return all(map(needs_a_word, node.nodes))
    return not isinstance(node, Not | Filter)


def term(text: str, start: int = 0) -> Term | Concept:
    """One entry of a list of terms, where a phrase needs no quotes. Raises QueryError."""
    bare = text.strip()
    end = start + len(text)
    if bare.startswith("@"):
        if not re.fullmatch(r"@[\w-]+", bare):
            raise QueryError(
                start, f"{bare!r} is no name of a concept; it looks like @name, with letters, digits, hyphens"
            )
        return Concept(bare[1:], start, end)
    kind: Kind = "inflected"
    if bare.startswith("plain:"):
        kind, bare = "plain", bare[6:].strip()
    elif bare.startswith("="):
        kind, bare = "exact", bare[1:].strip()
    if len(bare) > 1 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1]
    if '"' in bare:
        raise QueryError(start, f"a quotation mark stands inside the term {bare!r}; write the phrase without it")
    return make_term(bare, kind, start, end)


def make_term(text: str, kind: Kind, start: int, end: int, leading: int = 0) -> Term:
    """A checked term; ``leading`` signs stand before its text.

    Raises QueryError for one without letters and for a wildcard that is short or misplaced.
    """
    if not any(map(str.isalnum, text)):
        raise QueryError(
            start, "a term needs a letter or a digit" if text.strip(" *") else "an empty term finds nothing"
        )
    if "*" in text:
        word = text.rstrip()
        if kind == "exact":
            raise QueryError(start, "a term as written (=) cannot have a wildcard; leave out = or *")
        if word.index("*") != len(word) - 1:
            raise QueryError(start + leading + text.index("*"), "a wildcard stands at the end of a term: weapon*")
        stem = re.search(r"[^\W_]*$", word[:-1])
        if stem is None or len(stem[0]) < 2:
            raise QueryError(start, f"the wildcard in {text!r} needs at least two letters before it")
        return Term(word[:-1], "prefix", start, end)
    return Term(text, kind, start, end)


_TOKEN = re.compile(
    r"""(?P<space>\s+|(?:(?<=\s)|\A)\#[^\n]*)
      | (?P<quoted>=?"(?P<phrase>[^"]*)")
      | (?P<near>O?NEAR/(?P<distance>\d+[sS]?|[sS])(?![^\s()"]))
      | (?P<bare_near>O?NEAR(?![-\w:*])/?[^\s()]*)
      | (?P<operator>(?:AND|OR|NOT)(?![-\w:*/'.]))
      | (?P<field>[A-Za-z_]+:)
      | (?P<word>=?[^\W_]+(?:[-'’.&/·_+‐‑][^\W_]+)*[.+]*\*?)
      | (?P<concept>@[\w-]+)
      | (?P<open>\() | (?P<close>\))
      | (?P<wrong>.)""",
    re.VERBOSE | re.DOTALL,
)

_WRONG = {
    '"': 'a quotation mark is not closed; add the second "',
    "“": 'use straight quotation marks: "',
    "”": 'use straight quotation marks: "',
    "«": 'use straight quotation marks: "',
    "@": "a concept needs a name after @, such as @china",
    "*": "a wildcard stands at the end of a term: weapon*",
    "|": "alternatives are written with OR",
    ",": "alternatives are written with OR, not with a comma",
    "&": "both are wanted: write AND",
    "-": "an exclusion is written with NOT; a word that begins with a hyphen wants quotes",
    "!": "an exclusion is written with NOT",
    "=": '= stands before a word or a phrase in quotes: ="Quad"',
    "#": "a comment begins at the start of a line or after a space",
}

_Found = tuple[str, str, int, int]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[_Found] = []
        for found in _TOKEN.finditer(text):
            name = found.lastgroup or ""
            if name == "space":
                continue
            if name == "wrong":
                character = '"' if text.startswith('="', found.start()) else found[0]
                message = _WRONG.get(
                    character, f"{character!r} has no meaning here; put terms with such signs into quotes"
                )
                raise QueryError(found.start(), message)
            value = found[0]
            if name in ("quoted", "phrase"):
                name, value = "quoted", found["phrase"]
            elif name in ("near", "distance"):
                name, value = "near", found["near"]
            self.tokens.append((name, value, found.start(), found.end()))
        self.tokens.append(("end", "", len(text), len(text)))
        self.at = 0
        self.depth = 0
        self.plain = False

    def query(self) -> Node:
        if self.tokens[0][0] == "end":
            raise QueryError(0, "the query is empty; it needs at least one term")
        node = self._or()
        name, _, start, _ = self.tokens[self.at]
        if name == "close":
            raise QueryError(start, "this parenthesis was never opened")
        if name != "end":
            self._side_by_side()
        if not needs_a_word(node):
            raise QueryError(0, "items could satisfy this query without one word that it names; add a required term")
        return node

    def _or(self) -> Node:
        nodes = [self._and()]
        while self.tokens[self.at][:2] == ("operator", "OR"):
            self.at += 1
            nodes.append(self._and())
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes), nodes[0].start, nodes[-1].end)

    def _and(self) -> Node:
        nodes = [self._not()]
        while self.tokens[self.at][0] == "operator" and self.tokens[self.at][1] != "OR":
            if self.tokens[self.at][1] == "AND":
                self.at += 1
            nodes.append(self._not())
        return nodes[0] if len(nodes) == 1 else And(tuple(nodes), nodes[0].start, nodes[-1].end)

    def _not(self) -> Node:
        name, value, start, _ = self.tokens[self.at]
        if (name, value) != ("operator", "NOT"):
            return self._near()
        self.at += 1
        if self.tokens[self.at][:2] == ("operator", "NOT"):
            raise QueryError(self.tokens[self.at][2], "NOT NOT says nothing; leave both out")
        node = self._near()
        return Not(node, start, node.end)

    def _near(self) -> Node:
        operands = [self._primary()]
        links: list[Link] = []
        while True:
            negated = self.tokens[self.at][:2] == ("operator", "NOT") and self.tokens[self.at + 1][0] in (
                "near",
                "bare_near",
            )
            name, value, start, _ = self.tokens[self.at + negated]
            if name == "bare_near":
                raise QueryError(start, f"{value.split('/')[0]} needs a distance: NEAR/6, or NEAR/s for one sentence")
            if name != "near":
                break
            self.at += 1 + negated
            link = _link(value)
            operand = self._primary()
            for side in (operands[-1], operand):
                _refuse_in_near(side)
            if negated:
                operands[-1] = NotNear(operands[-1], operand, link, operands[-1].start, operand.end)
            else:
                operands.append(operand)
                links.append(link)
        return Near(tuple(operands), tuple(links), operands[0].start, operands[-1].end) if links else operands[0]

    def _primary(self) -> Node:
        name, value, start, end = self.tokens[self.at]
        self.at += 1
        if name in ("word", "quoted"):
            node: Node = self._term(name, value, start, end)
        elif name == "concept":
            node = Concept(value[1:], start, end)
        elif name == "open":
            node = self._group(start)
        elif name == "field":
            node = self._field(value[:-1], start)
        else:
            self._missing(name, value, start)
        if self.tokens[self.at][0] in ("word", "quoted", "concept", "open", "field"):
            self._side_by_side()
        return node

    def _term(self, name: str, value: str, start: int, end: int) -> Node:
        exact = self.text[start] == "="
        if exact and name == "word":
            value = value[1:]
        if name == "quoted" and not value.strip():
            raise QueryError(start, "the quotation marks hold nothing; put a word between them")
        kind: Kind = "exact" if exact else "plain" if self.plain else "inflected"
        return make_term(value, kind, start, end, exact + (name == "quoted"))

    def _group(self, start: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError(start, f"parentheses lie more than {MAX_DEPTH} deep; name parts of the query under where:")
        if self.tokens[self.at][0] == "close":
            raise QueryError(start, "the parentheses hold nothing; put a term between them")
        node = self._or()
        if self.tokens[self.at][0] != "close":
            if self.tokens[self.at][0] != "end":
                self._side_by_side()
            raise QueryError(start, "this parenthesis is not closed; add )")
        self.at += 1
        self.depth -= 1
        return node

    def _field(self, name: str, start: int) -> Node:
        if name in FILTERS:
            values = tuple(self._filter_values(name))
            return Filter(name, values, start, self.tokens[self.at - 1][3])
        if name == "plain":
            before, self.plain = self.plain, True
            node = self._primary()
            self.plain = before
            return node
        if name not in PLACES:
            known = ", ".join(f"{known}:" for known in (*PLACES, *FILTERS, "plain"))
            raise QueryError(start, f"there is no field {name}:; known are {known}")
        node = self._primary()
        if isinstance(node, Filter):
            raise QueryError(node.start, f"{node.key}: cannot stand inside {name}:")
        return Place(name, node, start, node.end)

    def _filter_values(self, key: str) -> list[str]:
        name, value, start, _ = self.tokens[self.at]
        self.at += 1
        if name == "open":
            values = self._filter_values(key)
            while self.tokens[self.at][:2] == ("operator", "OR"):
                self.at += 1
                values += self._filter_values(key)
            if self.tokens[self.at][0] != "close":
                raise QueryError(start, f"after {key}: a parenthesis holds names with OR between them, then )")
            self.at += 1
            return values
        if name not in ("word", "quoted") or not value.strip("*= "):
            raise QueryError(start, f"{key}: wants a name, such as {key}:{'ru' if key == 'language' else 'tass'}")
        return [value.casefold()]

    def _side_by_side(self) -> NoReturn:
        _, value, start, _ = self.tokens[self.at]
        if value.upper() in ("AND", "OR", "NOT") or re.fullmatch(r"o?near(/\w+)?", value):
            raise QueryError(start, f"operators stand in capitals: {value.upper()} (or put the word into quotes)")
        before = self.tokens[self.at - 1][1] if self.at else ""
        both = (
            f'"{before} {value}"' if before and self.tokens[self.at][0] == self.tokens[self.at - 1][0] == "word" else ""
        )
        hint = f"; as a phrase write {both}" if both else "; a phrase wants quotes around it"
        raise QueryError(start, f"an operator is missing before this: AND, OR, NEAR/n{hint}")

    def _missing(self, name: str, value: str, start: int) -> NoReturn:
        if name == "end":
            raise QueryError(start, "the query ends where a term is expected")
        if name == "close":
            raise QueryError(start, "a term is missing before this parenthesis")
        raise QueryError(start, f"a term is missing before {value}")


def _link(value: str) -> Link:
    operator, _, distance = value.partition("/")
    sentence = distance[-1] in "sS"
    digits = distance.rstrip("sS")
    return Link(int(digits) if digits else None, operator == "ONEAR", sentence)


def _refuse_in_near(node: Node) -> None:
    """Raises QueryError where a side of NEAR is no set of places in the text."""
    if isinstance(node, And | Not):
        what = "AND" if isinstance(node, And) else "NOT"
        raise QueryError(node.start, f"{what} cannot stand inside a side of NEAR; write A NEAR/n B {what} A NEAR/n C")
    if isinstance(node, Filter):
        raise QueryError(node.start, f"{node.key}: cannot stand beside NEAR; join it with AND")
    if isinstance(node, Or):
        for part in node.nodes:
            _refuse_in_near(part)
    if isinstance(node, Place):
        _refuse_in_near(node.node)
