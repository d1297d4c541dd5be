"""Coverage by day as a strip of cells, and an index as a line with its interval: SVG without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

from markupsafe import Markup

from tracker.store.judged import CoverageDay, IndexDay
from tracker.store.reported import Weekly

COVERED = 0.7
"""Days with less exposure are not judged."""
_SVG = Markup(
    '<svg class="{cls}" viewBox="0 0 {width} {height}" role="img" aria-label="{words}"{more}><title>{words}</title>'
    "{inside}</svg>"
)
_CELL = Markup('<rect class="{}" x="{:g}" y="0" width="{:g}" height="{:g}"><title>{}</title></rect>')
_HATCH = Markup('<path class="inferred" d="{}"/>')
_TEXT = Markup('<text class="{}" x="{:g}" y="{:g}">{}</text>')
_LINE = Markup('<line class="{}" x1="{:g}" y1="{:g}" x2="{:g}" y2="{:g}"/>')
_PATH = Markup('<path class="{}" d="{}"/>')

LABEL = 11
"""Labels of a scale that lie closer would overlap."""
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 420, 130, 42, 20, 8


def heat(exposure: float | None) -> str:
    """The CSS class of a cell: how much of a day was covered."""
    if exposure is None:
        return "heat-unknown"
    for least, cls in ((0.95, "heat-full"), (COVERED, "heat-most"), (0.35, "heat-half"), (0.01, "heat-little")):
        if exposure >= least:
            return cls
    return "heat-nothing"


def coverage_strip(days: Sequence[CoverageDay], first: date, last: date, *, cls: str = "") -> Markup:
    """One cell a day from ``first`` to ``last``; days whose coverage was inferred are hatched."""
    known = {day.day: day for day in days}
    cells, hatched, step, high = [], [], 4, 14
    for at in range((last - first).days + 1):
        day = (first + timedelta(days=at)).isoformat()
        found = known.get(day)
        share = found.exposure if found else None
        words = f"{day}: " + ("not known" if share is None else f"{share:.0%} covered")
        if found and found.inferred:
            words += ", inferred from the items"
            hatched.append(f"M{at * step} {high}l{step - 1} -{high}")
        cells.append(_CELL.format(heat(share), at * step, step - 1, high, words))
    width = step * ((last - first).days + 1)
    inside = Markup("").join([*cells, _HATCH.format("".join(hatched))] if hatched else cells)
    return _SVG.format(
        cls=f"coverage {cls}", width=width, height=high, words=coverage_words(days), inside=inside,
        more=Markup(' preserveAspectRatio="none"'),
    )  # fmt: skip


def coverage_words(days: Sequence[CoverageDay]) -> str:
    """What the strip shows, for those who do not see it."""
    shares = [day.exposure for day in days if day.exposure is not None]
    if not shares:
        return "Coverage: not computed yet"
    short = sum(share < COVERED for share in shares)
    inferred = sum(day.inferred for day in days)
    words = (
        f"Coverage of {len(shares)} {'day' if len(shares) == 1 else 'days'}: {sum(shares) / len(shares):.0%} on average"
    )
    words += f", {short} below {COVERED:.0%} and not judged" if short else ", none too thin to judge"
    if inferred:
        words += f"; {'all' if inferred == len(days) else inferred} inferred from the items themselves"
    return words


def feed_strip(exposures: Sequence[float | None]) -> Markup:
    """Cells of one feed, a day each; empty where nothing is known of any day."""
    if all(share is None for share in exposures):
        return Markup("")
    known = [share for share in exposures if share is not None]
    words = f"{sum(known) / len(known):.0%} covered over {len(known)} {'day' if len(known) == 1 else 'days'}"
    cells = Markup("").join(
        Markup('<rect class="{}" x="{}" y="0" width="{}" height="12"/>').format(cls, at[0][0] * 4, len(at) * 4 - 1)
        for cls, run in groupby(enumerate(map(heat, exposures)), key=lambda pair: pair[1])
        for at in [list(run)]
    )
    return _SVG.format(
        cls="heat", width=len(exposures) * 4, height=12, words=words, inside=cells,
        more=Markup(' width="{}" height="12"').format(len(exposures) * 4),
    )  # fmt: skip


def index_chart(days: Sequence[IndexDay], title: str) -> Markup:
    """The line of an index with its interval, a line at zero, months below; nothing without values."""
    if len(days) < 2:
        return Markup("")
    first, last = date.fromisoformat(days[0].day), date.fromisoformat(days[-1].day)
    low, high = min(0.0, *(day.lower for day in days)), max(0.0, *(day.upper for day in days))
    step = (WIDTH - LEFT - 4) / max(1, (last - first).days)

    def x(day: str) -> float:
        return LEFT + (date.fromisoformat(day) - first).days * step

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / ((high - low) or 1.0)

    there = [f"{x(day.day):.1f} {y(day.upper):.1f}" for day in days]
    back = [f"{x(day.day):.1f} {y(day.lower):.1f}" for day in reversed(days)]
    parts = [
        _PATH.format("band", f"M{'L'.join(there + back)}Z"),
        _LINE.format("zero", LEFT, y(0), WIDTH, y(0)),
        _PATH.format("line", f"M{'L'.join(f'{x(day.day):.1f} {y(day.value):.1f}' for day in days)}"),
    ]
    ends = [value for value in (low, high) if abs(y(value) - y(0)) > LABEL]
    parts += [_TEXT.format("y", LEFT - 5, y(value) + 4, f"{value:+.2g}" if value else "0") for value in (0.0, *ends)]
    months = [day for day in (first + timedelta(days=at) for at in range((last - first).days + 1)) if day.day == 1]
    every = max(1, -(-len(months) // 6))
    for month in months[::every]:
        if LEFT + 8 < x(month.isoformat()) < WIDTH - 24:
            parts.append(
                _TEXT.format("x", x(month.isoformat()), HEIGHT - 5, f"{month:%b}" if month.month > 1 else month.year)
            )
    inside = Markup("").join(parts)
    return _SVG.format(cls="index", width=WIDTH, height=HEIGHT, words=index_words(days, title), inside=inside, more="")


def index_words(days: Sequence[IndexDay], title: str) -> str:
    """What the chart shows, for those who do not see it."""
    newest, oldest = days[-1], days[0]
    top, bottom = max(days, key=lambda day: day.value), min(days, key=lambda day: day.value)
    return (
        f"{title}: {newest.value:+.2f} (90 % interval {newest.lower:+.2f} to {newest.upper:+.2f}) on {newest.day}, "
        f"{oldest.value:+.2f} on {oldest.day}; highest {top.value:+.2f} on {top.day}, "
        f"lowest {bottom.value:+.2f} on {bottom.day}"
    )


def weeks_chart(weeks: Sequence[Weekly], alerts: Sequence[str], title: str) -> Markup:
    """Bars by week, what is usual as a line, alerts as triangles; weeks that were not judged are shaded."""
    width, high, bottom, top = 330, 62, 4, 9
    step = width / max(1, len(weeks))
    most = max([1.0, *(week.stories for week in weeks), *(week.expected or 0.0 for week in weeks)])

    def y(value: float) -> float:
        return top + (high - top - bottom) * (1 - value / most)

    bars, usual, unjudged, marks = [], [], [], []
    for at, week in enumerate(weeks):
        x = at * step
        if week.stories:
            bars.append(f"M{x + step / 2:.1f} {y(0):g}V{y(week.stories):.1f}")
        if week.expected is None:
            unjudged.append(f"M{x:.1f} {top}h{step:.1f}V{y(0):g}h-{step:.1f}Z")
        else:
            usual.append(f"M{x:.1f} {y(week.expected):.1f}h{step:.1f}")
        if any(week.first <= day <= week.last for day in alerts):
            marks.append(f"M{x + step / 2:.1f} {y(week.stories) - 1:.1f}l-3.5 -6h7z")
    paths = (("unjudged", unjudged), ("bars", bars), ("expected", usual), ("alert", marks))
    inside = Markup("").join(_PATH.format(cls, "".join(path)) for cls, path in paths if path)
    ground = _LINE.format("zero", 0, y(0), width, y(0))
    return _SVG.format(
        cls="weeks", width=width, height=high, words=weeks_words(weeks, alerts, title), inside=ground + inside, more=""
    )


def weeks_words(weeks: Sequence[Weekly], alerts: Sequence[str], title: str) -> str:
    """What the chart shows, for those who do not see it."""
    total = sum(week.stories for week in weeks)
    busiest = max(weeks, key=lambda week: week.stories)
    words = f"{title}: {total} {'story' if total == 1 else 'stories'} in "
    words += f"{len(weeks)} {'week' if len(weeks) == 1 else 'weeks'}, "
    words += f"most in the week to {busiest.last} ({busiest.stories})"
    return words + (f"; {len(alerts)} {'alert' if len(alerts) == 1 else 'alerts'}" if alerts else "")
