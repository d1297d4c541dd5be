"""Finds texts that may be alike: MinHash sketches in 64 bands, in 400 bytes a text.

Broder (1997): two sets agree in a place of their sketches with the probability of their Jaccard resemblance. A band is
one place, and texts that agree in two bands are candidates: a headline that lies whole in a text ten times as long is
found with 99 %, where bands of two places find half. Each band is a hash table of chains in two flat arrays: rensa's
own index takes ten times the memory, because it keeps a list for each band of each text.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from tracker.stories.reading import Counts, Ragged

BANDS, SEED = 64, 20260203
AGREEMENTS = 2
"""Bands in which two texts must agree to be compared."""
KEY_BITS, TEXT_BITS = 24, 18
MOST_TEXTS = (1 << TEXT_BITS) - 1
LONGEST_CHAIN = 16
"""Texts that are looked at in one band: many that share a phrase of their publisher must not slow everything down."""
NEIGHBOURS = 6
"""Texts before it in one batch that a text is compared with in one band."""
FIRST_SLOT_BITS = 13
_TAG_BITS = 32 - TEXT_BITS

Keys = NDArray[np.uint32]
Numbers = NDArray[np.uint32]


def keys(shingles: Ragged) -> Keys:
    """One row of band keys for each text. A text without shingles gets keys that mean nothing."""
    hashes = (shingles.flat | np.uint32(1)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    starts = shingles.starts.astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, starts, BANDS, SEED)
    digests = np.array(matrix.to_rows(), np.uint64).reshape(len(starts) - 1, BANDS)
    return ((digests * np.uint64(0x94D049BB133111EB)) >> np.uint64(64 - KEY_BITS)).astype(np.uint32)


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
    """Texts by number, found by their band keys. Numbers are given by the caller, in rising order."""

    def __init__(self, room: int) -> None:
        """An index with room for the texts numbered 0 to ``room`` - 1; it grows."""
        self._slot_bits = FIRST_SLOT_BITS
        self._head = np.zeros((BANDS, 1 << self._slot_bits), np.uint32)
        self._next = np.zeros((BANDS, room), np.uint32)
        self._held = 0

    @property
    def nbytes(self) -> int:
        """Bytes that the index takes."""
        return int(self._head.nbytes + self._next.nbytes)

    def candidates(self, batch: Keys) -> tuple[Counts, Counts]:
        """Pairs (row of the batch, text) that agree in a band, a pair as often as it does; newest texts first."""
        slots, tags = self._split(batch.T)
        entries = np.take_along_axis(self._head, slots.astype(np.int64), axis=1)
        band, row = np.nonzero(entries)
        entries, tags = entries[band, row], tags[band, row]
        rows_found, texts_found = [], []
        for _ in range(LONGEST_CHAIN):
            if not len(entries):
                break
            text = (entries >> np.uint32(_TAG_BITS)).astype(np.int64) - 1
            same = (entries & np.uint32((1 << _TAG_BITS) - 1)) == tags
            rows_found.append(row[same])
            texts_found.append(text[same])
            entries = self._next[band, text]
            more = np.flatnonzero(entries)
            entries, band, row, tags = entries[more], band[more], row[more], tags[more]
        if not rows_found:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(rows_found), np.concatenate(texts_found)

    def insert(self, texts: Counts, batch: Keys) -> None:
        """Put texts in; each number at most once."""
        if not len(texts):
            return
        self._make_room(int(texts[-1]) + 1, len(texts))
        slots, tags = self._split(batch.T)
        entries = ((texts + 1).astype(np.uint32) << np.uint32(_TAG_BITS)) | tags
        places = np.arange(BANDS, dtype=np.uint64)[:, None] * np.uint64(self._head.shape[1]) + slots
        ordered = np.sort((places << np.uint64(32)) | entries, axis=None)
        place, entry = (ordered >> np.uint64(32)).astype(np.int64), ordered.astype(np.uint32)
        band, text = place // self._head.shape[1], (entry >> np.uint32(_TAG_BITS)).astype(np.int64) - 1
        follows = np.concatenate([[False], place[1:] == place[:-1]])
        before = np.where(follows, np.concatenate([entry[:1], entry[:-1]]), self._head.ravel()[place])
        self._next[band, text] = before
        last = np.concatenate([~follows[1:], [True]])
        self._head.ravel()[place[last]] = entry[last]
        self._held += len(texts)

    def _split(self, batch: Keys) -> tuple[Keys, Keys]:
        """The first bits of a key choose the slot, the others are kept in the entry."""
        rest = KEY_BITS - self._slot_bits
        return batch >> np.uint32(rest), batch & np.uint32((1 << rest) - 1)

    def _make_room(self, room: int, more: int) -> None:
        if room > self._next.shape[1]:
            wider = np.zeros((BANDS, min(MOST_TEXTS, max(room, self._next.shape[1] * 3 // 2))), np.uint32)
            for band in range(BANDS):
                wider[band, : self._next.shape[1]] = self._next[band]
            self._next = wider
        while self._held + more > self._head.shape[1] * 2:
            self._widen()

    def _widen(self) -> None:
        """Twice the slots: one bit of each tag moves into the slot."""
        rest = KEY_BITS - self._slot_bits
        head = np.zeros((BANDS, self._head.shape[1] * 2), np.uint32)
        links = np.zeros_like(self._next)
        for band in range(BANDS):
            levels = list(self._levels(band))
            for slots, entries in reversed(levels):  # oldest first, so that chains keep their order
                tags = entries & np.uint32((1 << _TAG_BITS) - 1)
                wider = (slots << 1) | (tags >> np.uint32(rest - 1))
                kept = (entries & ~np.uint32((1 << _TAG_BITS) - 1)) | (tags & np.uint32((1 << (rest - 1)) - 1))
                links[band, (entries >> np.uint32(_TAG_BITS)).astype(np.int64) - 1] = head[band, wider]
                head[band, wider] = kept
        self._head, self._next = head, links
        self._slot_bits += 1

    def _levels(self, band: int) -> list[tuple[Counts, Numbers]]:
        """The entries of a band that are ever looked at: the first of each chain, then the second; with their slots."""
        slots = np.flatnonzero(self._head[band])
        entries = self._head[band, slots]
        levels: list[tuple[Counts, Numbers]] = []
        while len(entries) and len(levels) < LONGEST_CHAIN:
            levels.append((slots, entries))
            entries = self._next[band, (entries >> np.uint32(_TAG_BITS)).astype(np.int64) - 1]
            more = np.flatnonzero(entries)
            slots, entries = slots[more], entries[more]
        return levels
