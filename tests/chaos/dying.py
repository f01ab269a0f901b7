"""Runs `scrape` in this process, which is killed in the n-th system call that changes a file.

`python dying.py TURN PORTION [words of the call]`: PORTION is how much of that call is carried out, 0 to 1; half of a
write is half of its bytes, of any other call nothing. Exits as `scrape` does when there is no n-th call.
"""

import os
import signal
import stat
import sys
from collections.abc import Callable
from typing import Any

CALLS = ("open", "write", "ftruncate", "fsync", "replace", "unlink")


def main() -> None:
    """Replace the functions of `os`, then run the command line."""
    turn, portion, words = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    from scraper.cli import main as scrape  # noqa: PLC0415 - what its import opens is not counted

    calls = 0

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += (is_counted := _changes_a_file(name, args))
            is_last = is_counted and calls == turn
            if is_last and name == "write":
                args = args[0], bytes(args[1])[: int(len(args[1]) * portion)]
            elif is_last and portion < 1:
                os.kill(os.getpid(), signal.SIGKILL)
            result = function(*args, **kwargs)
            if is_last:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return dying

    for name in CALLS:
        setattr(os, name, wrap(name, getattr(os, name)))
    scrape(words)


def _changes_a_file(name: str, args: tuple[Any, ...]) -> bool:
    if name == "open":
        return bool(args[1] & os.O_CREAT)
    return name in ("replace", "unlink") or stat.S_ISREG(os.fstat(args[0]).st_mode)


if __name__ == "__main__":
    main()
