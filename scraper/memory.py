"""How the process that runs one scrape keeps its memory: what a page took is kept for the next one."""

import ctypes
import gc
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # <malloc.h> of glibc
_KEPT_BYTES = 256 * 1024**2
_PAD_BYTES = 16 * 1024**2
_YOUNG_OBJECTS = 20_000


def keep_for_the_next_page() -> None:
    """Have malloc keep freed memory, and the garbage collector leave alone what lives as long as the process.

    Parsing frees a page's tree all at once; glibc gives that back to the system, page after page (5 % of the CPU).
    Pages leave no cycles behind, so collecting seldom finds anything (4 %). For a process of our own only.
    """
    with suppress(OSError, AttributeError, TypeError):  # another C library, or none that can be asked
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES // 8)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        libc.mallopt(_M_TOP_PAD, _PAD_BYTES)
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
