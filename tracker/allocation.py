"""Memory that was only needed for a while goes back to the operating system, as far as the C library allows."""

from __future__ import annotations

import ctypes
import gc

_M_ARENA_MAX = -8
_ARENAS = 2


def be_frugal() -> None:
    """Keep few arenas: each thread of a service would else hold on to one of its own."""
    library = _c_library()
    if library is not None and hasattr(library, "mallopt"):
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Collect what is unreachable, and return free pages."""
    gc.collect()
    library = _c_library()
    if library is not None and hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


def _c_library() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except OSError:
        return None
