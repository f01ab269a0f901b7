"""Which URL may start when: priority, per-host slots and gaps, not-before times. Synchronous, without a clock."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Literal

from scraper.frontier.pace import NOTHING, Pace, Signal
from scraper.frontier.queues import Key, Lanes, Queue, key_of
from scraper.models import Job
from scraper.urls import FingerprintSet

MEMORY_S = 600.0
"""How long it is remembered of a host without jobs that it pushed back or is down."""


class FrontierCore:
    """Every operation is O(log n), but that `pop` may set aside many jobs at once, each job once for each try.

    What comes in the order of its ordinal waits in a queue that all hosts share, where nothing is sorted. When a job
    is first there and its host may not start one, it is set aside with its host, which then is in exactly one place:
    among the ready (it may start its best job now), among the timed (it may at a later time), or in none while all its
    slots are taken or it is held. Retries, and whatever else comes late, go to their host at once. So `pop` compares
    two jobs, the first of the queue and the best of the ready, however many wait.

    Moving a host does not search a heap for its old entry but makes that stale: an entry counts if it is the host's.

    A gate holds the jobs of an origin back while its robots.txt is being asked for.
    """

    def __init__(self, pace_of: Callable[[str], Pace]) -> None:
        """`pace_of` makes the Pace that a host, by its key, starts with."""
        self.waiting = 0
        """Jobs that have not started: retries and those behind gates included, errands (`Job.is_robots`) not."""
        self.in_flight = 0
        """Started jobs, errands included."""
        self.errands = 0
        """Started errands."""
        self._pace_of = pace_of
        self._slots: int | None = None
        self._hosts: dict[str, _Host] = {}
        self._fresh = Lanes()
        self._ready: list[tuple[Key, int, _Host]] = []  # (key of its best job, number, host)
        self._timed: list[tuple[float, int, _Host]] = []  # (when it may start, number, host)
        self._retries: list[tuple[float, int, Job]] = []  # (not_before, ordinal, job)
        self._gates: dict[str, list[Job]] = {}  # by origin
        self._numbers = count()
        self._claimed = FingerprintSet()

    def claim(self, identity: int) -> bool:
        """Return whether nobody named the URL with this fingerprint before."""
        return self._claimed.add(identity)

    def push(self, job: Job, now: float) -> None:
        """Let `job` wait for its host's turn."""
        self.waiting += not job.is_robots
        host = self._host(job.host)
        host.waiting += 1
        gate = None if job.is_robots else self._gates.get(job.origin)
        if gate is not None:
            gate.append(job)
        elif not self._fresh.add(job):
            self._set_aside(host, job, now)

    def pop(self, now: float, is_reachable: Callable[[str], bool] | None = None) -> Job | None:
        """Start and return the job that is first among those that may start, or None.

        A host that `is_reachable` says no to is held until it is released.
        """
        self._release_due(now)
        while True:
            best = self._best_ready()
            job = self._fresh.first()
            if job is not None and (best is None or key_of(job) < best):
                self._fresh.drop()
                host = self._hosts[job.host]
                if host.may_start(now) and self._is_reachable(host, is_reachable):
                    return self._start(host, job, now)
                self._set_aside(host, job, now)
            elif best is not None:
                _, _, host = heapq.heappop(self._ready)
                host.entry = None
                if self._is_reachable(host, is_reachable):
                    return self._start(host, host.take(), now)
            else:
                return None

    def release(self, host: str, now: float) -> None:
        """Hold `host` no longer."""
        known = self._hosts.get(host)
        if known is not None and known.is_held:
            known.is_held = False
            self._place(known, now)

    def wait_until_sent(self, host: str) -> bool:
        """Start no job of `host` before `sent` tells that the last one's request is; return whether it has a gap."""
        pace = self._hosts[host].pace
        pace.is_starting = pace.gap_s > 0
        return pace.is_starting

    def sent(self, host: str, now: float) -> None:
        """Count the gap of `host` from now: the request of its job that was started last is on its way."""
        known = self._hosts[host]
        known.pace.start(now)
        self._place(known, now)

    def done(self, job: Job, now: float, signal: Signal = NOTHING) -> None:
        """End a started job, and let its host learn from it."""
        host = self._hosts[job.host]
        host.in_flight -= 1
        if not host.in_flight:  # or it came to its end without being sent
            host.pace.is_starting = False
        host.pace.end(now, signal)
        self.in_flight -= 1
        self.errands -= job.is_robots
        self._place(host, now)

    def retry(self, job: Job, again: Job, now: float, not_before: float, signal: Signal = NOTHING) -> None:
        """End this try of a started job; `again`, to any host, waits without a slot until `not_before`."""
        self.push_later(again, not_before)  # before `done`: the host must not be forgotten
        self.done(job, now, signal)

    def push_later(self, job: Job, not_before: float) -> None:
        """Let `job` wait, without a slot, until `not_before`; then for its host's turn."""
        self._host(job.host).waiting += 1
        self.waiting += not job.is_robots
        heapq.heappush(self._retries, (not_before, job.ordinal, job))

    def gate(self, origin: str) -> None:
        """Hold the jobs of `origin` back from now on."""
        self._gates[origin] = []

    def is_gated(self, origin: str) -> bool:
        """Return whether jobs of `origin` are held back."""
        return origin in self._gates

    def open_gate(self, origin: str) -> list[Job]:
        """Hold nothing back any more; take out and return what was."""
        jobs = self._gates.pop(origin, [])
        self.waiting -= len(jobs)
        for job in jobs:
            self._hosts[job.host].waiting -= 1
        return jobs

    def obey_crawl_delay(self, host: str, crawl_delay_s: float, now: float) -> None:
        """Ask `host` one at a time and so far apart from now on."""
        known = self._host(host)
        known.pace.obey(crawl_delay_s, now)
        self._place(known, now)

    def set_slots(self, slots: int, now: float) -> None:
        """Ask each host so many at a time at most from now on, but those with a limit of their own."""
        self._slots = slots
        for host in list(self._hosts.values()):
            host.pace.set_slots(slots)
            self._place(host, now)

    def pause(self, host: str, now: float) -> None:
        """Start no job of `host` until `resume`; they stay where they are."""
        known = self._host(host)
        known.pace.is_paused = True
        self._place(known, now)

    def skip(self, host: str, now: float) -> None:
        """Let its jobs start without waiting, to be ended, as those of a host that is down."""
        known = self._host(host)
        known.pace.is_paused, known.pace.is_skipped, known.is_held = False, True, False
        self._place(known, now)

    def resume(self, host: str, now: float) -> bool:
        """Undo `pause` and `skip`; return whether there was anything to undo."""
        known = self._hosts.get(host)
        if known is None or not known.pace.is_steered:
            return False
        known.pace.is_paused = known.pace.is_skipped = False
        self._place(known, now)
        return True

    def obstacles(self) -> dict[str, Literal["robots", "dns"]]:
        """Return what keeps hosts with jobs from being asked at all: their robots.txt, or their name."""
        gated: dict[str, Literal["robots", "dns"]] = {jobs[0].host: "robots" for jobs in self._gates.values() if jobs}
        return gated | {host.name: "dns" for host in self._hosts.values() if host.is_held}

    def pace(self, host: str) -> Pace:
        """Return the pace of a host that has jobs."""
        return self._hosts[host].pace

    def next_due(self) -> float | None:
        """Return when something that waits for the time may start; earlier than that is possible, later is not.

        That holds once `pop` has found nothing: it may not have looked at all jobs before.
        """
        return min((heap[0][0] for heap in (self._timed, self._retries) if heap), default=None)

    def has_ready(self) -> bool:
        """Return whether `pop` may find a job without time passing. A wrong yes is possible, a wrong no is not."""
        return bool(self._ready) or self._fresh.first() is not None

    def waiting_of(self, host: str) -> int:
        """Return how many jobs of `host` have not started."""
        known = self._hosts.get(host)
        return 0 if known is None else known.waiting

    def hosts(self) -> Iterator[tuple[str, int, int, Pace]]:
        """Yield each host with jobs: its name, how many wait, how many are in flight, its pace."""
        for host in self._hosts.values():
            if host.waiting or host.in_flight:
                yield host.name, host.waiting, host.in_flight, host.pace

    def _host(self, name: str) -> "_Host":
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, self._pace_of(name), next(self._numbers))
            if self._slots is not None:
                host.pace.set_slots(self._slots)
        host.forget_at = None
        return host

    def _best_ready(self) -> Key | None:
        """Return the key of the best job of the ready, after removing stale entries."""
        while self._ready:
            entry = self._ready[0]
            if entry is entry[2].entry:
                return entry[0]
            heapq.heappop(self._ready)
        return None

    def _start(self, host: "_Host", job: Job, now: float) -> Job:
        host.in_flight += 1
        host.waiting -= 1
        host.pace.start(now)
        self.waiting -= not job.is_robots
        self.errands += job.is_robots
        self.in_flight += 1
        self._place(host, now)
        return job

    @staticmethod
    def _is_reachable(host: "_Host", is_reachable: Callable[[str], bool] | None) -> bool:
        """Return whether `host` can be asked; hold it if not."""
        host.is_held = is_reachable is not None and not host.pace.is_given_up and not is_reachable(host.name)
        return not host.is_held

    def _set_aside(self, host: "_Host", job: Job, now: float) -> None:
        if host.jobs is None:
            host.jobs = Queue(job)
        elif not host.jobs.add(job):
            return
        self._place(host, now)

    def _place(self, host: "_Host", now: float) -> None:
        """Put `host` where it belongs now, and nowhere else."""
        jobs = host.jobs
        if host.is_held:
            host.entry = None
        elif jobs is None:
            if not host.waiting and not host.in_flight:
                self._forget(host, now)
        elif not host.pace.has_slot(host.in_flight):
            host.entry = None
        elif (ready_at := host.pace.ready_at()) > now:
            self._time(host, ready_at)
        elif host.entry is None or host.entry[0] != jobs.best:
            host.entry = entry = (jobs.best, host.number, host)
            heapq.heappush(self._ready, entry)

    def _time(self, host: "_Host", ready_at: float) -> None:
        """Put `host` among the timed."""
        if host.entry is None or host.entry[0] != ready_at:
            host.entry = entry = (ready_at, host.number, host)
            heapq.heappush(self._timed, entry)

    def _forget(self, host: "_Host", now: float) -> None:
        """Forget a host that has no jobs: once its delay is over, or later if there is more to remember of it."""
        pace = host.pace
        if pace.is_plain(now) or (host.forget_at is not None and now >= host.forget_at):
            host.entry = None
            del self._hosts[host.name]
            return
        if pace.has_crawl_delay or pace.is_steered:  # for good: its robots.txt, or a person, is not asked again
            return
        if host.forget_at is None:
            quiet_at = max(pace.not_before, pace.paused_until)
            host.forget_at = quiet_at if pace.is_plain(quiet_at) else max(quiet_at, now + MEMORY_S)
        self._time(host, host.forget_at)

    def _release_due(self, now: float) -> None:
        while self._retries and self._retries[0][0] <= now:
            job = heapq.heappop(self._retries)[2]
            self._set_aside(self._hosts[job.host], job, now)
        while self._timed and self._timed[0][0] <= now:
            entry = heapq.heappop(self._timed)
            host = entry[2]
            if host.entry is entry:
                host.entry = None
                self._place(host, now)


class _Host:
    """One host's pace, and its jobs that were set aside."""

    __slots__ = ("entry", "forget_at", "in_flight", "is_held", "jobs", "name", "number", "pace", "waiting")

    def __init__(self, name: str, pace: Pace, number: int) -> None:
        self.name = name
        self.number = number  # decides between equal entries of a heap
        self.pace = pace
        self.jobs: Queue | None = None
        self.waiting = 0  # those in the shared queue, in `jobs`, behind a gate, and retries
        self.in_flight = 0
        self.is_held = False
        self.forget_at: float | None = None
        self.entry: tuple[Key | float, int, _Host] | None = None  # the only one in the core's heaps that counts

    def may_start(self, now: float) -> bool:
        """Return whether one more may start now."""
        return not self.is_held and self.pace.has_slot(self.in_flight) and self.pace.ready_at() <= now

    def take(self) -> Job:
        """Remove and return the best of the jobs that were set aside."""
        if self.jobs is None:
            raise LookupError(f"{self.name} has no jobs")
        job, is_last = self.jobs.take()
        if is_last:
            self.jobs = None
        return job
