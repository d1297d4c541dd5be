"""Learns a relevance model from verdicts with scikit-learn. Method: docs/methods/relevance.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracker.analysis.relevance import Case, Floats, Gain, Model, centred, gain, ngrams

LEAST_VERDICTS = 50
LEAST_OF_EACH = 5
FOLDS = 5
STRENGTHS = (0.3, 1.0, 3.0, 10.0)
"""Candidates of the inverse penalty; the one that orders best on unseen folds is taken."""
MOST_WORDS = 60_000


class TooFewError(Exception):
    """There are too few verdicts, or nearly all are alike."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it gains over the plain score on verdicts that it had not seen."""

    model: Model
    gain: Gain
    unseen: Floats
    """Calibrated probability of each case by a model that had not seen its story."""


def eligible(cases: Sequence[Case], right: Sequence[bool], least: int = LEAST_VERDICTS) -> tuple[str, ...]:
    """Indicators with verdicts enough, of both kinds."""
    counts = Counter(zip((case.indicator for case in cases), right, strict=True))
    names = sorted({case.indicator for case in cases})
    return tuple(
        name
        for name in names
        if counts[name, True] + counts[name, False] >= least
        and min(counts[name, True], counts[name, False]) >= LEAST_OF_EACH
    )


def train(cases: Sequence[Case], right: Sequence[bool], groups: Sequence[int], least: int = LEAST_VERDICTS) -> Trained:
    """Learn from verdicts; ``groups`` is the story of each case, kept whole in one fold. Raises TooFewError.

    All verdicts teach; only indicators with ``least`` of their own are ordered by what was learnt.
    """
    from sklearn.linear_model import LogisticRegression

    names, truth = eligible(cases, right, least), np.array(right, dtype=bool)
    if not names or min(truth.sum(), (~truth).sum()) < FOLDS:
        raise TooFewError
    tables = _unseen(cases, truth, groups)
    plain = np.array([case.score for case in cases])
    strength = max(STRENGTHS, key=lambda one: gain(plain, tables[one], truth, groups, resamples=0).model)
    values = tables[strength]
    platt = LogisticRegression(C=10.0).fit(values.reshape(-1, 1), truth)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    unseen = _calibrated(values, truth, groups)
    vectorizer = _vectorizer(cases)
    regression = _regression(_matrix(vectorizer, cases), truth, strength)
    model = Model(
        {str(word): int(at) for word, at in vectorizer.vocabulary_.items()}, np.asarray(vectorizer.idf_, float),
        np.asarray(regression.coef_[0], float), float(regression.intercept_[0]), slope, offset, names,
    )  # fmt: skip
    judged = np.array([case.indicator in names for case in cases])
    chosen = [group for group, wanted in zip(groups, judged, strict=True) if wanted]
    return Trained(model, gain(plain[judged], unseen[judged], truth[judged], chosen), unseen)


def _folds(cases: Sequence[Case], truth: Any, groups: Sequence[int]) -> Any:
    from sklearn.model_selection import StratifiedGroupKFold

    return StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(np.zeros(len(cases)), truth, groups)


def _unseen(cases: Sequence[Case], truth: Any, groups: Sequence[int]) -> dict[float, Floats]:
    """For each strength, the uncalibrated value of each case by a regression that had not seen its fold."""
    values = {strength: np.zeros(len(cases)) for strength in STRENGTHS}
    for learn, test in _folds(cases, truth, groups):
        vectorizer = _vectorizer([cases[n] for n in learn])
        known, unknown = (_matrix(vectorizer, [cases[n] for n in part]) for part in (learn, test))
        for strength, line in values.items():
            line[test] = _regression(known, truth[learn], strength).decision_function(unknown)
    return values


def _calibrated(values: Floats, truth: Any, groups: Sequence[int]) -> Floats:
    from sklearn.linear_model import LogisticRegression

    found = np.zeros(len(values))
    for learn, test in _folds([None] * len(values), truth, groups):  # type: ignore[list-item]
        platt = LogisticRegression(C=10.0).fit(values[learn].reshape(-1, 1), truth[learn])
        found[test] = platt.predict_proba(values[test].reshape(-1, 1))[:, 1]
    return found


def _vectorizer(cases: Sequence[Case]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=_all_ngrams, min_df=2, sublinear_tf=True, max_features=MOST_WORDS)
    return vectorizer.fit(cases)


def _regression(known: Any, truth: Any, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(known, truth)


def _all_ngrams(case: Case) -> list[str]:
    return list(ngrams(case))


def _matrix(vectorizer: Any, cases: Sequence[Case]) -> Any:
    from scipy import sparse

    scores = sparse.csr_matrix(np.array([[centred(case.score)] for case in cases]))
    return sparse.hstack([vectorizer.transform(cases), scores]).tocsr()
