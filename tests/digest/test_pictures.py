"""Pictures in mails: what they show, that they travel with the mail, and that mails do without them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest

from tests.digest.conftest import NOW, Desk
from tests.digest.test_outlook import keep
from tests.digest.test_render import TAGS, Page
from tracker.digest import Rendered, pictures, preview
from tracker.settings import Settings
from tracker.store import judged
from tracker.store.judged import CoverageDay, IndexDay, JudgedDay

pil = pytest.importorskip("PIL.Image", reason="the extra charts is not installed")
PAST, NOW_, CLEAR = (63, 120, 192), (190, 106, 20), 0


def drawn(picture: pictures.Picture) -> object:
    """The picture as pixels with colour and opacity, as large as it is shown."""
    image = pil.open(BytesIO(picture.png)).convert("RGBA")
    assert image.size == (2 * picture.width, 2 * picture.height)
    return image.resize((picture.width, picture.height), pil.Resampling.NEAREST)


def near(pixel: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
    return pixel[3] > 250 and all(abs(one - other) < 12 for one, other in zip(pixel, colour, strict=False))


def test_bars_are_weeks_and_a_week_without_coverage_is_a_gap() -> None:
    picture = pictures.bars((4.0, None, 0.0, 8.0), 1, 4)
    assert picture.words == "Stories a week, oldest first: 4, not covered, 0, 8; usual 1 to 4."
    image = drawn(picture)
    pixel = image.getpixel  # type: ignore[attr-defined]
    quarter, ground = picture.width // 4, picture.height - 4
    assert near(pixel((quarter // 2, ground)), PAST)
    assert pixel((quarter // 2, 2))[3] == CLEAR, "transparent above, for light and dark alike"
    assert pixel((quarter + quarter // 2, ground))[3] == CLEAR, "a gap, below the usual range too"
    assert near(pixel((3 * quarter + quarter // 2, 2)), NOW_)
    usual = pixel((quarter + quarter // 2, picture.height * 3 // 4))
    assert 80 < usual[3] < 140


def test_an_index_has_gaps_where_it_has_no_value() -> None:
    values = (1.0, 1.5, None, None, 2.0, 2.5)
    lows, highs = (tuple(None if v is None else v + by for v in values) for by in (-0.5, 0.5))
    picture = pictures.line(values, lows, highs)
    assert picture.words == "4 days with a value, from +1.00 to +2.50, within the 90% interval."
    image = drawn(picture)
    columns = [
        any(near(image.getpixel((x, y)), PAST) for y in range(picture.height))  # type: ignore[attr-defined]
        for x in range(picture.width)
    ]
    assert not any(columns[picture.width * 2 // 6 : picture.width * 4 // 6])
    assert sum(columns) > picture.width // 5


@pytest.mark.parametrize("colour", [PAST, NOW_])
@pytest.mark.parametrize("ground", [(255, 255, 255), (26, 32, 41)], ids=["light", "dark"])
def test_colours_hold_against_light_and_dark(colour: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    one, other = sorted((luminance(colour), luminance(ground)))
    assert (other + 0.05) / (one + 0.05) >= 3


def luminance(colour: tuple[int, int, int]) -> float:
    """As WCAG defines it."""
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def reported(desk: Desk, settings: Settings) -> Rendered:
    desk.arrive()
    keep(desk, arms=9, curbs=0)
    days = [(NOW - timedelta(days=back)).date().isoformat() for back in range(1, 92)]
    with desk.connection:
        judged.keep_days(desk.connection, [JudgedDay("arms", day, 1, 0.4, 0, 2, 0.1, "") for day in days])
        judged.keep_coverage(desk.connection, [CoverageDay(day, 1.0, False, 9) for day in days[:70]], [])
        judged.keep_indices(desk.connection, [IndexDay("cooperation", day, 2.0, 1.0, 3.0) for day in days], [])
    return preview(desk.connection, settings, NOW, "daily")


def test_pictures_travel_with_the_mail_and_nothing_is_loaded(desk: Desk, settings: Settings) -> None:
    made = reported(desk, settings)
    mail = made.message
    assert not mail.defects
    plain, related = mail.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    page, *shown = related.iter_parts()  # type: ignore[union-attr]
    assert page.get_content() == mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert {part.get_content_type() for part in shown} == {"image/png"}
    named = {f"cid:{part['Content-ID'].strip('<>')}" for part in shown}
    seen = Page(made.html)
    assert set(seen.remote) == named
    assert len(named) == 3, "an index, and two indicators that moved"
    assert seen.tags <= TAGS | {"img"}
    assert all(part.get_content().startswith(b"\x89PNG") for part in shown)
    told = "not covered, not covered, not covered, " + "7, " * 9 + "7; usual 1 to 6."
    assert f'alt="Stories a week, oldest first: {told}"' in made.html
    assert made.page.count("data:image/png;base64,") == len(seen.remote)


def test_without_the_extra_charts_are_table_cells(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "available", lambda: False)
    made = reported(desk, settings)
    assert [part.get_content_type() for part in made.message.iter_parts()] == ["text/plain", "text/html"]
    assert "<img" not in made.html
    assert 'bgcolor="#33507a"' in made.html
    assert made.page == made.html
