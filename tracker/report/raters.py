"""Ratings of several raters, a YAML file each in the folder ``ratings`` beside the codebook.

rater: Ann
ratings:
  joint-statement-summit: {alliance: almost certain, partnership: very likely, drift: likely}
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tracker.yaml_file import YamlFile

FOLDER = "ratings"
WORDS = ("almost no chance", "very unlikely", "unlikely", "roughly even chance", "likely", "very likely",
         "almost certain")  # fmt: skip
"""The terms of ICD 203, from the least to the most likely."""

Ratings = dict[str, dict[str, dict[str, str]]]
"""Rater to indicator to hypothesis to word."""


def load(codebook: Path) -> Ratings:
    """The ratings beside a codebook, by rater; empty where there is no such folder.

    Raises ConfigError with every mistake of the first file that has any.
    """
    folder = codebook.parent / FOLDER
    return dict(map(_read, sorted(folder.glob("*.yaml")))) if folder.is_dir() else {}


def _read(path: Path) -> tuple[str, dict[str, dict[str, str]]]:
    file = YamlFile(path)
    top = file.mapping(file.root, "the file", ("rater", "ratings"))
    found: dict[str, dict[str, str]] = {}
    for key, value in file.pairs(top.get("ratings"), "ratings"):
        found[key.value] = {}
        for hypothesis, word in file.pairs(value, f"the rating of {key.value}"):
            said = file.string(word, f"the rating under {hypothesis.value}")
            if said not in WORDS:
                file.problem(word, f"{said!r} is no term of likelihood; known are {', '.join(WORDS)}")
            found[key.value][hypothesis.value] = said
    if not found:
        file.problem(file.root, "holds no ratings; write ratings: and below it an indicator with its words")
    file.finish()
    return file.string(top.get("rater"), "rater") or path.stem, found


def unknown(ratings: Ratings, indicators: Iterable[str]) -> list[tuple[str, str]]:
    """(rater, indicator) of ratings that no indicator in force bears: most likely a slip of the pen."""
    known = set(indicators)
    return [(rater, name) for rater, rated in ratings.items() for name in rated if name not in known]
