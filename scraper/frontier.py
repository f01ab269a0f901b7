"""The bounded queue: priority, dedup, per-host slots, what is due now.

`FrontierCore` decides and is *given* the time; `Frontier` is the thin shell that waits. All politeness lives
in the core, so a worker never sleeps: a delay or a retry is a not-before time here and holds no worker.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from itertools import count

from scraper.models import Job
from scraper.urls import FingerprintSet


class _Host:
    """One host's waiting jobs and its politeness."""

    __slots__ = ("in_flight", "jobs", "name", "next_start", "ticket")

    def __init__(self, name: str) -> None:
        self.name = name
        self.jobs: list[tuple[float, int, Job]] = []  # a heap by (-priority, ordinal)
        self.in_flight = 0
        self.next_start = 0.0
        self.ticket = 0  # the only entry in the heaps below that still counts

    @property
    def is_unused(self) -> bool:
        return not self.jobs and not self.in_flight


class FrontierCore:
    """Which URL may start when. Synchronous and without a clock; every operation is O(log n).

    A host with jobs is in exactly one place: among the ready (it may start its best job now), among the
    timed (it may at `next_start`), or in none while all its slots are taken. Moving a host does not search a
    heap for its old entry but makes that stale, by drawing a new ticket.
    """

    def __init__(self, *, per_host: int, delay: float) -> None:
        self.waiting = 0
        """Jobs that have not started, retries included."""
        self.in_flight = 0
        self._per_host = per_host
        self._delay = delay
        self._hosts: dict[str, _Host] = {}
        self._ready: list[tuple[float, int, int, _Host]] = []  # (-priority, ordinal, ticket, host)
        self._timed: list[tuple[float, int, _Host]] = []  # (next_start, ticket, host)
        self._retries: list[tuple[float, int, Job]] = []  # (not_before, ordinal, job)
        self._tickets = count(1)
        self._claimed = FingerprintSet()

    def claim(self, identity: int) -> bool:
        """Return whether nobody named the URL with this fingerprint before."""
        return self._claimed.add(identity)

    def push(self, job: Job, now: float) -> None:
        """Let `job` wait for its host's turn."""
        self.waiting += 1
        self._enqueue(job, now)

    def pop(self, now: float) -> Job | None:
        """Start and return the job that is first among those that may start, or None."""
        self._release_due(now)
        while self._ready:
            _, _, ticket, host = heapq.heappop(self._ready)
            if ticket != host.ticket:
                continue
            _, _, job = heapq.heappop(host.jobs)
            host.in_flight += 1
            host.next_start = now + self._delay
            self.waiting -= 1
            self.in_flight += 1
            self._place(host, now)
            return job
        return None

    def done(self, job: Job, now: float) -> None:
        """Give the slot of a started job back to its host."""
        host = self._hosts[job.host]
        host.in_flight -= 1
        self.in_flight -= 1
        self._place(host, now)

    def retry(self, job: Job, now: float, not_before: float) -> None:
        """End this try of a started job; it waits again, without a slot, until `not_before`."""
        self.done(job, now)
        self.waiting += 1
        heapq.heappush(self._retries, (not_before, job.ordinal, job))

    def next_due(self) -> float | None:
        """Return when something that waits for the time may start; earlier than that is possible, later is not."""
        return min((heap[0][0] for heap in (self._timed, self._retries) if heap), default=None)

    def has_ready(self) -> bool:
        """Return whether `pop` may find a job without time passing. A wrong yes is possible, a wrong no is not."""
        return bool(self._ready)

    def has_waiting(self, host: str) -> bool:
        """Return whether more jobs of `host` wait for its turn."""
        known = self._hosts.get(host)
        return known is not None and bool(known.jobs)

    def _enqueue(self, job: Job, now: float) -> None:
        host = self._hosts.get(job.host)
        if host is None:
            host = self._hosts[job.host] = _Host(job.host)
        entry = (-job.row.priority, job.ordinal, job)
        heapq.heappush(host.jobs, entry)
        if host.jobs[0] is entry:
            self._place(host, now)

    def _place(self, host: _Host, now: float) -> None:
        """Put `host` where it belongs now, and nowhere else."""
        host.ticket = next(self._tickets)
        if host.jobs and host.in_flight < self._per_host:
            if host.next_start <= now:
                priority, ordinal, _ = host.jobs[0]
                heapq.heappush(self._ready, (priority, ordinal, host.ticket, host))
            else:
                heapq.heappush(self._timed, (host.next_start, host.ticket, host))
        elif host.is_unused:
            if host.next_start <= now:
                del self._hosts[host.name]
            else:  # remembered for as long as its delay lasts
                heapq.heappush(self._timed, (host.next_start, host.ticket, host))

    def _release_due(self, now: float) -> None:
        while self._retries and self._retries[0][0] <= now:
            self._enqueue(heapq.heappop(self._retries)[2], now)
        while self._timed and self._timed[0][0] <= now:
            _, ticket, host = heapq.heappop(self._timed)
            if ticket == host.ticket:
                self._place(host, now)


class Frontier:
    """The core with waiting added: producers wait when it is full, workers until something is due."""

    def __init__(self, core: FrontierCore, *, window: int, clock: Callable[[], float]) -> None:
        self.core = core
        self._window = window
        self._clock = clock
        self._getters: deque[asyncio.Future[None]] = deque()
        self._putters: deque[asyncio.Future[None]] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._is_stopped = False

    async def put(self, job: Job) -> None:
        """Add `job`; wait while the window is full."""
        while self.core.waiting >= self._window:
            await _wait_in(self._putters)
        self.core.push(job, self._clock())
        _wake_one(self._getters)

    async def get(self) -> Job | None:
        """Start and return the next job that may start; None when there will be no more."""
        while True:
            if self._is_stopped or (self._is_closed and not self.core.waiting and not self.core.in_flight):
                self._wake_all()
                return None
            job = self.core.pop(self._clock())
            if job is not None:
                if self.core.has_ready():
                    _wake_one(self._getters)
                if self.core.waiting < self._window:
                    _wake_one(self._putters)
                return job
            self._set_alarm()
            await _wait_in(self._getters)

    def done(self, job: Job) -> None:
        """End `job` for good."""
        self.core.done(job, self._clock())
        _wake_one(self._getters)

    def retry(self, job: Job, wait_s: float) -> None:
        """End this try of `job`; it may start again in `wait_s` seconds."""
        now = self._clock()
        self.core.retry(job, now, now + wait_s)
        _wake_one(self._getters)

    def close(self) -> None:
        """No more `put`: workers end once all that is waiting has ended."""
        self._is_closed = True
        self._wake_all()

    def stop(self) -> None:
        """Start nothing any more; what waits stays pending."""
        self._is_stopped = True
        self._wake_all()

    def _wake_all(self) -> None:
        while self._getters:
            _wake_one(self._getters)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self) -> None:
        """Wake a getter when the next delay or back-off is over."""
        due = self.core.next_due()
        if due is None or (self._alarm is not None and self._alarm.when() <= due):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        _wake_one(self._getters)


async def _wait_in(line: deque[asyncio.Future[None]]) -> None:
    """Wait at the end of `line` until woken; a wake-up that a cancelled waiter got goes to the next."""
    place = asyncio.get_running_loop().create_future()
    line.append(place)
    try:
        await place
    except asyncio.CancelledError:
        if place.done() and not place.cancelled():
            _wake_one(line)
        elif place in line:
            line.remove(place)
        raise


def _wake_one(line: deque[asyncio.Future[None]]) -> None:
    while line:
        place = line.popleft()
        if not place.done():
            place.set_result(None)
            return
