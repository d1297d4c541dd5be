"""Small pictures for mails, as PNG, where the extra ``charts`` is installed; without it charts are table cells.

Colours hold three to one against white and against dark, and the ground is transparent, for no mail program tells a
picture how it is shown.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from io import BytesIO
from types import ModuleType

WIDTH, HEIGHT = 260, 34
_SHARP = 2
"""Pixels a side for each that is shown: phones have two and more."""
_SMOOTH = 2
"""Drawn larger still and scaled down, so that slanting lines are smooth."""
_PAST, _NOW, _USUAL = (63, 120, 192, 255), (190, 106, 20, 255), (128, 140, 156, 110)

Numbers = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a mail, and what it shows for those who do not see it."""

    png: bytes
    words: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def cid(self) -> str:
        """Its Content-ID without brackets; the same picture has the same one."""
        return f"{hashlib.sha256(self.png).hexdigest()[:24]}@pictures.invalid"


def available() -> bool:
    """Whether pictures can be drawn."""
    return _pillow() is not None


@lru_cache(64)
def bars(counts: Numbers, low: int, high: int) -> Picture:
    """Stories a week, oldest left, the last one in another colour, before the range that is usual for one of them.

    None is a week that was not covered: a gap.
    """
    top = max([*(count for count in counts if count is not None), high, 1])
    step = WIDTH / len(counts)
    canvas = _Canvas()
    canvas.box(
        0, HEIGHT * (1 - high / top), WIDTH, max(HEIGHT * (1 - low / top), HEIGHT * (1 - high / top) + 1), _USUAL
    )
    for position, count in enumerate(counts):
        if count is not None:
            height = max(2.0, HEIGHT * count / top) if count else 1.0
            colour = _NOW if position == len(counts) - 1 else _PAST
            canvas.box(position * step + 2, HEIGHT - height, (position + 1) * step - 2, HEIGHT, colour)
    told = ", ".join("not covered" if count is None else f"{count:g}" for count in counts)
    return Picture(canvas.png(), f"Stories a week, oldest first: {told}; usual {low} to {high}.")


@lru_cache(64)
def line(values: Numbers, lows: Numbers, highs: Numbers) -> Picture:
    """An index by day, oldest left, within its interval; a line marks nought. None is a day without a value."""
    known = [value for value in (*lows, *highs, 0.0) if value is not None]
    bottom, top = min(known), max(known)
    span = (top - bottom) or 1.0

    def point(position: int, value: float) -> tuple[float, float]:
        return WIDTH * (position + 0.5) / len(values), 2 + (HEIGHT - 4) * (1 - (value - bottom) / span)

    canvas = _Canvas()
    for run in _runs(values):
        edge = [point(at, high) for at in run if (high := highs[at]) is not None]
        edge += [point(at, low) for at in reversed(run) if (low := lows[at]) is not None]
        canvas.area(edge, _USUAL)
    canvas.path([point(0, 0.0), point(len(values) - 1, 0.0)], _USUAL, 1)
    for run in _runs(values):
        canvas.path([point(at, value) for at in run if (value := values[at]) is not None], _PAST, 1.6)
    first, last = (next((v for v in order if v is not None), 0.0) for order in (values, values[::-1]))
    days = sum(value is not None for value in values)
    return Picture(
        canvas.png(), f"{days} days with a value, from {first:+.2f} to {last:+.2f}, within the 90% interval."
    )


def embedded(html: str, pictures: Iterable[Picture]) -> str:
    """The page with its pictures inside, for programs that show a page and no mail."""
    for picture in pictures:
        html = html.replace(f"cid:{picture.cid}", f"data:image/png;base64,{b64encode(picture.png).decode('ascii')}")
    return html


def _runs(values: Sequence[float | None]) -> list[list[int]]:
    """Positions of the stretches without a gap."""
    runs: list[list[int]] = []
    for position, value in enumerate(values):
        if value is None:
            continue
        if not runs or runs[-1][-1] != position - 1:
            runs.append([])
        runs[-1].append(position)
    return runs


class _Canvas:
    """A transparent ground that is drawn on in the units in which it is shown."""

    def __init__(self) -> None:
        pillow = _pillow()
        assert pillow is not None, "ask available() first"
        self._scale = _SHARP * _SMOOTH
        self._image = pillow.Image.new("RGBA", (WIDTH * self._scale, HEIGHT * self._scale), (0, 0, 0, 0))
        self._draw = pillow.ImageDraw.Draw(self._image)

    def box(self, left: float, top: float, right: float, bottom: float, colour: tuple[int, ...]) -> None:
        edges = [round(at * self._scale) for at in (left, top, right, bottom)]
        self._draw.rectangle((edges[0], edges[1], max(edges[0], edges[2] - 1), max(edges[1], edges[3] - 1)), colour)

    def area(self, points: Sequence[tuple[float, float]], colour: tuple[int, ...]) -> None:
        if len(points) > 2:
            self._draw.polygon(self._scaled(points), colour)

    def path(self, points: Sequence[tuple[float, float]], colour: tuple[int, ...], width: float) -> None:
        self._draw.line(self._scaled(points), colour, round(width * self._scale), joint="curve")

    def png(self) -> bytes:
        pillow = _pillow()
        assert pillow is not None
        written = BytesIO()
        small = self._image.resize((WIDTH * _SHARP, HEIGHT * _SHARP), pillow.Image.Resampling.BOX)
        small.quantize(64, method=pillow.Image.Quantize.FASTOCTREE).save(written, "PNG", optimize=True)
        return written.getvalue()

    def _scaled(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * self._scale, y * self._scale) for x, y in points]


@cache
def _pillow() -> ModuleType | None:
    try:
        pillow = import_module("PIL")
        import_module("PIL.Image")
        import_module("PIL.ImageDraw")
    except ImportError:
        return None
    return pillow
