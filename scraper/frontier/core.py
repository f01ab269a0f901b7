"""Which URL may start when: priority, per-host slots and gaps, not-before times. Synchronous, without a clock."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count

from scraper.frontier.pace import NOTHING, Pace, Signal
from scraper.models import Job
from scraper.urls import FingerprintSet


class _Host:
    """One host's waiting jobs and its pace."""

    __slots__ = ("in_flight", "is_held", "jobs", "name", "pace", "ticket", "waiting")

    def __init__(self, name: str, pace: Pace) -> None:
        self.name = name
        self.pace = pace
        self.jobs: list[tuple[float, int, Job]] = []  # a heap by (-priority, ordinal)
        self.waiting = 0  # those in `jobs`, behind a gate, and retries
        self.in_flight = 0
        self.ticket = 0  # the only entry in the core's heaps that still counts
        self.is_held = False


class FrontierCore:
    """Every operation is O(log n).

    A host with jobs is in exactly one place: among the ready (it may start its best job now), among the timed (it may
    at a later time), or in none while all its slots are taken or it is held. Moving a host does not search a heap for
    its old entry but makes that stale, by drawing a new ticket.

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
        self._hosts: dict[str, _Host] = {}
        self._ready: list[tuple[float, int, int, _Host]] = []  # (-priority, ordinal, ticket, host)
        self._timed: list[tuple[float, int, _Host]] = []  # (when it may start, ticket, host)
        self._retries: list[tuple[float, int, Job]] = []  # (not_before, ordinal, job)
        self._gates: dict[str, list[Job]] = {}  # by origin
        self._tickets = count(1)
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
        else:
            self._enqueue(host, job, now)

    def pop(self, now: float, is_reachable: Callable[[str], bool] | None = None) -> Job | None:
        """Start and return the job that is first among those that may start, or None.

        A host that `is_reachable` says no to is held until it is released.
        """
        self._release_due(now)
        while self._ready:
            _, _, ticket, host = heapq.heappop(self._ready)
            if ticket != host.ticket:
                continue
            if is_reachable is not None and not host.pace.is_given_up and not is_reachable(host.name):
                host.is_held = True
                continue
            _, _, job = heapq.heappop(host.jobs)
            host.in_flight += 1
            host.waiting -= 1
            host.pace.start(now)
            self.waiting -= not job.is_robots
            self.errands += job.is_robots
            self.in_flight += 1
            self._place(host, now)
            return job
        return None

    def release(self, host: str, now: float) -> None:
        """Hold `host` no longer."""
        known = self._hosts.get(host)
        if known is not None and known.is_held:
            known.is_held = False
            self._place(known, now)

    def done(self, job: Job, now: float, signal: Signal = NOTHING) -> None:
        """End a started job, and let its host learn from it."""
        host = self._hosts[job.host]
        host.in_flight -= 1
        host.pace.end(now, signal)
        self.in_flight -= 1
        self.errands -= job.is_robots
        self._place(host, now)

    def retry(self, job: Job, again: Job, now: float, not_before: float, signal: Signal = NOTHING) -> None:
        """End this try of a started job; `again`, to any host, waits without a slot until `not_before`."""
        self._host(again.host).waiting += 1  # before `done`: the host must not be forgotten
        self.done(job, now, signal)
        self.waiting += not again.is_robots
        heapq.heappush(self._retries, (not_before, again.ordinal, again))

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

    def gated_hosts(self) -> set[str]:
        """Return the hosts with jobs that are held back."""
        return {jobs[0].host for jobs in self._gates.values() if jobs}

    def pace(self, host: str) -> Pace:
        """Return the pace of a host that has jobs."""
        return self._hosts[host].pace

    def next_due(self) -> float | None:
        """Return when something that waits for the time may start; earlier than that is possible, later is not."""
        return min((heap[0][0] for heap in (self._timed, self._retries) if heap), default=None)

    def has_ready(self) -> bool:
        """Return whether `pop` may find a job without time passing. A wrong yes is possible, a wrong no is not."""
        return bool(self._ready)

    def waiting_of(self, host: str) -> int:
        """Return how many jobs of `host` have not started."""
        known = self._hosts.get(host)
        return 0 if known is None else known.waiting

    def hosts(self) -> Iterator[tuple[str, int, int, Pace]]:
        """Yield each host with jobs: its name, how many wait, how many are in flight, its pace."""
        for host in self._hosts.values():
            if host.waiting or host.in_flight:
                yield host.name, host.waiting, host.in_flight, host.pace

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, self._pace_of(name))
        return host

    def _enqueue(self, host: _Host, job: Job, now: float) -> None:
        entry = (-float("inf") if job.is_robots else -job.row.priority, job.ordinal, job)
        heapq.heappush(host.jobs, entry)
        if host.jobs[0] is entry:
            self._place(host, now)

    def _place(self, host: _Host, now: float) -> None:
        """Put `host` where it belongs now, and nowhere else."""
        host.ticket = next(self._tickets)
        if host.is_held:
            return
        ready_at = host.pace.ready_at()
        if host.jobs and host.pace.has_slot(host.in_flight):
            if ready_at <= now:
                priority, ordinal, _ = host.jobs[0]
                heapq.heappush(self._ready, (priority, ordinal, host.ticket, host))
            else:
                heapq.heappush(self._timed, (ready_at, host.ticket, host))
        elif not host.waiting and not host.in_flight:
            if host.pace.is_plain(now):
                del self._hosts[host.name]
            elif ready_at > now:  # remembered for as long as its delay lasts
                heapq.heappush(self._timed, (ready_at, host.ticket, host))

    def _release_due(self, now: float) -> None:
        while self._retries and self._retries[0][0] <= now:
            job = heapq.heappop(self._retries)[2]
            self._enqueue(self._hosts[job.host], job, now)
        while self._timed and self._timed[0][0] <= now:
            _, ticket, host = heapq.heappop(self._timed)
            if ticket == host.ticket:
                self._place(host, now)
