"""Counts per day -> a small bar chart as SVG, with its meaning in words beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

Band = tuple[tuple[int, int] | None, ...]

_SVG = Markup(
    '<svg class="spark {cls}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
    ' aria-label="{words}" preserveAspectRatio="none"><title>{words}</title>'
    '<path class="usual" d="{usual}"/>'
    '<path class="ground" d="M0 {ground}H{width}"/><path class="past" d="{past}"/><path class="recent" d="{recent}"/>'
    "</svg>"
)


@lru_cache(512)
def sparkline(
    counts: tuple[int, ...], first_day: date, *, height: int = 28, step: int = 2, cls: str = "", band: Band = ()
) -> Markup:
    """Bars of one unit per day, oldest left; the last seven days are marked. ``cls`` is a CSS class of ours.

    ``band``: what is usual on each day, shaded behind the bars.
    """
    top = max([*counts, *(usual[1] for usual in band if usual)], default=0) or 1
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
        usual=shade(band, step, lambda value: height - height * value / top),
        past="".join(bars[:-7]),
        recent="".join(bars[-7:]),
    )


def shade(band: Band, step: float, y: Callable[[float], float]) -> str:
    """The path of a band of ``step`` units a day; ``y`` gives the height of a number of stories."""
    pieces = []
    for judged, run in groupby(enumerate(band), key=lambda pair: pair[1] is not None):
        if not judged:
            continue
        days = [(at, usual) for at, usual in run if usual]
        tops = "".join(f"V{y(usual[1]):.3g}h{step:.3g}" for _, usual in days)
        bottoms = "".join(f"V{y(usual[0]):.3g}h-{step:.3g}" for _, usual in reversed(days))
        pieces.append(f"M{days[0][0] * step:.4g} {y(days[0][1][0]):.3g}{tops}{bottoms}Z")
    return "".join(pieces)


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
