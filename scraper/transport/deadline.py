"""The time that an attempt has, or a part of it."""

import asyncio
import math
from types import TracebackType
from typing import Self


class Deadlines:
    """The deadlines of what is under way, by one timer: to set and cancel one for each costs uvloop 10 µs."""

    def __init__(self) -> None:
        self._under_way: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        """For the first that is due, or for one that has ended before."""
        self._rings_at = math.inf

    def within(self, seconds: float | None) -> "Deadline":
        """Return a deadline, to be entered and left by the running task; None: there is none."""
        return Deadline(self, math.inf if seconds is None else asyncio.get_running_loop().time() + seconds)

    def enter(self, deadline: "Deadline") -> None:
        """Watch over `deadline`."""
        self._under_way.add(deadline)
        self._ring_at(deadline.due)

    def leave(self, deadline: "Deadline") -> None:
        """Watch over it no longer."""
        self._under_way.discard(deadline)

    def _ring_at(self, when: float) -> None:
        if when >= self._rings_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = when
        self._timer = asyncio.get_running_loop().call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._rings_at = math.inf
        now = asyncio.get_running_loop().time()
        for deadline in [deadline for deadline in self._under_way if deadline.due <= now]:
            deadline.end()
        self._ring_at(min([deadline.due for deadline in self._under_way], default=math.inf))


class Deadline:
    """Raises TimeoutError where its task waits once the time is over, as `asyncio.timeout` does."""

    __slots__ = ("_all", "_cancelling", "_task", "due", "is_over")

    def __init__(self, deadlines: Deadlines, due: float) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline is for a task")
        self.due = due
        """By the loop's clock."""
        self.is_over = False
        self._all = deadlines
        self._task = task
        self._cancelling = task.cancelling()

    def end(self) -> None:
        """Let the time be over now."""
        if not self.is_over:
            self.is_over = True
            self._all.leave(self)
            self._task.cancel()

    def __enter__(self) -> Self:
        self._all.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._all.leave(self)
        # Another's cancel() is another's to hear of, also when it came first or last.
        if self.is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from raised
