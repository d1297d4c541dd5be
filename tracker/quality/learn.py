"""Trains the relevance model from the verdicts in the store, and gives waiting hits their relevance."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.store import relevance as store

if TYPE_CHECKING:
    from tracker.analysis.relevance import Case, Gain, Model


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a training came to. ``indicators`` are ordered by the model, ``scored`` hits of theirs wait."""

    verdicts: int
    indicators: tuple[str, ...]
    gain: Gain | None
    scored: int


def path_beside(db: Path) -> Path:
    """Where the model of a database lies."""
    return db.with_name(db.name + ".relevance.npz")


def train(connection: sqlite3.Connection, db: Path) -> Learnt:
    """Learn anew from all verdicts, keep the model beside the database, and score what waits.

    Where verdicts are too few nothing is learnt and nothing changes. Where the model does not order unseen verdicts
    better than the plain score does, it is not used. Raises ImportError without scikit-learn.
    """
    from tracker.analysis import relevance, relevance_training

    judged = store.judged(connection)
    cases = [_case(one) for one in judged]
    try:
        trained = relevance_training.train(cases, [bool(one.right) for one in judged], [one.story for one in judged])
    except relevance_training.TooFewError:
        return Learnt(len(judged), (), None, 0)
    if not trained.gain.difference > 0:
        store.forget(connection, ())
        path_beside(db).unlink(missing_ok=True)
        return Learnt(len(judged), (), trained.gain, 0)
    relevance.save(trained.model, path_beside(db))
    return Learnt(len(judged), trained.model.indicators, trained.gain, score(connection, trained.model))


def score(connection: sqlite3.Connection, model: Model) -> int:
    """Give every waiting hit of the model's indicators its relevance; return how many. Needs no scikit-learn."""
    store.forget(connection, model.indicators)
    count = 0
    for indicator in model.indicators:
        found = [(round(model.probability(_case(one)), 4), one.id) for one in store.unjudged(connection, indicator)]
        store.keep(connection, found)
        count += len(found)
    return count


def _case(one: store.Judgeable) -> Case:
    from tracker.analysis.relevance import Case

    return Case(one.indicator, one.score, one.text, one.terms)
