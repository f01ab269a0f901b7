"""Notices a run that hangs: nothing moves though workers are busy, or something holds the event loop.

What only waits is no stall: hosts that are paused, a delay, a source that delivers slowly, all leave the workers idle.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from scraper.config.constants import STALL_ENDED_S, STALL_TOLD_S
from scraper.seats import Busy, Seats
from scraper.stats import count, duration
from scraper.urls import masked

_LOOK_S = 1.0
_LONGEST_STEP_S = 2.0
"""Of the time between two looks counts so much: the process was stopped meanwhile, or the loop held, which is told."""
THREAD = "watchdog"
"""Name of the thread that looks at the loop."""
_TICK_S = 2.0
_OURS = f"{os.sep}scraper{os.sep}"
_LOOPS = f"{os.sep}asyncio{os.sep}"
_log = logging.getLogger(__name__)


class StallWatch:
    """Tells of workers that are busy with nothing, and ends them. To be asked to look again and again."""

    def __init__(
        self,
        seats: Seats,
        *,
        now: float,
        is_streaming: bool = False,
        told_s: float = STALL_TOLD_S,
        ended_s: float = STALL_ENDED_S,
    ) -> None:
        """With `is_streaming` a consumer takes the records when it likes: to wait for it is no stall."""
        self.stalls = 0
        """How often one was told."""
        self.moved_at = now
        """When anything came of anything last, to within a second."""
        self._seats = seats
        self._told_s = told_s
        self._ended_s = ended_s
        self._is_streaming = is_streaming
        self._looked_at = now
        self._quiet_s = 0.0
        self._is_told = False
        self._ends = 0
        self._marks: list[tuple[object, ...]] = []

    def look(self, now: float, ends: int) -> None:
        """Look at the workers. `ends` counts the URLs that have come to their end."""
        step_s = now - self._looked_at
        if step_s < _LOOK_S:
            return
        self._looked_at = now
        marks = [seat.mark for seat in self._seats.busy() if not (self._is_streaming and seat.stage == "write")]
        has_moved = ends != self._ends or marks != self._marks
        self._ends, self._marks = ends, marks
        if has_moved:
            self.moved_at = now
        if has_moved or not marks:
            self._quiet_s, self._is_told = 0.0, False
            return
        self._quiet_s += min(step_s, _LONGEST_STEP_S)
        if self._quiet_s >= self._ended_s:
            self._end(now)
        elif self._quiet_s >= self._told_s and not self._is_told:
            self._is_told = True
            self.stalls += 1
            _log.warning("nothing has come in for %s: %s", duration(self._quiet_s), self._named(now))

    def _end(self, now: float) -> None:
        overdue = [seat for seat in self._seats.busy() if seat.stage is None and seat.attempt is not None]
        named = self._named(now)
        for seat in overdue:
            if seat.attempt is not None:
                seat.attempt.give_up(self._quiet_s)
        done = f"{count(len(overdue), 'request')} ended as deadline" if overdue else "none of it can be ended"
        _log.warning("nothing has come in for %s, %s: %s", duration(self._quiet_s), done, named)
        self._quiet_s = 0.0

    def _named(self, now: float) -> str:
        busy = busiest(self._seats, now)
        others = sum(1 for _ in self._seats.busy()) - len(busy)
        return "; ".join(map(worker_line, busy)) + (f"; and {others} more workers" if others else "")


def busiest(seats: Seats, now: float) -> list[Busy]:
    """Return what those do that have had their job longest."""
    return [
        Busy(seat.number + 1, masked(seat.job.href), seat.phase, round(now - seat.since, 1))
        for seat in seats.longest()
        if seat.job is not None
    ]


def worker_line(busy: Busy) -> str:
    """Return `worker 3, first_byte, 34 s, https://example.com/`."""
    return f"worker {busy.worker}, {busy.phase}, {duration(busy.for_s)}, {busy.url}"


class LoopWatch:
    """Tells from a thread of its own, for as long as its block lasts, of whatever holds the loop of this thread."""

    def __init__(self, seats: Seats, *, clock: Callable[[], float], held_s: float = STALL_TOLD_S) -> None:
        self._seats = seats
        self._clock = clock
        self._held_s = held_s
        self._tick_s = min(_TICK_S, held_s / 3)
        self._beats = 0
        self._over = threading.Event()
        self._loop_thread = threading.get_ident()
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def beat(self) -> None:
        """Take note that the loop turns."""
        self._beats += 1

    def _run(self) -> None:
        """Count the ticks without a beat: time in which this thread did not run either, does not count."""
        seen, ticks, told_at_s = self._beats, 0, self._held_s
        while not self._over.wait(self._tick_s):
            if self._beats != seen:
                seen, ticks, told_at_s = self._beats, 0, self._held_s
                continue
            ticks += 1
            if ticks * self._tick_s >= told_at_s:
                told_at_s *= 2
                self._tell(ticks * self._tick_s)

    def _tell(self, held_s: float) -> None:
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 - the only way to look at another thread
        if frame is None:
            return
        parsed = [busy for busy in busiest(self._seats, self._clock()) if busy.phase == "parse"]
        page = f" for {parsed[0].url}" if parsed else ""
        _log.warning("the event loop has been held for %s by %s%s", duration(held_s), held_by(frame), page)


def held_by(frame: FrameType) -> str:
    """Return what runs in a thread whose innermost frame is `frame`: what the package called, and where that is now.

    Empty while the event loop waits.
    """
    inner: FrameType | None = frame
    stack = []
    while inner is not None:
        stack.append(inner)
        inner = inner.f_back
    ours = next((place for place, each in enumerate(stack) if _OURS in each.f_code.co_filename), len(stack))
    called = stack[max(ours - 1, 0)]
    if _LOOPS in called.f_code.co_filename:
        return ""
    return _where(called) + (f", now in {_where(frame)}" if called is not frame else "")


def _where(frame: FrameType) -> str:
    return f"{frame.f_code.co_qualname}() ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})"
