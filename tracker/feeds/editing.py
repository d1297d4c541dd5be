"""Changes to feeds.yaml that leave every other character of it alone, comments too."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tracker.feeds import declared, opml
from tracker.model import ConfigError, Feed, Problem
from tracker.yaml_file import is_empty

_DULL = {
    "www", "rss", "feed", "feeds", "xml", "atom", "index", "rss2", "rdf", "json", "export", "com", "org", "net", "co",
    "php", "html", "asp", "aspx", "live", "default", "main", "rssfeed", "feedburner",
}  # fmt: skip
_ID_LIMIT = 50
_IN_BRACKETS = "the list stands in brackets; give each feed a line of its own that begins with -"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: the feeds that are new in the list, and how many stood there already."""

    added: tuple[Feed, ...]
    known: int


def add(path: Path, feeds: Sequence[Feed]) -> Imported:
    """Append the feeds whose address the list lacks; ones without an id get one. A missing file is begun.

    Raises ConfigError, and changes nothing, where the file is faulty or an id is taken.
    """
    listed = declared.load(path).feeds if path.exists() else ()
    urls, ids = {feed.url for feed in listed}, {feed.id for feed in listed}
    added: list[Feed] = []
    for feed in feeds:
        if feed.url in urls:
            continue
        if feed.id and feed.id in ids:
            raise _refusal(path, f"the id {feed.id!r} is taken by another feed; choose one with --id")
        named = feed if feed.id else replace(feed, id=new_id(feed, ids))
        urls.add(named.url)
        ids.add(named.id)
        added.append(named)
    if added:
        text = _text(path) if path.exists() else "feeds: []\n"
        _replace_file(path, _appended(path, text, added), (*listed, *added))
    return Imported(tuple(added), len(feeds) - len(added))


def remove(path: Path, ids: Collection[str]) -> tuple[Feed, ...]:
    """Take feeds out of the list and return them. Raises ConfigError, and changes nothing, where one is not there."""
    listed = declared.load(path).feeds
    unknown = sorted(set(ids) - {feed.id for feed in listed})
    if unknown:
        raise _refusal(path, f"there is no feed {', '.join(unknown)}; `tracker feeds list` shows the ids")
    text = _text(path)
    for position in reversed(range(len(listed))):
        if listed[position].id in ids:
            text = _without(path, text, position)
    removed = tuple(feed for feed in listed if feed.id in ids)
    _replace_file(path, text, [feed for feed in listed if feed not in removed])
    return removed


def import_opml(path: Path, opml_path: Path) -> Imported:
    """Add the feeds of an OPML file. Raises ConfigError, and changes nothing, where either file is faulty."""
    ids = {feed.id for feed in declared.load(path).feeds} if path.exists() else set()
    feeds = [outline.feed for outline in opml.read(opml_path)]
    return add(path, [replace(feed, id="") if feed.id in ids or not _is_id(feed.id) else feed for feed in feeds])


def new_id(feed: Feed, taken: Collection[str]) -> str:
    """An id made from the title where that is Latin, else from the address."""
    base = _slug(feed.title) or _slug_of_url(feed.url)
    number, chosen = 2, base
    while chosen in taken:
        chosen = f"{base}-{number}"
        number += 1
    return chosen


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    letters = [c for c in plain if c.isalpha()]
    if sum(c.isascii() for c in letters) < len(letters) / 2:
        return ""
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)).lower())
    return "-".join(words)[:_ID_LIMIT].strip("-")


def _slug_of_url(url: str) -> str:
    parts = urlsplit(url)
    host = [] if re.fullmatch(r"[\d.:\[\]]+", parts.netloc) else (parts.hostname or "").split(".")[:-1]
    words = [word for word in host + re.findall(r"[a-z0-9]+", parts.path.lower()) if word not in _DULL]
    return "-".join(words)[:_ID_LIMIT].strip("-") or "feed"


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", text))


def _appended(path: Path, text: str, feeds: Sequence[Feed]) -> str:
    key, node = _feeds_node(path, text)
    lines = text.split("\n")
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        column = node.start_mark.column
        at = _last_line(node) + 1
        return "\n".join([*lines[:at], *_block(feeds, column), *lines[at:]])
    if node.value and not is_empty(node):
        raise _refusal(path, _IN_BRACKETS, node.start_mark.line + 1)
    nothing_written = isinstance(node, yaml.ScalarNode) and not node.value
    after = key.end_mark.index + 1 if nothing_written else node.end_mark.index
    rest = text[after:].lstrip(" ").removeprefix("\n")
    return text[: key.end_mark.index] + ":\n" + "\n".join(_block(feeds, 2)) + "\n" + rest


def _without(path: Path, text: str, position: int) -> str:
    key, node = _feeds_node(path, text)
    assert isinstance(node, yaml.SequenceNode)
    if node.flow_style:
        raise _refusal(path, _IN_BRACKETS, node.start_mark.line + 1)
    lines = text.split("\n")
    entry = node.value[position]
    first, last = entry.start_mark.line, _last_line(entry)
    while not lines[first].lstrip().startswith("-"):
        first -= 1
    kept = lines[:first] + lines[last + 1 :]
    if len(node.value) == 1:
        kept[key.start_mark.line] = "feeds: []"
    return "\n".join(kept)


def _feeds_node(path: Path, text: str) -> tuple[yaml.Node, yaml.Node]:
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "feeds":
                return key, value
    raise _refusal(path, "the key feeds is missing", 1)


def _last_line(node: yaml.Node) -> int:
    """The last line on which something of the node stands; its own end mark lies behind the comments that follow."""
    if node.value and isinstance(node, yaml.SequenceNode | yaml.MappingNode) and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.line
    return end - 1 if node.end_mark.column == 0 and end > node.start_mark.line else end


def _block(feeds: Sequence[Feed], column: int) -> Iterator[str]:
    for feed in feeds:
        values = {name: getattr(feed, name) for name in declared.KEYS}
        values |= {"implies": list(feed.implies), "headers": dict(feed.headers), "cookies": dict(feed.cookies)}
        chosen = {name: value for name, value in values.items() if value}
        dumped = yaml.safe_dump(chosen, allow_unicode=True, sort_keys=False, default_flow_style=None, width=10_000)
        for number, line in enumerate(dumped.rstrip("\n").split("\n")):
            yield " " * column + ("- " if number == 0 else "  ") + line


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n")


def _replace_file(path: Path, text: str, expected: Sequence[Feed]) -> None:
    """Write beside the file, see that it reads as wanted, then put it in its place in one step."""
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    old = target.read_bytes() if target.exists() else b""
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\r\n" if b"\r\n" in old else "") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _see_that_it_reads(path, Path(name), expected)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _see_that_it_reads(path: Path, written: Path, expected: Sequence[Feed]) -> None:
    try:
        as_wanted = declared.load(written).feeds == tuple(expected)
    except ConfigError as error:
        raise ConfigError(*(replace(problem, file=str(path)) for problem in error.problems)) from None
    if not as_wanted:
        raise _refusal(path, "is written in a way that no command can edit; edit it by hand")


def _refusal(path: Path, message: str, line: int = 0) -> ConfigError:
    return ConfigError(Problem(str(path), line, 0, message))
