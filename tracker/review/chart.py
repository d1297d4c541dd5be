"""Counts per day -> a bar chart as SVG with dates and a scale; the same numbers stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from tracker.review.sparkline import Band, in_words, shade

WIDTH, NARROW, HEIGHT, LEFT, BOTTOM, TOP = 880, 350, 190, 34, 22, 14
LABEL_APART = 34

_SVG = Markup(
    '<svg class="chart {cls}" viewBox="0 0 {width} {height}" role="img" aria-label="{words}">'
    "<title>{words}</title>{inside}</svg>"
)
_BAR = Markup('<rect class="{}" x="{:g}" y="{:g}" width="{:g}" height="{:g}"><title>{}: {}</title></rect>')
_TEXT = Markup('<text class="{}" x="{:g}" y="{:g}">{}</text>')
_ALERT = Markup('<path class="alert" d="M{:g} {:g}l-4 -7h8z"><title>{}: alert</title></path>')
_USUAL = Markup('<path class="usual" transform="translate({} 0)" d="{}"/>')
_LINE = Markup('<line class="{}" x1="{:g}" y1="{:g}" x2="{:g}" y2="{:g}"/>')


def chart(
    counts: Sequence[int],
    first_day: date,
    *,
    breaks: Sequence[str] = (),
    alerts: Sequence[str] = (),
    band: Band = (),
    cls: str = "",
    width: int = WIDTH,
) -> Markup:
    """Bars per day. On ``breaks`` (ISO days) the definition changed: dashed lines; ``alerts`` get a mark on top.

    ``band`` holds what is usual on each day, shaded behind the bars.

    Text is drawn at its size in pixels, so let ``width`` be about what the page has for it.
    """
    top = _nice(max([*counts, *(usual[1] for usual in band if usual)], default=0))
    step = (width - LEFT) / max(1, len(counts))
    every = next((months for months in (1, 3, 6) if months * 30 * step >= LABEL_APART), 12)
    high = HEIGHT - TOP - BOTTOM
    parts: list[Markup] = []
    for value in sorted({0, top // 2 if top > 1 else top, top}):
        y = TOP + high * (1 - value / top)
        parts += [_LINE.format("grid", LEFT, y, width, y), _TEXT.format("y", LEFT - 6, y + 4, value)]
    if any(band):
        usual = shade(band, step, lambda value: TOP + high * (1 - value / top))
        parts.append(_USUAL.format(LEFT, usual))
    for index, count in enumerate(counts):
        day, x = first_day + timedelta(days=index), LEFT + index * step
        if count:
            tall = high * count / top
            parts.append(_BAR.format("bar", x, TOP + high - tall, max(1, step - 1), tall, day.isoformat(), count))
        if day.isoformat() in alerts:
            parts.append(_ALERT.format(x + step / 2, TOP + high * (1 - count / top) - 2, day.isoformat()))
        if day.day == 1 and (day.month - 1) % every == 0 and LEFT + 20 < x < width - 20:
            parts.append(_TEXT.format("x", x, HEIGHT - 5, f"{day:%b}" if day.month > 1 else f"{day:%Y}"))
        if day.isoformat() in breaks:
            parts.append(_LINE.format("break", x, TOP, x, TOP + high))
    words = in_words(counts, first_day) + _beyond(counts, band)
    return _SVG.format(cls=cls, width=width, height=HEIGHT, words=words, inside=Markup("").join(parts))


def _beyond(counts: Sequence[int], band: Band) -> str:
    judged = [(count, usual[1]) for count, usual in zip(counts, band, strict=False) if usual]
    above = sum(count > upper for count, upper in judged)
    return f"; above the usual range on {above} of {len(judged)} judged days" if judged else ""


def by_week(counts: Sequence[int], first_day: date) -> list[tuple[date, int]]:
    """(Monday, stories) of each week that the counts touch, newest first."""
    weeks: dict[date, int] = {}
    for index, count in enumerate(counts):
        day = first_day + timedelta(days=index)
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, 0) + count
    return sorted(weeks.items(), reverse=True)


def _nice(highest: int) -> int:
    for factor in (1, 10, 100, 1000, 10_000, 100_000):
        for step in (2, 4, 6, 10):
            if highest <= step * factor:
                return step * factor
    return highest
