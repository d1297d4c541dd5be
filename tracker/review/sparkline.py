"""Counts per day -> a small bar chart as SVG, with its meaning in words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

_SVG = Markup(
    '<svg class="spark {cls}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
    ' aria-label="{words}" preserveAspectRatio="none"><title>{words}</title>{inside}</svg>'
)
_BAR = Markup('<rect class="{}" x="{}" y="{:g}" width="{:g}" height="{:g}"/>')
_GROUND = Markup('<line x1="0" y1="{y}" x2="{width}" y2="{y}"/>')


def sparkline(counts: Sequence[int], first_day: date, *, height: int = 28, step: int = 2, cls: str = "") -> Markup:
    """Bars of one unit per day, oldest left; the last seven days are marked. ``cls`` is a CSS class of ours."""
    top = max(counts, default=0) or 1
    bars = []
    for index, count in enumerate(counts):
        if count:
            tall = max(2.0, round(height * count / top, 1))
            sort = "recent" if index >= len(counts) - 7 else "past"
            bars.append(_BAR.format(sort, index * step, height - tall, step - 0.4, tall))
    width = max(1, len(counts)) * step
    ground = _GROUND.format(y=height - 0.5, width=width)
    return _SVG.format(
        cls=cls,
        width=width,
        height=height,
        words=in_words(counts, first_day),
        inside=ground + Markup("").join(bars),
    )


def in_words(counts: Sequence[int], first_day: date) -> str:
    """What the chart shows, for those who do not see it."""
    total = sum(counts)
    if not total:
        return f"no stories in {len(counts)} days"
    peak = max(range(len(counts)), key=lambda index: counts[index])
    busiest = (first_day + timedelta(days=peak)).isoformat()
    return (
        f"{total} {'story' if total == 1 else 'stories'} in {len(counts)} days, {sum(counts[-7:])} in the last seven;"
        f" most on {busiest} ({counts[peak]})"
    )
