"""Jobs in the order in which they start, by priority and then ordinal, cheap for those that come in this order."""

import heapq
from bisect import insort
from collections import deque

from scraper.models import Job

MOST_LANES = 16
"""Priorities that have a lane at the same time; a list with more of them is sorted by heaps."""

Key = tuple[float, int]
"""Sorts as the jobs start."""


def key_of(job: Job) -> Key:
    """Return what `job` is sorted by: errands first, then the highest priority, then the lowest ordinal."""
    return (_FIRST if job.is_robots else -job.row.priority, job.ordinal)


class Lanes:
    """Jobs in the order in which they start: for each priority those that came in the order of their ordinals."""

    __slots__ = ("_lanes", "_ranks")

    def __init__(self) -> None:
        self._lanes: dict[float, deque[Job]] = {}  # by the first part of the key
        self._ranks: list[float] = []  # sorted

    def add(self, job: Job) -> bool:
        """Add `job` behind the others of its priority; return False if its place is not there."""
        rank = key_of(job)[0]
        lane = self._lanes.get(rank)
        if lane is None:
            if len(self._ranks) == MOST_LANES:
                return False
            lane = self._lanes[rank] = deque()
            insort(self._ranks, rank)
        elif job.ordinal < lane[-1].ordinal:
            return False
        lane.append(job)
        return True

    def first(self) -> Job | None:
        """Return the best job."""
        return self._lanes[self._ranks[0]][0] if self._ranks else None

    def drop(self) -> None:
        """Remove the best job."""
        lane = self._lanes[self._ranks[0]]
        lane.popleft()
        if not lane:
            del self._lanes[self._ranks.pop(0)]


class Queue:
    """At least one job, sorted: a line of those that came in order, a heap of the others."""

    __slots__ = ("_late", "_line", "best")

    def __init__(self, job: Job) -> None:
        self.best = key_of(job)
        self._line = deque((job,))
        self._late: list[tuple[Key, Job]] = []

    def add(self, job: Job) -> bool:
        """Add `job`; return whether it is the best now."""
        key = key_of(job)
        if self._line and key < key_of(self._line[-1]):
            heapq.heappush(self._late, (key, job))
        else:
            self._line.append(job)
        is_best = key < self.best
        if is_best:
            self.best = key
        return is_best

    def take(self) -> tuple[Job, bool]:
        """Remove and return the best job, and whether it was the last one."""
        late, line = self._late, self._line
        job = heapq.heappop(late)[1] if late and late[0][0] == self.best else line.popleft()
        if line:
            self.best = key_of(line[0])
            if late and late[0][0] < self.best:
                self.best = late[0][0]
        elif late:
            self.best = late[0][0]
        return job, not line and not late


_FIRST = -float("inf")
