"""Drive the frontier's core with simulated time: is it right, what does it cost, and how does that grow?

    python tests/benchmarks/frontier.py [--jobs 1000000]

All jobs wait at once, over a tenth as many hosts with a Zipf share; some hosts have a delay or one slot, some are
dead, some push back. A referee that knows only starts and ends checks order, gaps, slots, pauses, and that each job
ends once.

Measured is the CPU time of each call of the core, with the clock's own (about 0.3 µs) and with the garbage collector
as Python sets it, medians over some runs of a size. Memory is what tracemalloc counts: of the core the most of two
moments, when all jobs have been pushed, and when all that may start have and the others were looked at. The backlog
gets the jobs of one host. Exits with 1 when an operation grows by more than MOST_GROWTH, or a job that waits in the
backlog takes more than BACKLOG_BYTES of memory.
"""

import argparse
import gc
import heapq
import random
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from statistics import median
from time import thread_time_ns
from typing import NamedTuple

from msgspec import structs
from rich.console import Console
from rich.table import Table

from scraper.engine.backlog import Backlog
from scraper.frontier import ANSWERED, FAILED, NOTHING, FrontierCore, Pace, Signal
from scraper.models import Job, Row

SMALLEST = 10_000
WORKERS = 50
ATTEMPTS = 4
PAUSE_CAP_S = 120.0
MOST_GROWTH = 2.0
"""An operation may be so many times slower among a million jobs than among ten thousand."""
BACKLOG_BYTES = 16.0
RUN_JOBS = 100_000
"""A smaller size runs several times, with so many jobs in all, up to MOST_RUNS."""
MOST_RUNS = 9
ROUNDING_S = 1e-6
FULL_CHECKS = 200
"""How often a run looks at all hosts whether one with a better job could have started."""
KINDS = ("push", "pop", "done", "retry")
_WAITING, _STARTED, _ENDED = range(3)


class Character(NamedTuple):
    """What a host wants, and how it behaves."""

    slots: int
    gap_s: float
    failure_share: float
    push_back_share: float


def character(host: str) -> Character:
    """Return the character of `host`, by its rank."""
    rank = int(host)
    return Character(
        slots=1 if rank % 10 == 7 else 4,
        gap_s=0.5 if rank % 10 == 3 else 0.0,
        failure_share=1.0 if rank % 97 == 5 else 0.02,
        push_back_share=0.1 if rank % 50 == 11 else 0.0,
    )


def make_jobs(count: int, chance: random.Random) -> Iterator[Job]:
    """Yield `count` jobs of `count / 10` hosts: host number r gets a share of about 1 / r."""
    hosts = max(count // 10, 1)
    for number in range(count):
        host = str(int((hosts + 1) ** chance.random()))
        url = f"http://{host}.test/{number}"
        row = Row(url=url, line=number + 1, priority=chance.choice((0.0, 0.0, 0.0, 1.0, 5.0)))
        yield Job(row=row, href=url, host=host, ordinal=number, origin=f"http://{host}.test")


class Referee:
    """Follows starts and ends, with books of its own, and raises AssertionError for a wrong one."""

    def __init__(self, jobs: Sequence[Job], paces: dict[str, Pace], full_check_every: int) -> None:
        self._jobs = jobs
        self._paces = paces
        self._full_check_every = full_check_every
        self._looks = 0
        self._state = bytearray(len(jobs))
        self._heaps: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self._retries: list[tuple[float, int]] = []
        self._in_flight: dict[str, int] = defaultdict(int)
        self._started: dict[str, float] = {}
        self._paused: dict[str, float] = {}
        for job in jobs:
            heapq.heappush(self._heaps[job.host], _key(job))

    def looked(self, now: float, job: Job | None) -> None:
        """Check what `pop` returned: None only if nothing may start, else the best of what may."""
        while self._retries and self._retries[0][0] <= now:
            again = self._jobs[heapq.heappop(self._retries)[1]]
            heapq.heappush(self._heaps[again.host], _key(again))
        self._looks += 1
        if self._looks % self._full_check_every == 0:
            self._compare(now, job)
        if job is not None:
            self._start(now, job)

    def ended(self, job: Job, now: float, signal: Signal, not_before: float | None) -> None:
        """Take note of the end of a try; `not_before` is the time of the next."""
        assert self._state[job.ordinal] == _STARTED, "a job ended that was not in flight"
        self._in_flight[job.host] -= 1
        if signal.kind == "pushed-back":
            self._paused[job.host] = max(self._paused.get(job.host, 0.0), now + signal.pause_s)
        if not_before is None:
            self._state[job.ordinal] = _ENDED
        else:
            self._state[job.ordinal] = _WAITING
            heapq.heappush(self._retries, (not_before, job.ordinal))

    def finished(self) -> None:
        """Check that every job has ended."""
        assert self._state.count(_ENDED) == len(self._jobs), "a job was lost"

    def _start(self, now: float, job: Job) -> None:
        host, heap = job.host, self._heaps[job.host]
        assert self._state[job.ordinal] == _WAITING, "a job started that was not waiting"
        assert heap, "a retry started before its time"
        assert heapq.heappop(heap) == _key(job), "a better job of its host was waiting"
        if not self._paces[host].is_given_up:
            limits = character(host)
            assert self._in_flight[host] < limits.slots, "a host has too many in flight"
            last = self._started.get(host)
            assert last is None or now - last >= limits.gap_s - ROUNDING_S, "two starts are too close"
            assert now >= self._paused.get(host, 0.0), "a host was asked during its pause"
            self._started[host] = now
        self._state[job.ordinal] = _STARTED
        self._in_flight[host] += 1

    def _compare(self, now: float, job: Job | None) -> None:
        best = None if job is None else _key(job)
        for host, heap in self._heaps.items():
            if heap and (best is None or heap[0] < best) and (job is None or host != job.host):
                pace = self._paces[host]
                may_start = pace.has_slot(self._in_flight[host]) and pace.ready_at() <= now
                assert not may_start, "a better job could have started"


def _key(job: Job) -> tuple[float, int]:
    return (-job.row.priority, job.ordinal)


class Simulation:
    """WORKERS workers ask the core for jobs; each job takes a random time and ends by its host's character."""

    def __init__(self, jobs: Sequence[Job], chance: random.Random, *, full_check_every: int = 1) -> None:
        """`full_check_every`: so many calls of `pop` from one look at all hosts to the next."""
        self.nanoseconds = dict.fromkeys(KINDS, 0)
        self.calls = dict.fromkeys(KINDS, 0)
        self.now = 0.0
        self._jobs = jobs
        self._chance = chance
        self._paces: dict[str, Pace] = {}
        self._core = FrontierCore(self._pace_of)
        self._referee = Referee(jobs, self._paces, full_check_every)
        self._busy: list[tuple[float, int, Job]] = []  # (end, ordinal, job)

    def fill(self) -> None:
        """Push all jobs."""
        started = thread_time_ns()
        for job in self._jobs:
            self._core.push(job, 0.0)
        self.nanoseconds["push"] += thread_time_ns() - started
        self.calls["push"] += len(self._jobs)

    def start_all(self) -> None:
        """Start all jobs that may start at once."""
        while self._core.pop(self.now) is not None:
            pass

    def run(self) -> None:
        """Run until every job has ended. Raises AssertionError for what a frontier must not do."""
        while self._core.waiting or self._core.in_flight:
            while len(self._busy) < WORKERS and (job := self._pop()) is not None:
                if self._paces[job.host].is_given_up:
                    self._end(job, NOTHING, None)
                else:
                    heapq.heappush(self._busy, (self.now + self._chance.uniform(0.02, 0.4), job.ordinal, job))
            self._pass_time()
            while self._busy and self._busy[0][0] <= self.now:
                job = heapq.heappop(self._busy)[2]
                self._end(job, *self._outcome(job))
        self._referee.finished()

    def _pop(self) -> Job | None:
        started = thread_time_ns()
        job = self._core.pop(self.now)
        self._count("pop", started)
        self._referee.looked(self.now, job)
        return job

    def _end(self, job: Job, signal: Signal, wait_s: float | None) -> None:
        not_before = None if wait_s is None else self.now + wait_s
        again = job.again()
        started = thread_time_ns()
        if not_before is None:
            self._core.done(job, self.now, signal)
            self._count("done", started)
        else:
            self._core.retry(job, again, self.now, not_before, signal)
            self._count("retry", started)
        self._referee.ended(job, self.now, signal, not_before)

    def _pass_time(self) -> None:
        due = self._core.next_due() if len(self._busy) < WORKERS else None
        times = [entry[0] for entry in self._busy[:1]] + ([] if due is None else [due])
        assert times or not self._core.waiting, "jobs wait for nothing"
        if times:
            assert min(times) > self.now, "time stands still"
            self.now = min(times)

    def _outcome(self, job: Job) -> tuple[Signal, float | None]:
        """Return what the end of this try tells of the host, and how long the job waits for its next try."""
        limits = character(job.host)
        signal = ANSWERED
        if self._chance.random() < limits.failure_share:
            signal = FAILED
        elif self._chance.random() < limits.push_back_share:
            is_absurd = self._chance.random() < 0.01
            signal = Signal("pushed-back", pause_s=300.0 if is_absurd else self._chance.uniform(1, 20))
        if signal is ANSWERED or job.attempt == ATTEMPTS:
            return signal, None
        return signal, self._chance.uniform(0, 2**job.attempt / 2)

    def _pace_of(self, host: str) -> Pace:
        limits = character(host)
        pace = Pace(slots=limits.slots, gap_s=limits.gap_s, pause_cap_s=PAUSE_CAP_S, jitter=self._chance.random)
        self._paces[host] = pace
        return pace

    def _count(self, kind: str, started: int) -> None:
        self.nanoseconds[kind] += thread_time_ns() - started
        self.calls[kind] += 1


class Cost(NamedTuple):
    """What one size costs."""

    jobs: int
    microseconds: dict[str, float]
    """Of one operation, by kind."""
    core_bytes: float
    """Of one waiting job: the core's books of it and of its host."""
    job_bytes: float
    """Of the Job itself, with its row and its strings."""
    backlog_bytes: float
    """Of one job that waits in the backlog, all of one host."""


def simulate(count: int, *, seed: int = 1, full_check_every: int) -> Simulation:
    """Run `count` jobs to their end and return the finished simulation."""
    chance = random.Random(seed)
    simulation = Simulation(list(make_jobs(count, chance)), chance, full_check_every=full_check_every)
    gc.freeze()  # the jobs and the referee's books are not the core's, nor is walking through them its cost
    try:
        simulation.fill()
        simulation.run()
    finally:
        gc.unfreeze()
    return simulation


def measure(count: int) -> Cost:
    """Return what the core costs among `count` waiting jobs."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(max(1, min(MOST_RUNS, RUN_JOBS // count))):
        run = simulate(count, full_check_every=max(1, 2 * count // FULL_CHECKS))
        for kind in KINDS:
            times[kind].append(run.nanoseconds[kind] / run.calls[kind] / 1000)
    microseconds = {kind: median(values) for kind, values in times.items()}
    tracemalloc.start()
    jobs = list(make_jobs(count, random.Random(1)))
    job_bytes = tracemalloc.get_traced_memory()[0]
    simulation = Simulation(jobs, random.Random(1))
    empty_bytes = tracemalloc.get_traced_memory()[0]
    simulation.fill()
    filled_bytes = tracemalloc.get_traced_memory()[0]
    simulation.start_all()
    core_bytes = max(filled_bytes, tracemalloc.get_traced_memory()[0]) - empty_bytes
    tracemalloc.stop()
    return Cost(count, microseconds, core_bytes / count, job_bytes / count, backlog_bytes(count))


def backlog_bytes(count: int) -> float:
    """Return how many bytes of memory a job takes that waits in the backlog with `count` others of its host."""
    tracemalloc.start()
    with closing(Backlog()) as backlog:
        for job in make_jobs(count, random.Random(1)):
            backlog.put(structs.replace(job, host="1"))
        size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / count


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark as the command line asks; exit with 1 when an operation or a job takes more than it may."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=1_000_000, help="jobs of the largest run (%(default)s)")
    largest = parser.parse_args(arguments).jobs
    sizes = [size for size in (SMALLEST, 10 * SMALLEST, 100 * SMALLEST) if size < largest]
    console = Console()
    costs = []
    for size in (*sizes, largest):
        costs.append(measure(size))
        console.print(f"[dim]{size:,} jobs: each ended once, in order, within slots, gaps and pauses")
    growth = {kind: costs[-1].microseconds[kind] / costs[0].microseconds[kind] for kind in KINDS}
    console.print(_table(costs, growth))
    slow = [f"{kind} grows {growth[kind]:.2f} x" for kind in KINDS if growth[kind] > MOST_GROWTH]
    if costs[-1].backlog_bytes > BACKLOG_BYTES:
        slow.append(f"a job in the backlog takes {costs[-1].backlog_bytes:.1f} bytes")
    console.print("; ".join(slow) or f"no operation grows more than {MOST_GROWTH:g} x")
    raise SystemExit(1 if slow else 0)


def _table(costs: Sequence[Cost], growth: dict[str, float]) -> Table:
    table = Table(title="Microseconds for one operation of the core, bytes for one job", title_justify="left")
    for heading in ("jobs", *KINDS, "core B", "Job B", "backlog B"):
        table.add_column(heading, justify="right")
    for cost in costs:
        times = (f"{cost.microseconds[kind]:.2f}" for kind in KINDS)
        sizes = (f"{cost.core_bytes:.0f}", f"{cost.job_bytes:.0f}", f"{cost.backlog_bytes:.1f}")
        table.add_row(f"{cost.jobs:,}", *times, *sizes)
    table.add_section()
    table.add_row("growth", *(f"{growth[kind]:.2f} x" for kind in KINDS), "", "", "")
    return table


if __name__ == "__main__":
    main()
