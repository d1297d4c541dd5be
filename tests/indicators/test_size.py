"""Queries whose names multiply: refused with the place, before anything is written out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tracker.indicators import codebook
from tracker.model import ConfigError

HEAD = 'version: "1"\n'
INDICATOR = "indicators:\n  - {id: a, title: A, group: driver, direction: toward, query: '@x0'%s}\n"


def refused(folder: Path, text: str) -> str:
    path = folder / "indicators.yaml"
    path.write_text(text)
    started = time.monotonic()
    with pytest.raises(ConfigError) as error:
        codebook.load(path)
    assert time.monotonic() - started < 10
    return str(error.value)


def chain(length: int, expression: str, last: str = "china") -> list[str]:
    links = [f"x{i}: '{expression.format(i + 1)}'" for i in range(length)]
    return [*links, f"x{length}: {last}"]


@pytest.mark.parametrize("doubling", ["@x{0} OR @x{0}", "(@x{0} NEAR/3 peru) OR (@x{0} NEAR/4 chile)"])
def test_sub_queries_that_double_are_refused(tmp_path: Path, doubling: str) -> None:
    where = ", where: {" + ", ".join(chain(40, doubling)) + "}"
    message = refused(tmp_path, HEAD + INDICATOR % where)
    assert message.startswith(f"{tmp_path / 'indicators.yaml'}:3:")
    assert message.endswith("names others so often that it becomes too large; name each of them once")
    assert len(message.splitlines()) == 1


def test_concepts_that_double_are_refused(tmp_path: Path) -> None:
    concepts = "".join(f"  x{i}: ['@x{i + 1}', '@x{i + 1}']\n" for i in range(40)) + "  x40: [china]\n"
    assert "becomes too large" in refused(tmp_path, HEAD + "lexicon:\n" + concepts + INDICATOR % "")


def test_a_query_that_names_large_parts_often_is_refused(tmp_path: Path) -> None:
    where = ", where: {" + ", ".join(chain(15, "@x{0} OR @x{0}")) + "}"
    text = HEAD + (INDICATOR % where).replace("'@x0'", "'" + " OR ".join(["@x0"] * 20) + "'")
    assert "the query names others so often" in refused(tmp_path, text)


def test_a_long_chain_of_names_is_refused(tmp_path: Path) -> None:
    where = ", where: {" + ", ".join(chain(1500, "@x{0}")) + "}"
    assert "leads over more than 100 other names" in refused(tmp_path, HEAD + INDICATOR % where)


def test_a_chain_of_fifty_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "indicators.yaml"
    path.write_text(HEAD + INDICATOR % (", where: {" + ", ".join(chain(50, "@x{0} OR peru")) + "}"))
    assert len(codebook.load(path).definitions) == 1
