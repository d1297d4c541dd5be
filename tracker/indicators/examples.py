"""Examples: sentences that an indicator must hit or miss, in the codebook or in the file beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from tracker.indicators.codebook import Codebook
from tracker.model import Example, Problem
from tracker.yaml_file import YamlFile

KEYS = ("indicator", "language", "text", "title", "summary", "source", "hits")


def beside(codebook: Path) -> Path:
    """Where the examples of a codebook lie: indicators.yaml -> indicators.examples.yaml."""
    return codebook.with_name(f"{codebook.stem}.examples{codebook.suffix}")


def load(codebook: Codebook) -> tuple[Example, ...]:
    """All examples of a codebook, those of its own file first. Raises ConfigError where the other file is faulty."""
    path = beside(codebook.path)
    if not path.is_file():
        return codebook.examples
    file = YamlFile(path)
    top = file.mapping(file.root, "the examples", ("examples",))
    examples = read_examples(file, top.get("examples"))
    known = {indicator.id for indicator in codebook.indicators}
    for example in examples:
        if example.indicator not in known:
            message = f"there is no indicator {example.indicator!r} in {codebook.path.name}"
            file.problems.append(Problem(str(path), example.line, 1, message))
    file.finish()
    return (*codebook.examples, *examples)


def read_examples(file: YamlFile, node: yaml.Node | None, indicator: str = "") -> list[Example]:
    """Examples in one of the two layouts: a list, or indicator -> language -> hits and misses."""
    if isinstance(node, yaml.MappingNode):
        return list(_grouped(file, node))
    found = []
    for item in file.items(node, "examples"):
        example = _example(file, item, {"indicator": indicator} if indicator else {})
        if example is not None:
            found.append(example)
    return found


def _grouped(file: YamlFile, node: yaml.Node) -> Iterator[Example]:
    for indicator, languages in file.pairs(node, "examples"):
        for language, lists in file.pairs(languages, f"examples of {indicator.value}"):
            for key, below in file.mapping(lists, f"{indicator.value}.{language.value}", ("hits", "misses")).items():
                given = {
                    "indicator": indicator.value,
                    "language": language.value,
                    "hits": "true" if key == "hits" else "false",
                }
                for item in file.items(below, key):
                    example = _example(file, item, given)
                    if example is not None:
                        yield example


def _example(file: YamlFile, node: yaml.Node, given: dict[str, str]) -> Example | None:
    if isinstance(node, yaml.ScalarNode):
        values = {"text": file.string(node, "an example")}
    else:
        found = file.mapping(node, "an example", tuple(key for key in KEYS if key not in given))
        values = {key: file.string(value, key) for key, value in found.items()}
    values |= given
    title, summary = values.get("text") or values.get("title", ""), values.get("summary", "")
    if not title and not summary:
        file.problem(node, "an example needs a text (or title and summary)")
    elif not values.get("indicator") or not values.get("language"):
        file.problem(node, "an example needs indicator, language, text and hits")
    elif values.get("hits") not in ("true", "false"):
        file.problem(node, "an example needs hits: true or hits: false")
    else:
        return Example(
            indicator=values["indicator"],
            language=values["language"],
            text=title,
            summary=summary,
            hits=values["hits"] == "true",
            source=values.get("source", ""),
            line=node.start_mark.line + 1,
        )
    return None
