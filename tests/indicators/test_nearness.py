"""The quick way to find partners agrees with comparing every pair."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.indicators import nearness
from tracker.indicators.tree import Link

occurrences = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 4)).map(lambda pair: (pair[0], pair[0] + pair[1] + 1, 0, 0)),
    max_size=30,
)
links = st.builds(Link, st.none() | st.integers(0, 12), st.booleans(), st.booleans())


class Layout:
    """Every character is a token; nine are a sentence."""

    def gap(self, end: int, start: int) -> int:
        return start - end + 1

    def sentence_of(self, position: int) -> int:
        return position // 9


LAYOUT = Layout()


@given(occurrences, occurrences, links, st.booleans())
def test_sorting_finds_what_comparing_finds(
    ours: list[tuple[int, int, int, int]], theirs: list[tuple[int, int, int, int]], link: Link, ours_left: bool
) -> None:
    expected = [
        one
        for one in ours
        if any(nearness.close(*((one, other) if ours_left else (other, one)), link, LAYOUT) for other in theirs)
    ]
    assert nearness.with_partner(ours, theirs, link, LAYOUT, ours_left=ours_left) == expected
    quick = nearness.SMALL
    try:
        nearness.SMALL = -1
        assert nearness.with_partner(ours, theirs, link, LAYOUT, ours_left=ours_left) == expected
    finally:
        nearness.SMALL = quick


@given(occurrences, occurrences, links)
def test_stretches_reach_over_their_parts_and_cover_every_member(
    left: list[tuple[int, int, int, int]], right: list[tuple[int, int, int, int]], link: Link
) -> None:
    members = nearness.chain_members([sorted(left), sorted(right)], (link,), LAYOUT)
    if members is None:
        return
    found = nearness.stretches(members, (link,), LAYOUT)
    assert all((min(p[0] for p in parts), max(p[1] for p in parts)) == (a, b) for a, b, parts in found)
    reached = {part[:2] for _, _, parts in found for part in parts}
    outside = {member[:2] for side in members for member in side} - reached
    assert all(any(a <= m[0] and m[1] <= b for a, b, _ in found) for m in outside)
