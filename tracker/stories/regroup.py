"""Groups all items anew in the order of their publication, and says which stories change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from tracker.stories.group import StoryIndex, Telling

AT_ONCE = 5_000


def group(items: Iterable[tuple[int, Telling]]) -> list[list[int]]:
    """The groups of (item id, item), each with its first item first.

    Items must come in an order that does not depend on when they arrived, by days.
    """
    index = StoryIndex(lambda first, last: ())
    groups: list[list[int]] = []
    rest = iter(items)
    while batch := list(islice(rest, AT_ONCE)):
        ids = [item_id for item_id, _ in batch]

        def settle(position: int, story: int | None, ids: list[int] = ids) -> int:
            if story is None:
                groups.append([])
                story = len(groups) - 1
            groups[story].append(ids[position])
            return story

        index.place([telling for _, telling in batch], settle)
    return groups


@dataclass(frozen=True, slots=True)
class Change:
    """A story that is to hold these items, the first of them first. ``story_id`` is None for a new story."""

    story_id: int | None
    items: tuple[int, ...]
    merged: tuple[int, ...]
    """Stories that become this one: their first items are among ``items``."""


def changes(groups: Iterable[list[int]], story_of: Mapping[int, int], firsts: Mapping[int, int]) -> Iterator[Change]:
    """What must be done so that stories are these groups; nothing for groups that are stories already.

    A story goes where its first item goes. Where several go the oldest keeps its number. ``story_of`` tells the story
    of an item, ``firsts`` the story that an item is the first of.
    """
    sizes: dict[int, int] = {}
    for story in story_of.values():
        sizes[story] = sizes.get(story, 0) + 1
    for members in groups:
        owned = sorted(firsts[item] for item in members if item in firsts)
        kept = owned[0] if owned else None
        as_it_is = (
            len(owned) == 1
            and sizes.get(owned[0]) == len(members)
            and firsts.get(members[0]) == owned[0]
            and all(story_of.get(item) == owned[0] for item in members)
        )
        if not as_it_is:
            yield Change(kept, tuple(members), tuple(owned[1:]))
