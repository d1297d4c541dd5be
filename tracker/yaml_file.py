"""A YAML file as nodes that know their line and column, and a collector of all mistakes found in it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import yaml

from tracker.model import ConfigError, Problem

MAX_BYTES = 200_000_000
MAX_DEPTH = 100

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: True, "a device"),
)
_SIGNS = {
    "\t": "a tab stands here; YAML wants spaces",
    "@": 'a value that begins with @ wants quotes: "@china"',
    "`": "a value that begins with ` wants quotes",
    "%": "a value that begins with % wants quotes",
}
_TROUBLES = (
    ("mapping values are not allowed", "a colon followed by a space stands inside a value; put the value into quotes"),
    ("undefined alias", "this *name refers to no &name above; a term that begins with * wants quotes"),
    ("unexpected end of stream", "a quotation mark opened before this is never closed"),
    ("did not find expected ',' or", "a comma or a closing bracket is missing before this"),
    ("did not find expected key", "this line is no part of what stands above; check its indentation and quotes"),
    ("did not find expected '-' indicator", "this line is no part of the list above; check its indentation"),
    ("could not find expected ':'", "a colon is missing after this key"),
    ("special characters are not allowed", "a control character stands here; remove it"),
)


def read_text(path: Path) -> str:
    """The text of a file. Raises ConfigError where it is absent, no plain file, too large or no UTF-8."""
    raw = _read_bytes(path)
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        _refuse(path, before.count(b"\n") + 1, 1, "is not UTF-8 text from this line on; save it as UTF-8")
    raise AssertionError


def _read_bytes(path: Path) -> bytes:
    """What a file holds. A pipe is never waited for, and a device without end never read."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                kind = next(name for test, name in _KINDS if test(about.st_mode))
                _refuse(path, 0, 0, f"is {kind}, not a file; give the path of a text file")
            raw = file.read(MAX_BYTES + 1) if about.st_size <= MAX_BYTES else None
    except FileNotFoundError:
        _refuse(path, 0, 0, "there is no such file")
    except IsADirectoryError:
        _refuse(path, 0, 0, "is a directory, not a file; give the path of a text file")
    except (OSError, ValueError):
        _refuse(path, 0, 0, "cannot be read; check that it is a file and that you may read it")
    if raw is None or len(raw) > MAX_BYTES:
        _refuse(path, 0, 0, f"is larger than {MAX_BYTES // 1_000_000} MB")
    return raw


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse(path: Path, line: int, column: int, message: str) -> NoReturn:
    raise ConfigError(Problem(str(path), line, column, message)) from None


class YamlFile:
    """Text and nodes of one file. ``problems`` gathers mistakes; ``finish`` raises them all at once."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        """Read and parse; ``text`` if it was read before. Raises ConfigError if absent, no UTF-8, or no YAML."""
        self.path = path
        self.problems: list[Problem] = []
        self.text = read_text(path) if text is None else text
        self.root = self._compose()

    def problem(self, node: yaml.Node | None, message: str, offset: int | None = None) -> None:
        """Note a mistake at a node, or at a character of a scalar's value."""
        if node is None:
            self.problems.append(Problem(str(self.path), 1, 1, message))
        elif offset is not None and isinstance(node, yaml.ScalarNode):
            index = self._index_of(node, offset)
            line = self.text.count("\n", 0, index) + 1
            column = index - self.text.rfind("\n", 0, index)
            self.problems.append(Problem(str(self.path), line, column, message))
        else:
            mark = node.start_mark
            self.problems.append(Problem(str(self.path), mark.line + 1, mark.column + 1, message))

    def finish(self) -> None:
        """Raises ConfigError with every mistake noted so far, in the order of the file."""
        if self.problems:
            raise ConfigError(*sorted(set(self.problems), key=lambda p: (p.line, p.column, p.message)))

    def mapping(self, node: yaml.Node | None, what: str, known: Sequence[str] = ()) -> dict[str, yaml.Node]:
        """Keys and nodes of a mapping; notes whatever is no mapping, comes twice, or is not ``known`` (if given)."""
        found = {}
        for key, value in self.pairs(node, what):
            if known and key.value not in known and not key.value.startswith("x-"):
                hint = f"; did you mean {near[0]}?" if (near := _similar(key.value, known)) else ""
                self.problem(key, f"unknown key {key.value!r} in {what}{hint} Known are {', '.join(known)}")
            else:
                found[key.value] = value
        return found

    def pairs(self, node: yaml.Node | None, what: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        """Keys and values of a mapping, both as nodes; an absent or empty one has none."""
        if node is None or is_empty(node):
            return
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"{what} must be a mapping of keys and values (key: value)")
            return
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key, f"a key of {what} must be a word")
            elif key.value in seen:
                self.problem(key, f"{key.value!r} stands twice in {what}; join the two or rename one")
            else:
                seen.add(key.value)
                yield key, value

    def items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        """Entries of a list; notes whatever is no list. An absent or empty one has none."""
        if node is None or is_empty(node):
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.problem(node, f"{what} must be a list: [a, b], or one line with - for each entry")
        return []

    def string(self, node: yaml.Node | None, what: str) -> str:
        """The text of a scalar as it is written, so that ``no`` and ``2027`` stay words."""
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value).strip()
        self.problem(node, f"{what} must be text; quotes help where it holds a colon, a bracket or a comma")
        return ""

    def flag(self, node: yaml.Node | None, what: str, default: bool) -> bool:
        """true or false."""
        if node is None:
            return default
        value = node.value.lower() if isinstance(node, yaml.ScalarNode) else ""
        if value not in ("true", "false"):
            self.problem(node, f"{what} must be true or false")
        return bool(value == "true")

    def _compose(self) -> yaml.Node | None:
        loader = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
        try:
            if _may_lie_deep(self.text) and _depth(self.text, loader) > MAX_DEPTH:
                _refuse(self.path, 0, 0, "lists or mappings lie too deep in each other")
            node: yaml.Node | None = yaml.compose(self.text, Loader=loader)
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position) + 1
            _refuse(self.path, line, 0, "a control character stands in this line; remove it")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            hint = _hint(error, self.text[mark.index : mark.index + 1] if mark else "")
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            _refuse(self.path, line, column, f"is no valid YAML here: {hint}")
        return node

    def _index_of(self, node: yaml.ScalarNode, offset: int) -> int:
        """Where in the file the character ``offset`` of a scalar's value stands."""
        at, last = node.start_mark.index, min(node.end_mark.index, len(self.text))
        if node.style in ("|", ">"):
            at = self.text.find("\n", at, last) + 1 or at
        elif node.style in ("'", '"'):
            at += 1
        first = at
        value = str(node.value)
        for position in range(min(offset, len(value) - 1) + 1):
            if value[position].isspace():
                continue
            found = self.text.find(value[position], at, last)
            if found < 0:
                return first
            if position >= offset:
                return found
            at = found + 1
        return at


def _may_lie_deep(text: str) -> bool:
    """Whether brackets or indentation hint at a depth on which the reader of YAML, which is C, would crash."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH or re.search(rf"(?m)^[ ?:-]{{{MAX_DEPTH},}}", text) is not None


def _depth(text: str, loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader]) -> int:
    depth = deepest = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            break
    return deepest


def _hint(error: yaml.MarkedYAMLError, sign: str) -> str:
    if sign in _SIGNS and "token" in str(error.problem):
        return _SIGNS[sign]
    said = f"{error.problem} {error.context}"
    return next((hint for words, hint in _TROUBLES if words in said), "check indentation, colons and quotes")


def is_empty(node: yaml.Node) -> bool:
    """Whether nothing stands after the key."""
    return isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null") and not node.style


def _similar(word: str, known: Sequence[str]) -> list[str]:
    import difflib

    return difflib.get_close_matches(word, known, 1)
