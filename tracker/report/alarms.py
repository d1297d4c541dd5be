"""Judges series day by day and keeps the alerts that stand out. Method: docs/methods/alerts.md."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from tracker.report.series import Series
from tracker.store.series import AlertRow

if TYPE_CHECKING:
    from tracker.analysis.alerts import Watched

RETROSPECTIVE = "retrospective: exposure inferred from the items alone"


def day_types(days: Collection[str], holidays: Collection[str] = ()) -> list[int]:
    """0–6 for Monday to Sunday, 7 for the days in ``holidays``."""
    return [7 if day in holidays else date.fromisoformat(day).weekday() for day in days]


def watch(series: Series, judged: int, holidays: Collection[str] = ()) -> Watched:
    """Baselines and alerts of the last ``judged`` days, each from what lay before it."""
    import numpy as np

    from tracker.analysis import alerts

    return alerts.watch(
        series.counts,
        series.screened,
        np.nan_to_num(series.exposure),
        np.array(day_types(series.days, holidays)),
        since=max(0, len(series.days) - judged),
        begins=series.begins,
    )


def alert_rows(series: Series, watched: Watched, judged: int) -> list[AlertRow]:
    """The alerts of the last ``judged`` days, newest first and then by what is most surprising."""
    import numpy as np

    found = []
    lines, days = np.nonzero(watched.alert)
    for line, day in zip(lines.tolist(), days.tolist(), strict=True):
        if day < len(series.days) - judged:
            continue
        kind = "jump: more stories than the day explains" if watched.jump[line, day] else "rise: more over several days"
        found.append(
            AlertRow(
                series.indicators[line].id,
                series.days[day],
                float(series.counts[line, day]),
                round(float(watched.expected[line, day]), 4),
                float(watched.p[line, day]),
                float(watched.q[line, day]),
                round(float(series.exposure[day]), 4),
                f"{kind}; {RETROSPECTIVE}" if series.inferred[day] else kind,
            )
        )
    return sorted(found, key=lambda alert: (alert.day, -alert.p), reverse=True)
