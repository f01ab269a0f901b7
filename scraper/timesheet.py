"""How the workers of a run spend their time, gathered as they go; told as a Load."""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from scraper.bottleneck import HostLoad, Load, remaining_s
from scraper.models import Timings

_PHASES = Timings.__struct_fields__
_HOSTS_KEPT = 5
_SAMPLE_S = 1.0
"""The hosts are looked at so often at most: it is a pass over all that have jobs,"""
_SAMPLE_SHARE = 0.02
"""and may cost so much of the time."""
_LATELY_S = 30.0
"""What the live line calls now."""

Hosts = Callable[[], Iterator[HostLoad]]


class Timesheet:
    """Worker-seconds by what they went to. `clock` and `cpu_clock` give seconds; `hosts` yields those with jobs."""

    def __init__(
        self, *, workers: int, hosts: Hosts, clock: Callable[[], float], cpu_clock: Callable[[], float]
    ) -> None:
        self._workers = workers
        self._hosts = hosts
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._started = clock()
        self._cpu_started = cpu_clock()
        self._idle: defaultdict[str, float] = defaultdict(float)
        self._busy_s = 0.0
        self._phases: defaultdict[str, float] = defaultdict(float)
        self._waits: dict[int, tuple[float, str]] = {}
        self._works: dict[int, float] = {}
        self._longest: list[HostLoad] = []
        self._next_sample = float("-inf")
        self._loads: deque[Load] = deque()

    def wait(self, worker: int, why: str) -> None:
        """Take note that `worker` has no job, and why.

        `waiting` for a host's turn, `starved` by the source, or in the `tail` of the run.
        """
        now = self._clock()
        self._waits[worker] = (now, why)
        if why == "waiting" and now >= self._next_sample:
            self._sample(now)

    def start(self, worker: int) -> None:
        """Take note that `worker` has a job."""
        since, why = self._waits.pop(worker)
        now = self._clock()
        self._idle[why] += now - since
        self._works[worker] = now

    def wrote(self, seconds: float) -> None:
        """Take note of how long a worker waited until its record was taken."""
        self._phases["write"] += seconds

    def end(self, worker: int, timings: Timings | None, *, is_robots: bool = False) -> None:
        """Take note that `worker` is done with a job. `timings` are those of a try that ended with it."""
        seconds = self._clock() - self._works.pop(worker)
        self._busy_s += seconds
        if is_robots:
            self._phases["robots"] += seconds
        for phase in _PHASES if timings is not None else ():
            milliseconds = getattr(timings, phase)
            if milliseconds is not None:
                self._phases[phase] += milliseconds / 1000

    def load(self, *, unfinished: int, records: int) -> Load:
        """Return how the time of the whole run was spent so far. `records` are the URLs that came to their end."""
        now = self._clock()
        idle = defaultdict(float, self._idle)
        for since, why in self._waits.values():
            idle[why] += now - since
        if now >= self._next_sample or not unfinished:
            self._sample(now)
        elapsed_s = now - self._started
        return Load(
            workers=self._workers,
            elapsed_s=elapsed_s,
            busy_s=self._busy_s + sum(now - since for since in self._works.values()),
            waiting_s=idle["waiting"],
            starved_s=idle["starved"],
            tail_s=idle["tail"],
            phases_s=dict(self._phases),
            cpu_s=self._cpu_clock() - self._cpu_started,
            unfinished=unfinished,
            records_per_s=records / elapsed_s if elapsed_s > 0 else 0.0,
            hosts=self._longest,
        )

    def lately(self, load: Load) -> Load:
        """Return the part of `load`, the last that was told, that belongs to the last _LATELY_S."""
        loads = self._loads
        if not loads or load.elapsed_s - loads[-1].elapsed_s >= _SAMPLE_S:
            loads.append(load)
        while len(loads) > 1 and loads[1].elapsed_s <= load.elapsed_s - _LATELY_S:
            loads.popleft()
        return load.since(loads[0]) if load.elapsed_s > _LATELY_S else load

    def _sample(self, now: float) -> None:
        """Look at the hosts; when none has jobs any more, the last that had tell what the run waited for."""
        longest = heapq.nlargest(_HOSTS_KEPT, self._hosts(), key=remaining_s)
        self._longest = longest or [replace(host, paused_s=0.0) for host in self._longest]  # nobody waits any more
        self._next_sample = now + max(_SAMPLE_S, (self._clock() - now) / _SAMPLE_SHARE)
