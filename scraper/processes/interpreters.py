"""An Executor that runs each call in a Python process of its own, started for it.

Unlike those of `multiprocessing`, such a process does not import the caller's main module: a notebook, a script without
`if __name__ == "__main__"` and a thread that forks nothing are all the same to it. It ends with its caller, at once and
however that ends: its standard input is a pipe that the caller holds open.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, suppress
from io import FileIO
from typing import Any, ParamSpec, TypeVar

from scraper.start import lean_imports

P = ParamSpec("P")
T = TypeVar("T")

_CODE = (
    "import sys; sys.path[:] = sys.argv[1:]; del sys.argv[1:]; "
    "from scraper.processes.interpreters import main; main()"
)  # fmt: skip
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # by name: Windows has no SIGHUP
_PATIENCE_S = 5.0
"""For a process that has answered to come to its end."""


class FreshInterpreters(Executor):
    """Runs each call in a Python process of its own; function, arguments and result are pickled.

    A process that is killed breaks its own call only: the Future raises BrokenExecutor, which says how it ended.
    """

    def __init__(self, descriptors: Sequence[int] = ()) -> None:
        """Give the processes these descriptors of open files, by the same numbers; not on Windows."""
        self._descriptors = tuple(descriptors)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[threading.Thread] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a process that calls `fn`. Raises what pickling does, and OSError."""
        work = pickle.dumps((fn, args, kwargs))
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        with _signals_blocked():  # until it has said that it leaves them to us
            process = subprocess.Popen(  # noqa: S603 - this Python
                [sys.executable, "-c", _CODE, *map(str, sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=self._descriptors,
            )
        thread = threading.Thread(target=_attend, args=(process, work, future), name="attend a process", daemon=True)
        thread.start()
        self._processes.append(process)
        self._threads.append(thread)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's
        """Wait until the processes have ended, or (`cancel_futures`) end those that have not."""
        if cancel_futures:
            for process in self._processes:
                process.kill()
        if wait:
            for thread in self._threads:
                thread.join()


def _attend(process: "subprocess.Popen[bytes]", work: bytes, future: Future[Any]) -> None:
    """Give the process its work and the future what comes of it."""
    if process.stdin is None or process.stdout is None:
        raise TypeError("a process is started with pipes")
    with process.stdin, process.stdout:
        with suppress(OSError):  # it has died: the end of its answer tells
            process.stdin.write(work)
            process.stdin.flush()
        answer = process.stdout.read()
        if answer:
            is_result, value = pickle.loads(answer)  # noqa: S301 - what our own process wrote
            (future.set_result if is_result else future.set_exception)(value)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_S)
    code = process.wait()  # its standard input is closed: it ends
    if not answer:
        future.set_exception(BrokenExecutor(_how_it_ended(code)))


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Have what is started meanwhile start with the signals blocked that end a run."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _signals() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]


def leave_signals_to_parent() -> None:
    """Ignore what asks a run to end: a terminal, or a service manager, sends it to all of its processes at once."""
    with suppress(ValueError):  # not in the main thread
        for number in _signals():
            signal.signal(number, signal.SIG_IGN)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _signals())


def main() -> None:
    """Do one call that comes through standard input; write what it returns to what was standard output."""
    leave_signals_to_parent()
    lifeline, answer = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the user's own functions print
    with os.fdopen(lifeline, "rb", buffering=0) as given, os.fdopen(answer, "wb") as file:
        file.write(_answer(given))


def _answer(given: FileIO) -> bytes:
    try:
        with lean_imports():
            fn, args, kwargs = pickle.load(given)  # noqa: S301 - what our own parent wrote
        threading.Thread(target=_end_with_parent, args=(given.fileno(),), daemon=True).start()
        return pickle.dumps((True, fn(*args, **kwargs)))
    except BaseException as error:  # noqa: BLE001 - it is raised where the call was submitted
        with suppress(Exception):
            data = pickle.dumps((False, error))
            pickle.loads(data)  # noqa: S301 - some exceptions can be written and not read
            return data
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))


def _end_with_parent(lifeline: int) -> None:
    """Wait until the other end is closed, and end this process, whatever it is doing."""
    with suppress(OSError):
        os.read(lifeline, 1)
    os._exit(1)
