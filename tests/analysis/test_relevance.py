"""The relevance model: learns what words tell, is calibrated, and its file is data that cannot run."""

from __future__ import annotations

import math
import random
import stat
from pathlib import Path

import numpy as np
import pytest

from tracker.analysis import relevance
from tracker.analysis.relevance import Case, auc, gain
from tracker.analysis.relevance_training import TooFewError, eligible, train

LINES = {
    True: ("warships drill together at sea", "корабли проводят учения в море", "海上联合军事演习举行"),
    False: ("a drill bit for the workshop", "дрель для мастерской подешевела", "电钻工具打折出售"),
}


def sample(count: int, seed: int = 0) -> tuple[list[Case], list[bool], list[int]]:
    rng = random.Random(seed)
    cases, right, groups = [], [], []
    for n in range(count):
        truth = rng.random() < 0.6
        clear = rng.random() < 0.9
        text = f"{rng.choice(LINES[truth == clear])} number {rng.randrange(50)}"
        cases.append(Case("drills", round(rng.random(), 3), text, ("drill",)))
        right.append(truth)
        groups.append(n // 2)
    return cases, right, groups


@pytest.fixture(scope="module")
def trained() -> relevance.Model:
    return train(*sample(300)).model


def test_it_orders_better_than_a_score_that_says_nothing() -> None:
    found = train(*sample(300)).gain
    assert found.lower > 0.2
    assert abs(found.plain - 0.5) < 0.1
    assert found.brier < 0.7 * found.brier_constant


def test_probabilities_are_calibrated_on_what_was_not_seen(trained: relevance.Model) -> None:
    cases, right, _ = sample(400, seed=7)
    chances = np.array([trained.probability(case) for case in cases])
    sure = chances > 0.5
    for part in (sure, ~sure):
        assert abs(chances[part].mean() - np.array(right)[part].mean()) < 0.08


@pytest.mark.parametrize("language", [0, 1, 2])
def test_it_reads_three_languages(trained: relevance.Model, language: int) -> None:
    for_it, against = (
        trained.probability(Case("drills", 0.5, LINES[truth][language], ("drill",))) for truth in (True, False)
    )
    assert for_it > 0.7
    assert against < 0.3


def test_a_model_survives_its_file_which_only_its_owner_reads(trained: relevance.Model, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    relevance.save(trained, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = relevance.load(path)
    assert again is not None
    case = Case("drills", 0.4, LINES[True][0], ("drill",))
    assert again.probability(case) == pytest.approx(trained.probability(case))


def test_other_files_are_no_model_and_nothing_in_them_runs(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    assert relevance.load(path) is None
    path.write_bytes(b"no archive")
    assert relevance.load(path) is None

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "ran",)  # type: ignore[return-value]

    np.savez(path, words=np.array([Evil()], dtype=object), idf=np.ones(1), weights=np.ones(2))
    assert relevance.load(path) is None
    assert not (tmp_path / "ran").exists()


def test_too_few_verdicts_teach_nothing() -> None:
    cases, right, groups = sample(40)
    with pytest.raises(TooFewError):
        train(cases, right, groups)
    assert eligible(cases * 2, [True] * 80) == ()


def test_auc_counts_ties_half_and_gain_keeps_stories_whole() -> None:
    right = np.array([True, True, False, False])
    assert auc(np.array([0.9, 0.5, 0.5, 0.1]), right) == pytest.approx(0.875)
    assert math.isnan(auc(np.ones(2), np.array([True, True])))
    same = gain(np.arange(4.0), np.arange(4.0), right, [1, 1, 2, 2], resamples=50)
    assert same.difference == 0
    assert (same.lower, same.upper) == (0, 0)
