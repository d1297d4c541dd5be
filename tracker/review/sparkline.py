"""Counts per day -> a small bar chart as SVG, with its meaning in words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

from markupsafe import Markup

_SVG = Markup(
    '<svg class="spark {cls}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
    ' aria-label="{words}" preserveAspectRatio="none"><title>{words}</title>'
    '<path class="ground" d="M0 {ground}H{width}"/><path class="past" d="{past}"/><path class="recent" d="{recent}"/>'
    "</svg>"
)


@lru_cache(512)
def sparkline(counts: tuple[int, ...], first_day: date, *, height: int = 28, step: int = 2, cls: str = "") -> Markup:
    """Bars of one unit per day, oldest left; the last seven days are marked. ``cls`` is a CSS class of ours."""
    top = max(counts, default=0) or 1
    bars = [
        f"M{index * step + step / 2:g} {height}v{-max(2.0, height * count / top):.3g}" if count else ""
        for index, count in enumerate(counts)
    ]
    return _SVG.format(
        cls=cls,
        width=max(1, len(counts)) * step,
        height=height,
        ground=height - 0.5,
        words=in_words(counts, first_day),
        past="".join(bars[:-7]),
        recent="".join(bars[-7:]),
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
