"""How fast a run went over time, in a bounded number of steps, however long it takes."""

import math

from msgspec import Struct


class Plot(Struct, frozen=True):
    """What is drawn: pages that ended in each step of time, the newest last."""

    step_s: float
    ok: list[float]
    failed: list[float]
    newest_s: float
    """How long the last step has been going on."""


class Series:
    """Pages by when they ended, in steps of equal length: the last `columns` of them.

    With `is_whole` none is forgotten: when there are too many steps they become twice as long.
    """

    def __init__(self, *, step_s: float, columns: int, is_whole: bool = False) -> None:
        self._step_s = step_s
        self._columns = columns
        self._is_whole = is_whole
        self._first = 0
        """Number of the first step that is kept."""
        self._steps: list[list[float]] = [[0.0, 0.0]]
        self._now_s = 0.0

    def add(self, from_s: float, to_s: float, ok: int, failed: int) -> None:
        """Spread what ended between two moments, in seconds since the run began, evenly over that time."""
        self._now_s = to_s
        last = self._reach(math.floor(to_s / self._step_s))
        first = max(math.floor(from_s / self._step_s), self._first)
        for step in range(first, last):
            share = (min(to_s, (step + 1) * self._step_s) - max(from_s, step * self._step_s)) / (to_s - from_s)
            self._count(step, ok * share, failed * share)
        rest = min(1.0, (to_s - last * self._step_s) / (to_s - from_s)) if first < last else 1.0
        self._count(last, ok * rest, failed * rest)

    def plot(self) -> Plot:
        """Return the steps so far."""
        ok, failed = ([round(step[kind], 2) for step in self._steps] for kind in (0, 1))
        newest_s = self._now_s - (self._first + len(self._steps) - 1) * self._step_s
        return Plot(self._step_s, ok, failed, round(newest_s, 3))

    def _count(self, step: int, ok: float, failed: float) -> None:
        pages = self._steps[step - self._first]
        pages[0] += ok
        pages[1] += failed

    def _reach(self, step: int) -> int:
        """Make room up to the step of that number; return which one it is now, for they may have been joined."""
        while self._is_whole and step - self._first >= self._columns:
            second = [*self._steps[1::2], [0.0, 0.0]]  # one too many when their number is even
            pairs = zip(self._steps[::2], second, strict=False)
            self._steps = [[ok + more_ok, failed + more_failed] for (ok, failed), (more_ok, more_failed) in pairs]
            self._step_s *= 2
            step //= 2
        missing = step - (self._first + len(self._steps) - 1)
        self._steps += [[0.0, 0.0] for _ in range(min(missing, self._columns))]
        if missing > self._columns:
            self._first = step - len(self._steps) + 1
        excess = max(0, len(self._steps) - self._columns)
        del self._steps[:excess]
        self._first += excess
        return step
