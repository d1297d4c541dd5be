"""A second opinion on an event study: negative-binomial regression with distributed lags, errors after Newey and West.

Needs statsmodels (the extra ``study``). Method: docs/methods/event-study.md.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from tracker.analysis.baseline import Floats, Ints
from tracker.analysis.event_study import Weeks

LAGS = ((-8, -1), (0, 0), (1, 2), (3, 4), (5, 8))
"""Groups of weeks before, at and after an event, each with a rate of its own."""
LAG_WEEKS = 4
"""Reach of the correction for errors that hang together."""
LEAST_WEEKS = 52


@dataclass(frozen=True, slots=True)
class LagEffect:
    """Rate ratio of one group of weeks to the rest, with its 90 % interval."""

    first: int
    last: int
    ratio: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Regression:
    """What the regression says. ``ratio`` averages the log ratios of weeks 1 to 8; ``p`` is one-sided."""

    lags: tuple[LagEffect, ...]
    ratio: float
    lower: float
    upper: float
    p: float


def available() -> bool:
    """Whether statsmodels is installed."""
    import importlib.util

    return importlib.util.find_spec("statsmodels") is not None


def regress(series: Weeks, events: Ints) -> Regression | None:
    """Regress counts on the lags of events with screened stories as offset, a trend and the season.

    None where there are too few weeks, or where the fit does not come to rest.
    """
    import statsmodels.api as sm

    present = series.volume > 0
    if present.sum() < LEAST_WEEKS or series.counts[present].sum() < len(LAGS) * 3:
        return None
    design = _design(events, len(series.counts))[present]
    counts, offset = series.counts[present], np.log(series.volume[present])
    used = [n for n in range(design.shape[1]) if n == 0 or design[:, n].std() > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            first = sm.GLM(counts, design[:, used], family=sm.families.Poisson(), offset=offset).fit()
            mean = np.asarray(first.fittedvalues)
            alpha = max(float((((counts - mean) ** 2 - mean) / mean**2).mean()), 1e-4)
            family = sm.families.NegativeBinomial(alpha=alpha)
            fit = sm.GLM(counts, design[:, used], family=family, offset=offset).fit(
                cov_type="HAC", cov_kwds={"maxlags": LAG_WEEKS, "use_correction": True}
            )
        except (ValueError, np.linalg.LinAlgError):
            return None
    beta, covariance = np.asarray(fit.params), np.asarray(fit.cov_params())
    if not (np.isfinite(beta).all() and np.isfinite(covariance).all()):
        return None
    return _told(beta, covariance, used, freedom=int(present.sum()) - len(used))


def _design(events: Ints, weeks: int) -> Floats:
    """Columns: one, the lag groups (events in reach of each week), trend, two waves of the year."""
    columns = [np.ones(weeks)]
    for first, last in LAGS:
        column = np.zeros(weeks)
        for lag in range(first, last + 1):
            at = events + lag
            column[at[(at >= 0) & (at < weeks)]] = 1.0
        columns.append(column)
    year = 2 * np.pi * np.arange(weeks) / 52.18
    columns += [np.linspace(-1, 1, weeks), np.sin(year), np.cos(year)]
    return np.stack(columns, axis=1)


def _told(beta: Floats, covariance: Floats, used: list[int], freedom: int) -> Regression | None:
    from scipy import stats

    reach = float(stats.t.ppf(0.95, freedom))
    lags, mix = [], np.zeros(len(beta))
    for n, (first, last) in enumerate(LAGS, start=1):
        if n not in used:
            continue
        at = used.index(n)
        error = float(np.sqrt(max(covariance[at, at], 0.0)))
        lags.append(LagEffect(first, last, *(float(np.exp(beta[at] + z * error)) for z in (0.0, -reach, reach))))
        if first > 0:
            mix[at] = last - first + 1
    if not mix.any():
        return None
    mix /= mix.sum()
    mean, error = float(mix @ beta), float(np.sqrt(max(float(mix @ covariance @ mix), 1e-12)))
    ratio, lower, upper = (float(np.exp(mean + z * error)) for z in (0.0, -reach, reach))
    return Regression(tuple(lags), ratio, lower, upper, float(stats.t.sf(mean / error, freedom)))
