"""Headlines that say much the same stand together; names that all of them hold do not bind them."""

from __future__ import annotations

import pytest

from tracker.digest.alike import AT_LENGTH, bundled, features, much_alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Premier to visit lake country after summit", "Premier visits the lake country days after the summit", True),
        ("Премьер посетит озёрный край после саммита", "Премьер посетит озёрный край", True),
        ("联合工厂在湖边奠基", "湖边联合工厂正式奠基", True),
        ("联合工厂在湖边奠基", "总理结束访问离开首都", False),
        ("Premier to visit lake country", "Doubts grow over the harbour treaty", False),
        ("A b c", "A b c", False),
    ],
)
def test_headlines(one: str, other: str, alike: bool) -> None:
    assert much_alike(features(one), features(other)) is alike


def test_the_weightiest_leads_and_what_finds_no_room_is_brief() -> None:
    places = ("lagoon", "meadow", "quarry", "harbour", "canyon", "forest", "island", "desert", "tundra", "delta")
    titles = [f"Premier Longname opens {place} mill-{place[::-1]}" for place in places]
    titles.insert(3, "Longname, premier, opens lagoon (noogal)")
    bundles, brief = bundled(titles, titles)
    assert [lead for lead, _ in bundles] == [titles[0], titles[1], titles[2], *titles[4:7]]
    assert len(bundles) == AT_LENGTH
    assert bundles[0].alike == (titles[3],), "the premier is in all of them and binds none"
    assert brief == tuple(titles[7:])


def test_a_few_more_are_told_at_length_as_well() -> None:
    titles = ["lagoon", "meadow", "quarry", "harbour", "canyon", "forest", "island", "desert"]
    bundles, brief = bundled(titles, titles)
    assert [lead for lead, _ in bundles] == titles
    assert brief == ()
    assert bundled([], []) == ((), ())
