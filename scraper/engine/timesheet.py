"""How the workers of a run spend their time, gathered as they go; told as a Load."""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from msgspec.structs import astuple, replace

from scraper.engine.bottleneck import HostLoad, Load, remaining_s
from scraper.models import Timings

_PHASES = Timings.__struct_fields__
_HOSTS_KEPT = 10
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
        self._worker_s = 0.0
        self._hosts = hosts
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._started = self._settled = clock()
        self._cpu_started = cpu_clock()
        self._idle = 0
        self._idle_s: defaultdict[str, float] = defaultdict(float)
        self._why = "starved"
        self._phases: defaultdict[str, float] = defaultdict(float)
        self._late_s = 0.0
        self._pulses = 0
        self._longest: list[HostLoad] = []
        self._next_sample = float("-inf")
        self._loads: deque[Load] = deque()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._started

    def wait(self, why: str) -> None:
        """Take note that one more worker has no job, and why none of the idle ones has any.

        `waiting` for a host's turn, `starved` by the source, or in the `tail` of the run.
        """
        now = self._settle(why)
        self._idle += 1
        if why == "waiting" and now >= self._next_sample:
            self._sample(now)

    def join(self) -> None:
        """Take note that there is one worker more."""
        self._settle(self._why)
        self._workers += 1

    def leave(self) -> None:
        """Take note that a worker that has no job is gone."""
        self._settle(self._why)
        self._workers -= 1
        self._idle -= 1

    def start(self, why: str) -> None:
        """Take note that one that had no job has one, and why the others have none."""
        self._settle(why)
        self._idle -= 1

    def spent(self, phase: str, seconds: float) -> None:
        """Take note of how long a worker was in a phase that no timings tell of: `robots` or `write`."""
        self._phases[phase] += seconds

    def tried(self, timings: Timings) -> None:
        """Take note of a try that has ended."""
        for phase, milliseconds in zip(_PHASES, astuple(timings), strict=True):
            if milliseconds is not None:
                self._phases[phase] += milliseconds / 1000

    def late(self, seconds: float) -> None:
        """Take note of how late the loop did what was due."""
        self._late_s += seconds
        self._pulses += 1

    def load(self, *, unfinished: int, records: int) -> Load:
        """Return how the time of the whole run was spent so far. `records` are the URLs that came to their end."""
        now = self._settle(self._why)
        if now >= self._next_sample or not unfinished:
            self._sample(now)
        elapsed_s = now - self._started
        idle_s = self._idle_s
        return Load(
            workers=self._workers,
            elapsed_s=elapsed_s,
            busy_s=self._worker_s - sum(idle_s.values()),
            waiting_s=idle_s["waiting"],
            starved_s=idle_s["starved"],
            tail_s=idle_s["tail"],
            phases_s=dict(self._phases),
            cpu_s=self._cpu_clock() - self._cpu_started,
            late_s=self._late_s,
            pulses=self._pulses,
            unfinished=unfinished,
            records_per_s=records / elapsed_s if elapsed_s > 0 else 0.0,
            hosts=self._longest,
        )

    def _settle(self, why: str) -> float:
        """Book the time since the last call to why the idle workers had no job; return the time."""
        now = self._clock()
        self._idle_s[self._why] += self._idle * (now - self._settled)
        self._worker_s += self._workers * (now - self._settled)
        self._settled = now
        self._why = why
        return now

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
