"""How likely a hit is right, learnt from verdicts: features and scoring. Method: docs/methods/relevance.md.

A trained model is plain numbers and words in an .npz file; loading one runs no code.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TEXT_READ = 1500
"""Characters of title and text that are looked at."""
LARGEST_FILE = 64_000_000
FORMAT = 1
_WORDS = re.compile(r"[^\W_]+")
_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Case:
    """A hit as the model sees it. ``terms`` are the words and concepts that fired."""

    indicator: str
    score: float
    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of a calibrated logistic regression over n-grams."""

    vocabulary: dict[str, int]
    idf: Floats
    weights: Floats
    """One per n-gram, then that of the plain score."""
    intercept: float
    slope: float
    """Calibration: probability = logistic(slope · value + offset)."""
    offset: float
    indicators: tuple[str, ...]
    """Those with verdicts enough to be ordered by it."""

    def probability(self, case: Case) -> float:
        """The calibrated probability that the hit is right."""
        counts = Counter(name for name in ngrams(case) if name in self.vocabulary)
        places = [self.vocabulary[name] for name in counts]
        values = np.array([1 + math.log(n) for n in counts.values()]) * self.idf[places] if places else np.zeros(0)
        length = float(np.sqrt((values**2).sum())) or 1.0
        value = self.intercept + float(self.weights[-1]) * centred(case.score)
        value += float((values / length * self.weights[places]).sum()) if places else 0.0
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, self.slope * value + self.offset))))


def centred(score: float) -> float:
    """The plain score on the scale on which the model weighs it."""
    return (score - 0.5) * 4


def ngrams(case: Case) -> Iterator[str]:
    """Words and pairs of words, pieces of words, pairs and triples of Chinese characters, what fired, and where.

    Each word also stands for itself under its indicator, so that one word can speak for this and against that.
    """
    text = case.text[:TEXT_READ].casefold().replace("ё", "е")
    previous = ""
    yield f"indicator {case.indicator}"
    for term in case.terms:
        yield f"fired {term}"
    for word in _WORDS.findall(text):
        if _CJK.search(word):
            for size in (2, 3):
                for at in range(len(word) - size + 1):
                    piece = word[at : at + size]
                    yield f"c {piece}"
                    if size == 2:
                        yield f"{case.indicator} {piece}"
            previous = ""
            continue
        yield f"w {word}"
        yield f"{case.indicator} {word}"
        if previous:
            yield f"w {previous} {word}"
        padded = f" {word} "
        for at in range(len(padded) - 3):
            yield f"c {padded[at : at + 4]}"
        previous = word


def save(model: Model, path: Path) -> None:
    """Write a model, whole or not at all, readable by its owner alone."""
    words = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            np.savez_compressed(
                file, format=np.array(FORMAT), words=np.array(words, dtype=np.str_), idf=model.idf,
                weights=model.weights, scalars=np.array([model.intercept, model.slope, model.offset]),
                indicators=np.array(model.indicators, dtype=np.str_),
            )  # fmt: skip
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(path: Path) -> Model | None:
    """The model of a file; None where there is none or it is not one of ours."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None
        with np.load(path, allow_pickle=False) as file:
            held: dict[str, Any] = {name: file[name] for name in file.files}
        words, idf, weights = held["words"].tolist(), held["idf"], held["weights"]
        intercept, slope, offset = map(float, held["scalars"])
        fits = len(words) == len(idf) == len(weights) - 1 and int(held["format"]) == FORMAT
        if not fits or not (np.isfinite(idf).all() and np.isfinite(weights).all()):
            return None
        return Model(
            {word: n for n, word in enumerate(words)}, np.asarray(idf, float), np.asarray(weights, float), intercept,
            slope, offset, tuple(held["indicators"].tolist()),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


@dataclass(frozen=True, slots=True)
class Gain:
    """How well hits are ordered, on verdicts that the model had not seen: AUC, the chance that a right hit stands
    before a wrong one. Intervals of 90 % from drawing stories anew."""

    cases: int
    right: int
    plain: float
    model: float
    difference: float
    lower: float
    upper: float
    brier: float
    """Mean squared error of the calibrated probabilities."""
    brier_constant: float
    """Likewise of the share of right hits, given to every hit."""


def auc(values: Floats, right: npt.NDArray[np.bool_]) -> float:
    """The chance that a right one has the higher value; ties count half. NaN where there is only one kind."""
    from scipy.stats import rankdata

    wanted = int(right.sum())
    if wanted in (0, len(right)):
        return math.nan
    ranks = rankdata(values)
    return float((ranks[right].sum() - wanted * (wanted + 1) / 2) / (wanted * (len(right) - wanted)))


def gain(
    plain: Floats, model: Floats, right: npt.NDArray[np.bool_], groups: Sequence[int], resamples: int = 1000
) -> Gain:
    """Compare two orders of the same cases. ``groups``: the story of each, because copies are judged alike."""
    rng = np.random.default_rng(0)
    members: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        members.setdefault(group, []).append(at)
    stories = [np.array(found) for found in members.values()]
    differences = []
    for _ in range(resamples):
        chosen = np.concatenate([stories[n] for n in rng.integers(0, len(stories), len(stories))])
        found = auc(model[chosen], right[chosen]) - auc(plain[chosen], right[chosen])
        if not math.isnan(found):
            differences.append(found)
    lower, upper = np.quantile(differences, [0.05, 0.95]) if differences else (math.nan, math.nan)
    left, better = auc(plain, right), auc(model, right)
    share = float(right.mean())
    return Gain(
        len(right), int(right.sum()), left, better, better - left, float(lower), float(upper),
        float(((model - right) ** 2).mean()), share * (1 - share),
    )  # fmt: skip
