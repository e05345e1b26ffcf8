"""Python's cycle collector, kept out of the way of pages. A page is tens of thousands of values and not one cycle;
looking through them again and again costs a sixth of the whole path. Reference counting frees every page as before;
memory at any table size is measured (docs/performance.md). glibc's own thresholds stay: lower ones cost 2 us a row and
gave back 1 MB."""

from __future__ import annotations

import ctypes
import gc
import sys

_ALLOCATIONS = 500_000  # about two pages of 20 columns
_ARENA_MAX = -8  # malloc.h


def calm() -> None:
    """For processes that work on pages: what is loaded now is never looked at again, and a look is rare. Jobs
    run one after the other in threads: what one has freed is the next one's, instead of an arena for each."""
    if sys.platform == "linux" and (option := getattr(ctypes.CDLL(None), "mallopt", None)):
        option(_ARENA_MAX, 1)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 20)


def tidy() -> None:
    """After a job: give back what it used. A service idles for hours beside the DMS, and glibc keeps what was freed."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and gives back by itself
        if trim:
            trim(0)
