"""The two indices, each in two versions, out of series, ratings and verdicts. Method: docs/methods/indices.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.report.raters import WORDS, Ratings
from tracker.report.series import Series
from tracker.store.judged import IndexName
from tracker.store.series import SeriesIndicator, Told

if TYPE_CHECKING:
    from tracker.analysis.baseline import Floats
    from tracker.analysis.evidence import Pair
    from tracker.analysis.indices import Evidence, Index

DRIVERS = "driver"
SPECIFIC = ("medium", "high")
DRAWS = 400
SEED = 20230713
STORIES_SHOWN = 12

Verdicts = Mapping[str, tuple[int, int]]
"""Indicator to (confirmed, rejected) among hits drawn at random."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One index over the days of a series."""

    name: IndexName
    index: Index
    rows: tuple[int, ...]
    """Which indicators of the series it is made of; parts stand in this order."""
    question: str
    """What it weighs against what, in words."""
    ratios: tuple[float, ...]
    """Likelihood ratio of one certain report, per part; 1 for pressure, which does not use them."""
    ratio_spreads: tuple[float, ...]
    """Geometric standard deviation over raters, per part; 1 with a single rater."""
    raters: int
    precision: tuple[float, ...]


def weigh(series: Series, verdicts: Verdicts, ratings: Ratings) -> dict[IndexName, Weighed]:
    """All four indices; one that no indicator of the codebook belongs to is left out."""
    found: dict[IndexName, Weighed] = {}
    for name in ("pressure", "pressure_specific", "cooperation", "cooperation_specific"):
        specific = name.endswith("_specific")
        rows = tuple(
            n
            for n, one in enumerate(series.indicators)
            if (one.group == DRIVERS) == name.startswith("pressure") and (one.diagnosticity in SPECIFIC or not specific)
        )
        if rows:
            maker = _pressure if name.startswith("pressure") else _cooperation
            found[name] = maker(name, series, rows, verdicts, ratings)
    return found


def _evidence(series: Series, rows: Sequence[int], verdicts: Verdicts, *, panel: bool) -> Evidence:
    import numpy as np

    from tracker.analysis.indices import Evidence

    chosen = list(rows)
    if panel:
        confirmed, total = series.confirmed[chosen], series.counts[chosen]
    else:
        confirmed, total = _confirmed(series)[chosen], series.stories[chosen]
    right, wrong = (sum(pair[n] for pair in verdicts.values()) for n in (0, 1))
    usual = (right + 0.5) / (right + wrong + 1)
    names = [series.indicators[row].id for row in rows]
    pairs = np.array([verdicts.get(name, (0, 0)) for name in names], dtype=np.float64).reshape(-1, 2)
    return Evidence(confirmed, total - confirmed, usual + pairs[:, 0], 1 - usual + pairs[:, 1])


def _confirmed(series: Series) -> Floats:
    import numpy as np

    found, place = np.zeros_like(series.stories), series.place
    line = {indicator.id: n for n, indicator in enumerate(series.indicators)}
    for one in series.told:
        if one.status == "confirmed":
            found[line[one.indicator], place[one.day]] += 1
    return found


def _pressure(name: IndexName, series: Series, rows: tuple[int, ...], verdicts: Verdicts, _: Ratings) -> Weighed:
    import numpy as np

    from tracker.analysis import indices

    evidence = _evidence(series, rows, verdicts, panel=True)
    signs = np.array([1.0 if series.indicators[row].direction == "toward" else -1.0 for row in rows])
    exposure = np.nan_to_num(series.exposure)
    index = indices.pressure(evidence, series.screened, exposure, signs, np.random.default_rng(SEED), DRAWS)
    question = "share of coverage of the drivers, the last four weeks against the year before"
    ones = (1.0,) * len(rows)
    return Weighed(name, index, rows, question, ones, ones, 0, tuple(evidence.precision.tolist()))


def _cooperation(
    name: IndexName, series: Series, rows: tuple[int, ...], verdicts: Verdicts, ratings: Ratings
) -> Weighed:
    import numpy as np

    from tracker.analysis import evidence as rated
    from tracker.analysis import indices

    evidence = _evidence(series, rows, verdicts, panel=False)
    given = [ratings_of(series.indicators[row], ratings) for row in rows]
    named = rated.hypotheses(given)
    pair = _pair(named, specific=name.endswith("_specific"))
    rng = np.random.default_rng(SEED)
    weights = rated.weigh(given, pair, DRAWS, rng)
    index = indices.cooperation(evidence, weights, rng)
    return Weighed(
        name, index, rows, f"{pair.for_} rather than {pair.against}", tuple(np.exp(weights.centre).tolist()),
        tuple(np.exp(weights.spread).tolist()), int(weights.raters.max(initial=0)), tuple(evidence.precision.tolist()),
    )  # fmt: skip


def _pair(named: tuple[str, ...], *, specific: bool) -> Pair:
    """The first hypothesis against its nearest rival, or, where all ties count, against the last."""
    from tracker.analysis.evidence import Pair

    if len(named) < 2:
        return Pair("the first hypothesis", "the others")
    return Pair(named[0], named[1] if specific else named[-1])


def ratings_of(indicator: SeriesIndicator, ratings: Ratings) -> list[dict[str, str]]:
    """The codebook's own rating and those of the raters, without words that nobody knows."""
    given = [
        json.loads(indicator.ratings),
        *(rated[indicator.id] for rated in ratings.values() if indicator.id in rated),
    ]
    return [{key: word for key, word in one.items() if word in WORDS} for one in given if one]


@dataclass(frozen=True, slots=True)
class Adding:
    """One story's share in an indicator's part of an index on the last day."""

    hit: int
    story: int
    day: str
    weight: float


def stories_of(series: Series, weighed: Weighed, row: int) -> list[Adding]:
    """The stories behind one part, heaviest first; their weights sum to the part as far as they are shown.

    For pressure they are those of its window, each with the same share.
    """
    name = series.indicators[row].id
    part = float(weighed.index.parts[weighed.rows.index(row), -1])
    certain = weighed.precision[weighed.rows.index(row)]
    told = sorted((t for t in series.told if t.indicator == name), key=lambda t: (t.day, t.status != "confirmed"))
    shares = _window_shares(series, told) if weighed.name.startswith("pressure") else _echoes(series, told, certain)
    total = sum(shares) or 1.0
    found = [
        Adding(one.hit_id, one.story_id, one.day, part * share / total)
        for one, share in zip(told, shares, strict=True)
        if share
    ]
    return sorted(found, key=lambda one: (-abs(one.weight), one.day), reverse=False)[:STORIES_SHOWN]


def _window_shares(series: Series, told: Sequence[Told]) -> list[float]:
    from tracker.analysis.indices import WINDOW_DAYS

    first = series.days[max(0, len(series.days) - WINDOW_DAYS)]
    return [1.0 if one.day >= first else 0.0 for one in told]


def _echoes(series: Series, told: Sequence[Told], precision: float) -> list[float]:
    from tracker.analysis.indices import ECHO_DAYS, HALF_LIFE

    place, last = series.place, len(series.days) - 1
    at = [place[one.day] for one in told]
    shares = []
    for n, (one, day) in enumerate(zip(told, at, strict=True)):
        earlier = sum(1 for other in at[:n] if other > day - ECHO_DAYS)
        sure = 1.0 if one.status == "confirmed" else precision
        shares.append(sure / (1 + earlier) * 0.5 ** ((last - day) / HALF_LIFE))
    return shares
