"""Processes that work on pieces, in order; a page that kills one is found and refused."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from typing import Any

from scraper.config import Config
from scraper.errors import RunError
from scraper.offline.work import Done, Piece, begin, work

_AHEAD = 2
"""Pieces for each process that are under way or done and not taken yet."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool:
    """As many processes as there are processors, each begun with the same settings."""

    def __init__(self, config: Config, compression: str, prepare: Callable[[], object] | None) -> None:
        self._context = get_context("spawn")  # a fork would take over threads and locks
        self._note: Any = self._context.Value("q", 0, lock=False)
        self._of = (config, compression, self._note, prepare)

    def results(self, pieces: Iterable[Piece]) -> Generator[Done, None, None]:
        """Yield what comes of each piece, in their order. Raises what `work` does."""
        waiting = iter(pieces)
        under_way: deque[tuple[Piece, Future[Done]]] = deque()
        while True:
            with self._executor(processors()) as executor:
                try:
                    while True:
                        room = _AHEAD * processors() - len(under_way)
                        for piece in islice(waiting, room):
                            under_way.append((piece, executor.submit(work, piece)))
                        if not under_way:
                            return
                        done = under_way[0][1].result()
                        under_way.popleft()
                        yield done
                except BrokenProcessPool:
                    lost = [piece for piece, _ in under_way]
                    under_way.clear()
                except BaseException:
                    executor.shutdown(wait=False, cancel_futures=True)
                    raise
            for piece in lost:
                yield self._alone(piece)

    def _alone(self, piece: Piece) -> Done:
        """Work on `piece` in a process of its own, another one for each page that kills it."""
        fatal: set[int] = set()
        while True:
            self._note.value = 0
            with suppress(BrokenProcessPool), self._executor(1) as executor:
                return executor.submit(work, piece, frozenset(fatal)).result()
            if not self._note.value or self._note.value in fatal:
                raise RunError("a process that extracts died before it had a page; is there enough memory?")
            fatal.add(self._note.value)

    def _executor(self, processes: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(processes, self._context, initializer=begin, initargs=self._of)
