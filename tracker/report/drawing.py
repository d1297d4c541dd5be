"""Pictures of a report as inline SVG, without scripts, in the colours of the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

Values = Sequence[float | None]

_SVG = Markup(
    '<svg class="{cls}" viewBox="0 0 {w} {h}" role="img" aria-label="{words}"><title>{words}</title>{inside}</svg>'
)
_PATH = Markup('<path class="{}" d="{}"/>')
_TEXT = Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>')
_LINE = Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
_BAR = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.2f}" height="{:.1f}"><title>{}</title></rect>')
_MARK = Markup('<path class="mark" d="M{:.1f} {:.1f}l-4 -7h8z"><title>{}</title></path>')

LEFT, BOTTOM, TOP = 36, 20, 10


def index_chart(days: Sequence[str], value: Values, lower: Values, upper: Values, words: str) -> Markup:
    """A line with its interval as a band, a line at zero, months below."""
    width, height = 520, 200
    present = [one for one in (*value, *lower, *upper) if one is not None] + [0.0]
    low, high = min(present), max(present)
    spread = (high - low) or 1.0
    step = (width - LEFT) / max(1, len(days) - 1)

    def at(n: int, one: float) -> str:
        return f"{LEFT + n * step:.1f} {_y(one, low, spread, height):.1f}"

    band = [n for n in range(len(days)) if lower[n] is not None and upper[n] is not None]
    parts = [_grid(low, high, width, height), _months(days, step, width, height)]
    if band:
        edge = [at(n, upper[n] or 0.0) for n in band] + [at(n, lower[n] or 0.0) for n in reversed(band)]
        parts.append(_PATH.format("band", "M" + "L".join(edge) + "Z"))
    line = [at(n, one) for n, one in enumerate(value) if one is not None]
    if line:
        parts.append(_PATH.format("line", "M" + "L".join(line)))
    return _SVG.format(cls="index", w=width, h=height, words=words, inside=Markup("").join(parts))


def indicator_chart(
    days: Sequence[str], stories: Sequence[int], upper: Values, expected: Values, alerts: Sequence[str], words: str
) -> Markup:
    """Bars per week, the usual number as a line, alerts as triangles; weeks without judgement are hatched."""
    width, height, size = 420, 84, 7
    first = len(days) % size
    weeks = list(range(first, len(days), size))
    counts = [sum(stories[n : n + size]) for n in weeks]
    usual = [_total(expected[n : n + size]) for n in weeks]
    top = float(max([*counts, *(one for one in usual if one is not None), 1]))
    step, base = (width - LEFT) / max(1, len(weeks)), height - BOTTOM
    tall = base - TOP
    parts = [
        _LINE.format("axis", LEFT, base, width, base),
        _TEXT.format("y", LEFT - 5, TOP + 8, f"{top:.0f}"),
        _months(days[first:], step / size, width, height),
    ]
    for k, count in enumerate(counts):
        x, week = LEFT + k * step, days[weeks[k]]
        if usual[k] is None:
            parts.append(_BAR.format("unjudged", x, TOP, step, tall, f"week from {week}: not judged"))
        if count:
            high = tall * count / top
            parts.append(_BAR.format("bar", x, base - high, max(step - 0.8, 0.6), high, f"week from {week}: {count}"))
    line = [
        f"{LEFT + (k + 0.5) * step:.1f} {base - tall * one / top:.1f}" for k, one in enumerate(usual) if one is not None
    ]
    if len(line) > 1:
        parts.append(_PATH.format("usual", "M" + "L".join(line)))
    for day in alerts:
        k = (days.index(day) - first) // size
        if k >= 0:
            parts.append(_MARK.format(LEFT + (k + 0.5) * step, base - tall * counts[k] / top + 1, f"{day}: alert"))
    return _SVG.format(cls="indicator", w=width, h=height, words=words, inside=Markup("").join(parts))


def coverage_strip(days: Sequence[str], share: Values, inferred: Sequence[bool], words: str) -> Markup:
    """A strip of days, the darker the better covered; days that are missing are outlined."""
    width, height = 1080, 34
    step = (width - LEFT) / max(1, len(days))
    parts = [_months(days, step, width, height)]
    for n, one in enumerate(share):
        cls = "none" if one is None or one < 0.7 else "guessed" if inferred[n] else "covered"
        said = "nothing was scheduled" if one is None else f"{one:.0%} covered"
        said = f"{days[n]}: {said}{', inferred' if one is not None and inferred[n] else ''}"
        parts.append(_BAR.format(cls, LEFT + n * step, 0, max(step, 0.6), 14, said))
    return _SVG.format(cls="strip", w=width, h=height, words=words, inside=Markup("").join(parts))


def _total(values: Values) -> float | None:
    present = [one for one in values if one is not None]
    return sum(present) * len(values) / len(present) if 2 * len(present) > len(values) else None


def _y(one: float, low: float, spread: float, height: int) -> float:
    return TOP + (height - TOP - BOTTOM) * (1 - (one - low) / spread)


def _grid(low: float, high: float, width: int, height: int) -> Markup:
    parts = []
    for one in sorted({low, 0.0, high}):
        y = _y(one, low, (high - low) or 1.0, height)
        parts += [_LINE.format("zero" if one == 0 else "grid", LEFT, y, width, y)]
        if one == 0 or abs(one) > 0.12 * (high - low):
            parts.append(_TEXT.format("y", LEFT - 5, y + 4, f"{one:.3g}"))
    return Markup("").join(parts)


def _months(days: Sequence[str], step: float, width: int, height: int) -> Markup:
    if not days:
        return Markup("")
    start, parts = date.fromisoformat(days[0]), []
    every = next((months for months in (1, 2, 3, 6, 12) if months * 30 * step >= 38), 12)
    for n in range(len(days)):
        day = start + timedelta(days=n)
        x = LEFT + n * step
        if day.day == 1 and (day.month - 1) % every == 0 and x < width - 24:
            parts.append(_TEXT.format("x", x, height - 5, f"{day:%b}" if day.month > 1 else f"{day:%Y}"))
    return Markup("").join(parts)
