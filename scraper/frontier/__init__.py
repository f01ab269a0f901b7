"""The bounded queue. The core decides; this thin shell waits: producers while it is full, workers for what is due.

All politeness lives in the core, so a worker never sleeps: a delay, a back-off or a retry is a not-before time there.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from scraper.frontier.core import FrontierCore
from scraper.frontier.pace import ANSWERED, FAILED, NOTHING, Pace, Signal
from scraper.models import Job

__all__ = ["ANSWERED", "FAILED", "NOTHING", "Frontier", "FrontierCore", "Names", "Pace", "Signal"]


class Names(Protocol):
    """Resolves the names of hosts."""

    def is_settled(self, host: str) -> bool:
        """Return whether a request to `host` would not have to wait for its address."""
        ...

    def settle(self, host: str, then: Callable[[], None]) -> None:
        """Look it up, and call `then` once it is settled, one way or the other."""
        ...

    def forget(self, host: str) -> None:
        """Do not take a failure for an answer any more."""
        ...


class Frontier:
    """The core with waiting added: producers wait when it is full, workers until something is due.

    With `names` no job starts before its host's name was looked up: one that hangs holds no worker.
    """

    def __init__(
        self, core: FrontierCore, *, window: int, clock: Callable[[], float], names: Names | None = None
    ) -> None:
        self.core = core
        self._names = names
        self._is_reachable = None if names is None else partial(self._is_settled, names)
        self._window = window
        self._clock = clock
        self._getters: deque[asyncio.Future[None]] = deque()
        self._putters: deque[asyncio.Future[None]] = deque()
        self._readers: deque[asyncio.Future[None]] = deque()
        self._alarm: asyncio.Handle | None = None
        self._alarm_at = 0.0
        self._is_closed = False
        self._is_stopped = False

    async def put(self, job: Job) -> None:
        """Add `job`; wait while the window is full."""
        await self.room()
        self.push(job)

    async def room(self) -> None:
        """Wait while the window is full."""
        while self.core.waiting >= self._window:
            await _wait_in(self._putters)

    async def idleness(self) -> None:
        """Wait until a worker has nothing to do."""
        while not self._getters:
            await _wait_in(self._readers)

    def push(self, job: Job) -> None:
        """Add `job` though the window may be full: it was in the frontier before, or is an errand."""
        self.core.push(job, self._clock())
        _wake_one(self._getters)

    async def get(self) -> Job | None:
        """Start and return the next job that may start; None when there will be no more."""
        while (job := self.take()) is None:
            if self._is_stopped or (self._is_closed and not self.core.waiting and not self.core.in_flight):
                self._wake_all()
                return None
            self._set_alarm()
            _wake_one(self._readers)
            await _wait_in(self._getters)
        return job

    def take(self) -> Job | None:
        """Start and return the next job if there is one that may start now."""
        if self._is_stopped:
            return None
        job = self.core.pop(self._clock(), self._is_reachable)
        if job is not None:
            if self._getters:
                if self.core.has_ready():
                    _wake_one(self._getters)
                else:  # the alarm that woke this one was the only one
                    self._set_alarm()
            if self.core.waiting < self._window:
                _wake_one(self._putters)
        return job

    def sent(self, host: str) -> None:
        """Take note that the request that was started last is on its way: from now on the next keeps its distance."""
        self.core.sent(host, self._clock())
        if self._getters:
            self._set_alarm()

    def on_sent(self, job: Job) -> Callable[[], None] | None:
        """Return what is to be called when the request for `job`, just started, is sent, or has ended without.

        None when its host has no gap to keep. Further calls do nothing.
        """
        return _Once(partial(self.sent, job.host)) if self.core.wait_until_sent(job.host) else None

    def done(self, job: Job, signal: Signal = NOTHING) -> None:
        """End `job` for good, and let its host learn from it."""
        self.core.done(job, self._clock(), signal)
        _wake_one(self._getters)

    def retry(self, job: Job, again: Job, wait_s: float, signal: Signal = NOTHING) -> None:
        """End this try of `job`; the next one, `again`, may start in `wait_s` seconds."""
        now = self._clock()
        self.core.retry(job, again, now, now + wait_s, signal)
        if self._names is not None:
            self._names.forget(job.host)
        _wake_one(self._getters)

    def later(self, job: Job, wait_s: float) -> None:
        """Add `job`, which may start in `wait_s` seconds and was started elsewhere before."""
        self.core.push_later(job, self._clock() + wait_s)
        _wake_one(self._getters)

    def obey_crawl_delay(self, host: str, crawl_delay_s: float) -> None:
        """Ask `host` one at a time and so far apart from now on."""
        self.core.obey_crawl_delay(host, crawl_delay_s, self._clock())

    def set_slots(self, slots: int) -> None:
        """Ask each host so many at a time at most from now on."""
        self.core.set_slots(slots, self._clock())
        _wake_one(self._getters)

    def pause(self, host: str) -> None:
        """Start no job of `host` until `resume`."""
        self.core.pause(host, self._clock())

    def resume(self, host: str) -> bool:
        """Undo `pause` and `skip`; return whether there was anything to undo."""
        is_other = self.core.resume(host, self._clock())
        _wake_one(self._getters)
        return is_other

    def skip(self, host: str) -> None:
        """Have the jobs of `host` ended as soon as there are workers for it."""
        self.core.skip(host, self._clock())
        _wake_one(self._getters)

    def close(self) -> None:
        """No more `put`: workers end once all that is waiting has ended."""
        self._is_closed = True
        self._wake_all()

    def stop(self) -> None:
        """Start nothing any more; what waits stays pending."""
        self._is_stopped = True
        self._wake_all()

    def _is_settled(self, names: Names, host: str) -> bool:
        if names.is_settled(host):
            return True
        names.settle(host, partial(self._release, host))
        return False

    def _release(self, host: str) -> None:
        self.core.release(host, self._clock())
        _wake_one(self._getters)

    def _wake_all(self) -> None:
        while self._getters:
            _wake_one(self._getters)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self) -> None:
        """Wake a getter when the next delay or back-off is over."""
        due = self.core.next_due()
        if due is None or (self._alarm is not None and self._alarm_at <= due):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = due  # uvloop's handle for what is due at once does not know when that is
        self._alarm = asyncio.get_running_loop().call_at(due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        _wake_one(self._getters)


class _Once:
    """A callable that works once."""

    __slots__ = ("_work",)

    def __init__(self, work: Callable[[], None]) -> None:
        self._work: Callable[[], None] | None = work

    def __call__(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            work()


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
