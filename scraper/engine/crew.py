"""The workers of a run: hired and let go while it goes on, none of them in the middle of a page."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any, Protocol

from scraper.errors import UsageError
from scraper.seats import Seats
from scraper.stats import count as count_of
from scraper.transport.descriptors import enough_for


class Sheet(Protocol):
    """Keeps account of the workers' time."""

    def join(self) -> None:
        """Take note that there is one worker more."""
        ...

    def leave(self) -> None:
        """Take note that a worker that has no job is gone."""
        ...


class Crew:
    """Tasks that each run `work(number)`, which asks before each page whether it goes on."""

    def __init__(self, work: Callable[[int], Coroutine[Any, Any, None]], seats: Seats, sheet: Sheet) -> None:
        self.size = 0
        """How many there are to be."""
        self._work = work
        self._seats = seats
        self._sheet = sheet
        self._group: asyncio.TaskGroup | None = None
        self._numbers = count()
        self._staff: dict[int, asyncio.Task[None]] = {}
        """Those that are to go on."""
        self._hired: list[asyncio.Task[None]] = []

    def start(self, group: asyncio.TaskGroup, size: int) -> None:
        """Hire the first, whom the timesheet knows already."""
        self._group, self.size = group, size
        for _ in range(size):
            self._hire(group)

    def cancel(self) -> None:
        """End them all now."""
        for task in self._hired:
            task.cancel()

    def resize(self, size: int) -> str:
        """Hire at once, or let those go that have no page, and others once they have done theirs; return a sentence.

        Raises UsageError when the run has ended or there are not enough files to open.
        """
        if self._group is None or all(task.done() for task in self._hired):
            raise UsageError("the run is ending: its workers stay as they are")
        if (enough := enough_for(size)) < size > self.size:
            raise UsageError(f"{size} workers need more open files than this process may have: {enough} at most")
        self.size = size
        self._hired = [task for task in self._hired if not task.done()]
        for _ in range(size - len(self._staff)):
            self._sheet.join()
            self._hire(self._group)
        busy = {seat.number for seat in self._seats.busy()}
        idle = [number for number in self._staff if number not in busy]
        for number in idle[: max(0, len(self._staff) - size)]:
            self._staff[number].cancel()
            self._let_go(number)
        later = len(self._staff) - size
        return count_of(size, "worker") + (f", once {later} more have done their pages" if later > 0 else "")

    @property
    def is_too_large(self) -> bool:
        """Whether some have to go once they have no page."""
        return len(self._staff) > self.size

    def goes_on(self, number: int) -> bool:
        """Return whether a worker that has no page takes another."""
        if number in self._staff and self.is_too_large:
            self._let_go(number)
        return number in self._staff

    def _hire(self, group: asyncio.TaskGroup) -> None:
        number = next(self._numbers)
        task = self._staff[number] = group.create_task(self._work(number), name=f"worker {number + 1}")
        self._hired.append(task)

    def _let_go(self, number: int) -> None:
        del self._staff[number]
        self._seats.remove(number)
        self._sheet.leave()
