"""How many files and sockets this process may have open, and how many workers that is enough for."""

import sys
from pathlib import Path

_PER_WORKER = 3
"""Two sockets, idle ones included, and a look-up's."""
_FOR_THE_REST = 24
"""The output, its lock, the sources, the URLs on disk, the log, modules that are loaded later."""


def enough_for(workers: int) -> int:
    """Return how many of so many workers the limit of open files (`ulimit -n`) is enough for, at least one."""
    if sys.platform == "win32":  # has no such limit
        return workers
    import resource  # noqa: PLC0415 - not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return workers
    return max(1, min(workers, (soft - _open_now() - _FOR_THE_REST) // _PER_WORKER))


def raise_limit() -> None:
    """Let this process open as many files as it may let itself."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):  # macOS has a lower limit of its own
            return


def _open_now() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        if (path := Path(folder)).is_dir():
            return sum(1 for _ in path.iterdir())
    return 0
