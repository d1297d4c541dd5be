"""feeds.yaml -> the feeds it declares, with every mistake named by its place."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tracker.model import Feed, Problem
from tracker.yaml_file import YamlFile, is_empty

KEYS = (
    "id", "url", "title", "publisher", "owner", "language", "kind", "country", "implies", "headers", "cookies",
    "basic_auth", "proxy", "interval", "fulltext",
)  # fmt: skip
SHORTEST_INTERVAL, LONGEST_INTERVAL = 60, 7 * 86_400

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_INTERVAL = re.compile(r"(\d{1,6})\s*([smhd]?)")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{0,4096}")
_SIGN_IN = re.compile(r"[^:\x00-\x1f]+:.*\$\{\w+\}.*|\$\{\w+\}")
_ONE_VARIABLE = re.compile(r"\$\{\w+\}")
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization", "x-api-key")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The declared feeds, in the order of the file, and the line on which each begins."""

    path: Path
    feeds: tuple[Feed, ...]
    lines: tuple[int, ...]

    def unknown_concepts(self, known: Collection[str]) -> tuple[Problem, ...]:
        """One problem for each ``implies`` that names a concept the lexicon lacks."""
        return tuple(
            Problem(str(self.path), line, 0, f"feed {feed.id!r} implies {concept!r}, no concept of the lexicon")
            for feed, line in zip(self.feeds, self.lines, strict=True)
            for concept in feed.implies
            if concept not in known
        )


def load(path: Path) -> Catalogue:
    """Read and validate a feed list. Raises ConfigError with every mistake in it."""
    file = YamlFile(path)
    top = file.mapping(file.root, "the feed list", ("feeds",))
    if "feeds" not in top:
        file.problem(file.root, "the key feeds is missing; write feeds: and one line with - for each feed")
    read = [(_feed(file, node), node.start_mark.line + 1) for node in file.items(top.get("feeds"), "feeds")]
    _note_duplicates(file, top.get("feeds"))
    file.finish()
    return Catalogue(path, tuple(feed for feed, _ in read), tuple(line for _, line in read))


def url_trouble(url: str) -> str:
    """What keeps ``url`` from being a feed's address, in words; empty where nothing does."""
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return "is no web address; write one such as https://example.org/rss.xml"
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine or re.search(r"\s", url):
        return "is no web address; write one such as https://example.org/rss.xml"
    if parts.password or parts.username:
        return "must not hold a name or password; give them as basic_auth: name:${TRACKER_FEED_PASSWORD}"
    return ""


def _feed(file: YamlFile, node: yaml.Node) -> Feed:
    if not isinstance(node, yaml.MappingNode):
        file.problem(node, "each feed must be a mapping with id and url, such as - {id: example, url: https://…}")
        return Feed("", "")
    keys = file.mapping(node, "a feed", KEYS)
    for name in ("id", "url"):
        if name not in keys or is_empty(keys[name]):
            file.problem(keys.get(name, node), f"this feed has no {name}; it needs id and url")
    words = {name: file.string(keys.get(name), name) for name in ("title", "publisher", "owner", "kind", "country")}
    if words["kind"] == "archive":
        file.problem(keys["kind"], "kind must not be archive; that word is for replayed files")
    return Feed(
        id=_matching(file, keys.get("id"), "id", _ID, "must be small letters, digits and hyphens, such as tass-en"),
        url=_url(file, keys.get("url")),
        language=_matching(
            file, keys.get("language"), "language", _LANGUAGE, "must be a language tag such as en, ru, zh"
        ),
        implies=_implies(file, keys.get("implies")),
        headers=_headers(file, keys.get("headers")),
        cookies=_cookies(file, keys.get("cookies")),
        basic_auth=_basic_auth(file, keys.get("basic_auth")),
        proxy=_proxy(file, keys.get("proxy")),
        interval=_interval(file, keys.get("interval")),
        fulltext=file.flag(keys.get("fulltext"), "fulltext", default=False),
        **words,
    )


def _matching(file: YamlFile, node: yaml.Node | None, name: str, pattern: re.Pattern[str], rule: str) -> str:
    text = file.string(node, name)
    if text and not pattern.fullmatch(text):
        file.problem(node, f"{name} {text!r} {rule}")
    return text


def _url(file: YamlFile, node: yaml.Node | None) -> str:
    url = file.string(node, "url")
    trouble = url_trouble(url) if url else ""
    if trouble:
        file.problem(node, f"url {trouble}")
    return url


def _implies(file: YamlFile, node: yaml.Node | None) -> tuple[str, ...]:
    if isinstance(node, yaml.ScalarNode) and node.value:
        return (node.value.strip().removeprefix("@"),)
    return tuple(file.string(entry, "a concept in implies").removeprefix("@") for entry in file.items(node, "implies"))


def _headers(file: YamlFile, node: yaml.Node | None) -> tuple[tuple[str, str], ...]:
    found = []
    for key, value_node in file.pairs(node, "headers"):
        value = file.string(value_node, f"header {key.value}")
        if not _HEADER_NAME.fullmatch(key.value) or re.search(r"[\x00-\x1f\x7f]", value):
            file.problem(key, f"{key.value!r} is no header; write one such as Accept-Language: ru")
        elif key.value.lower() in _SECRET_HEADERS and "${" not in value:
            rule = "must come from the environment: write ${TRACKER_FEED_AUTH} and set that variable"
            file.problem(value_node, f"the value of {key.value} {rule}")
        found.append((key.value, value))
    return tuple(found)


def _cookies(file: YamlFile, node: yaml.Node | None) -> tuple[tuple[str, str], ...]:
    found = []
    for key, value_node in file.pairs(node, "cookies"):
        value = file.string(value_node, f"cookie {key.value}")
        if not _COOKIE_NAME.fullmatch(key.value) or not _COOKIE_VALUE.fullmatch(value):
            file.problem(key, f"{key.value!r} is no cookie; write one such as session: ${{TRACKER_FEED_COOKIE}}")
        found.append((key.value, value))
    return tuple(found)


def _basic_auth(file: YamlFile, node: yaml.Node | None) -> str:
    text = file.string(node, "basic_auth")
    if text and not _SIGN_IN.fullmatch(text):
        rule = "must be a name and a password from the environment, such as desk:${TRACKER_FEED_PASSWORD}"
        file.problem(node, f"basic_auth {rule}")
    return text


def _proxy(file: YamlFile, node: yaml.Node | None) -> str:
    text = file.string(node, "proxy")
    if not text or text == "direct" or _ONE_VARIABLE.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        file.problem(node, "proxy must be direct or the address of a proxy, such as http://proxy.example:3128")
    elif parts.password and "${" not in parts.password:
        file.problem(node, "proxy must not hold the password; write ${TRACKER_PROXY_PASSWORD} and set that variable")
    return text


def _interval(file: YamlFile, node: yaml.Node | None) -> int | None:
    if node is None or is_empty(node):
        return None
    found = _INTERVAL.fullmatch(file.string(node, "interval"))
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        file.problem(node, "interval must be between one minute and seven days: seconds, or 15m, 2h, 1d")
        return None
    return seconds


def _note_duplicates(file: YamlFile, node: yaml.Node | None) -> None:
    entries = node.value if isinstance(node, yaml.SequenceNode) else []
    first: dict[tuple[str, str], int] = {}
    for entry in entries:
        for key, value in entry.value if isinstance(entry, yaml.MappingNode) else []:
            if key.value not in ("id", "url") or not isinstance(value, yaml.ScalarNode) or not value.value:
                continue
            place = (key.value, value.value.strip())
            if place in first:
                file.problem(value, f"the {key.value} {value.value!r} stands on line {first[place]} already")
            else:
                first[place] = value.start_mark.line + 1
