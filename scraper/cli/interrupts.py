"""How a command that makes a file ends when it is told to: the file is as it was before."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from scraper.errors import RunInterrupted


@contextmanager
def interruptible(target: str) -> Iterator[None]:
    """Clean up on SIGTERM and SIGHUP too, and exit with 128 and the signal. Raises RunInterrupted on Ctrl-C."""
    before = {number: signal.getsignal(number) for number in _numbers()}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _exit)
    try:
        yield
    except KeyboardInterrupt:
        raise RunInterrupted(f"interrupted; {target} is as it was") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
