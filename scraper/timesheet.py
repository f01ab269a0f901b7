"""How the workers of a run spend their time, gathered as they go; told as a Load."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from scraper.bottleneck import HostLoad, Load, remaining_s
from scraper.models import Record, Timings

_HOSTS_KEPT = 5
_SAMPLE_S = 1.0
"""The hosts are looked at so often at most: it costs a pass over all that have jobs."""

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
        self._sampled = float("-inf")

    def wait(self, worker: int, why: str) -> None:
        """Take note that `worker` has no job, and why.

        `waiting` for a host's turn, `starved` by the source, or in the `tail` of the run.
        """
        now = self._clock()
        self._waits[worker] = (now, why)
        if why == "waiting" and now - self._sampled >= _SAMPLE_S:
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

    def end(self, worker: int, record: Record | None) -> float:
        """Take note that `worker` has ended a try, with `record` or without; return how many seconds it took."""
        seconds = self._clock() - self._works.pop(worker)
        self._busy_s += seconds
        if record is not None and record.timings is not None:
            for phase, milliseconds in _phases(record.timings):
                self._phases[phase] += milliseconds / 1000
        else:  # of a failure only the whole is known, and nearly all of that was silence
            self._phases["first_byte"] += seconds
        return seconds

    def load(self, *, unfinished: int, records: int) -> Load:
        """Return how the time of the whole run was spent so far. `records` are the URLs that came to their end."""
        now = self._clock()
        idle = defaultdict(float, self._idle)
        for since, why in self._waits.values():
            idle[why] += now - since
        if now - self._sampled >= _SAMPLE_S or not unfinished:
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

    def _sample(self, now: float) -> None:
        """Look at the hosts; when none has jobs any more, the last that had tell what the run waited for."""
        self._sampled = now
        longest = heapq.nlargest(_HOSTS_KEPT, self._hosts(), key=remaining_s)
        self._longest = longest or [replace(host, paused_s=0.0) for host in self._longest]  # nobody waits any more


def _phases(timings: Timings) -> Iterable[tuple[str, float]]:
    for phase in ("dns", "connect", "first_byte", "body", "parse"):
        milliseconds = getattr(timings, phase)
        if milliseconds is not None:
            yield phase, milliseconds
