"""Finds texts that may be alike: MinHash sketches in 64 bands, in 400 bytes a text.

Broder (1997): two sets agree in a place of their sketches with the probability of their Jaccard resemblance. A band is
one place, and texts that agree in two bands are candidates: a headline that lies whole in a text ten times as long is
found with 99 %, where bands of two places find half. Each band is a hash table of chains in two flat arrays: rensa's
own index takes ten times the memory, because it keeps a list for each band of each text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from tracker.stories.ragged import Counts, Ragged

BANDS, SEED = 64, 20260203
AGREEMENTS = 2
"""Bands in which two texts must agree to be compared."""
KEY_BITS, TEXT_BITS = 24, 18
MOST_TEXTS = (1 << TEXT_BITS) - 1
LONGEST_CHAIN = 16
"""Texts that are looked at in one band: many that share a phrase of their publisher must not slow everything down."""
NEIGHBOURS = 6
"""Texts before it in one batch that a text is compared with in one band."""
FIRST_SLOT_BITS, MOST_IN_A_SLOT = 13, 2
"""Slots of a new index, and texts per slot from which there are twice as many."""
BANDS_AT_ONCE = 16
"""Bands that are rebuilt together: as many as one line of the processor's cache holds links of."""
_TAG_BITS = 32 - TEXT_BITS

Keys = NDArray[np.uint32]
Numbers = NDArray[np.uint32]


def keys(shingles: Ragged) -> Keys:
    """One row of band keys for each text. A text without shingles gets keys that mean nothing."""
    hashes = (shingles.flat | np.uint32(1)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    starts = shingles.starts.astype(np.uint64)
    digests = array("I")  # several times faster than numpy at lists of lists, and rensa gives nothing else
    for digest in RMinHash.digest_matrix_from_flat_token_hashes(hashes, starts, BANDS, SEED).to_rows():
        digests.fromlist(digest)
    mixed = np.frombuffer(digests, np.uint32).astype(np.uint64) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(64 - KEY_BITS)).astype(np.uint32).reshape(-1, BANDS)


def alike_within(batch: Keys) -> tuple[Counts, Counts]:
    """Pairs of rows (later, earlier) of one batch that agree in a band, a pair as often as it does."""
    rows = len(batch)
    flat = (np.arange(BANDS, dtype=np.uint64) << np.uint64(KEY_BITS)) + batch
    keyed = np.sort((flat << np.uint64(32)) | np.arange(rows, dtype=np.uint64)[:, None], axis=None)
    ordered, row = keyed >> np.uint64(32), (keyed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    later, earlier = [], []
    for step in range(1, min(NEIGHBOURS + 1, rows)):
        same = np.flatnonzero(ordered[step:] == ordered[:-step])
        later.append(row[same + step])
        earlier.append(row[same])
    if not later:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(later), np.concatenate(earlier)


class BandIndex:
    """Texts by number, found by their band keys. Numbers are given by the caller, in rising order.

    The first bits of a key choose a slot of its band, the others are a tag. An entry is a text's number plus one and
    its tag; 0 is none. A slot holds the newest entry of its chain, and ``_next`` the one after each, by text and band.
    """

    def __init__(self, room: int, slot_bits: int = FIRST_SLOT_BITS) -> None:
        """An index with room for the texts numbered 0 to ``room`` - 1; it grows."""
        self._slot_bits = slot_bits
        self._head = np.zeros(BANDS << slot_bits, np.uint32)
        self._next = np.zeros((room + 1, BANDS), np.uint32)
        self._held = 0

    @property
    def nbytes(self) -> int:
        """Bytes that the index takes."""
        return int(self._head.nbytes + self._next.nbytes)

    def candidates(self, batch: Keys) -> tuple[Counts, Counts]:
        """Pairs (row of the batch, text) that agree in a band, a pair as often as it does; newest texts first."""
        entries = self._head.take(self._places(batch))
        place = np.flatnonzero(entries)
        entries, tags = entries[place], self._tags(batch).ravel()[place]
        mask, links = np.uint32((1 << _TAG_BITS) - 1), self._next.ravel()
        rows_found, texts_found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for _ in range(LONGEST_CHAIN):
            if not len(entries):
                break
            text = (entries >> np.uint32(_TAG_BITS)).astype(np.int64)
            same = np.flatnonzero((entries & mask) == tags)
            rows_found.append(place[same] // BANDS)
            texts_found.append(text[same] - 1)
            entries = links.take(text * BANDS + place % BANDS)
            more = np.flatnonzero(entries)
            entries, place, tags = entries[more], place[more], tags[more]
        return np.concatenate(rows_found), np.concatenate(texts_found)

    def insert(self, texts: Counts, batch: Keys) -> None:
        """Put texts in; each number at most once."""
        if not len(texts):
            return
        self._make_room(int(texts[-1]) + 1, len(texts))
        entries = ((texts + 1).astype(np.uint32) << np.uint32(_TAG_BITS))[:, None] | self._tags(batch)
        ordered = np.sort((self._places(batch).astype(np.uint64) << np.uint64(32)) | entries.ravel())
        place, entry = (ordered >> np.uint64(32)).astype(np.int64), ordered.astype(np.uint32)
        follows = np.flatnonzero(place[1:] == place[:-1]) + 1
        before = self._head.take(place)
        before[follows] = entry[follows - 1]
        text = (entry >> np.uint32(_TAG_BITS)).astype(np.int64)
        self._next.ravel()[text * BANDS + (place >> self._slot_bits)] = before
        last = np.ones(len(place), np.bool_)
        last[follows - 1] = False
        self._head[place[last]] = entry[last]
        self._held += len(texts)

    def only(self, texts: Counts) -> BandIndex:
        """An index of these texts alone, in rising order, numbered anew from 0."""
        numbers = np.zeros(len(self._next), np.uint32)
        numbers[texts + 1] = np.arange(1, len(texts) + 1)
        smaller = self._rebuilt(len(texts), self._slot_bits, numbers)
        smaller._held = len(texts)
        return smaller

    def _places(self, batch: Keys) -> Counts:
        """Where the slots of the keys lie, one text after the other."""
        bands = np.arange(BANDS, dtype=np.int64) << self._slot_bits
        places: Counts = ((batch >> np.uint32(KEY_BITS - self._slot_bits)) + bands).ravel()
        return places

    def _tags(self, batch: Keys) -> Keys:
        return batch & np.uint32((1 << (KEY_BITS - self._slot_bits)) - 1)

    def _make_room(self, room: int, more: int) -> None:
        if room >= len(self._next):
            wider = np.zeros((min(MOST_TEXTS, max(room, len(self._next) * 3 // 2)) + 1, BANDS), np.uint32)
            wider[: len(self._next)] = self._next
            self._next = wider
        while self._held + more > len(self._head) // BANDS * MOST_IN_A_SLOT:
            every = np.arange(len(self._next), dtype=np.uint32)
            slotted = self._rebuilt(len(self._next) - 1, self._slot_bits + 1, every)
            self._head, self._next, self._slot_bits = slotted._head, slotted._next, slotted._slot_bits

    def _rebuilt(self, room: int, slot_bits: int, numbers: Numbers) -> BandIndex:
        """The same entries with another number of slots; ``numbers``: the new number of each text plus one, or 0."""
        other = BandIndex(room, slot_bits)
        rest, other_rest = KEY_BITS - self._slot_bits, KEY_BITS - slot_bits
        for block in range(0, BANDS, BANDS_AT_ONCE):
            bands = slice(block, block + BANDS_AT_ONCE)
            links = np.ascontiguousarray(self._next[:, bands].T)
            relinked = np.zeros((BANDS_AT_ONCE, room + 1), np.uint32)
            heads = zip(self._head.reshape(BANDS, -1)[bands], other._head.reshape(BANDS, -1)[bands], strict=True)
            for (head, other_head), link, other_link in zip(heads, links, relinked, strict=True):
                for slots, entries in reversed(list(_levels(head, link))):  # oldest first, so that chains keep order
                    number = numbers[entries >> np.uint32(_TAG_BITS)]
                    kept = np.flatnonzero(number)
                    number = number[kept]
                    key = (slots[kept] << rest) | (entries[kept] & np.uint32((1 << rest) - 1))
                    slot = key >> other_rest
                    other_link[number] = other_head[slot]
                    other_head[slot] = (number << np.uint32(_TAG_BITS)) | (key & ((1 << other_rest) - 1))
            other._next[:, bands] = relinked.T
        return other


def _levels(head: Numbers, link: Numbers) -> Iterator[tuple[Counts, Numbers]]:
    """The entries of a band that are ever looked at, with their slots: the first of each chain, then the second."""
    slots = np.flatnonzero(head)
    entries = head[slots]
    for _ in range(LONGEST_CHAIN):
        if not len(entries):
            return
        yield slots, entries
        entries = link[entries >> np.uint32(_TAG_BITS)]
        more = np.flatnonzero(entries)
        slots, entries = slots[more], entries[more]
