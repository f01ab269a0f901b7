"""What several processes do, told as if it were one."""

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import astuple

from scraper.engine.bottleneck import FULL_CORE, SHORTEST_S, Load, explain, remaining_s
from scraper.engine.view import HostCounts, Inside
from scraper.seats import BUSY_NAMED, Busy

_SUMMED = (
    "workers", "busy_s", "waiting_s", "starved_s", "tail_s", "cpu_s", "processes", "late_s", "pulses", "unfinished",
    "records_per_s",
)  # fmt: skip

_HOSTS_KEPT = 10
IDLE_CORE = 0.5
"""CPU seconds for each second below which a process has little to do."""


def merged(loads: Sequence[Load]) -> Load:
    """Return how the workers of several processes spent their time."""
    phases: dict[str, float] = {}
    for load in loads:
        for phase, spent_s in load.phases_s.items():
            phases[phase] = phases.get(phase, 0.0) + spent_s
    hosts = [host for load in loads for host in load.hosts]
    return Load(
        **{name: sum(getattr(load, name) for load in loads) for name in _SUMMED},
        elapsed_s=max((load.elapsed_s for load in loads), default=0.0),
        phases_s=phases,
        hosts=sorted(hosts, key=remaining_s, reverse=True)[:_HOSTS_KEPT],
    )


def merged_inside(insides: Sequence[Inside]) -> Inside:
    """Return what is going on inside several processes."""
    phases: dict[str, Counter[int]] = {}
    busy: list[Busy] = []
    for inside in insides:
        for phase, counts in inside.phases.items():
            phases.setdefault(phase, Counter()).update(counts)
        busy += inside.busy
    return Inside(
        in_flight=total([dict(inside.in_flight) for inside in insides]),
        hosts=HostCounts(*(sum(counts) for counts in zip(*(astuple(each.hosts) for each in insides), strict=True))),
        open_sockets=sum(inside.open_sockets for inside in insides),
        stalls=sum(inside.stalls for inside in insides),
        quiet_s=min((inside.quiet_s for inside in insides), default=0.0),
        phases=phases,
        busy=sorted(busy, key=lambda each: -each.for_s)[:BUSY_NAMED],
    )


def explained(loads: Sequence[Load]) -> str:
    """Return one sentence on what holds a run in several processes back; empty when it is too early to say.

    A core that is full tells more than workers that are idle on another: a host is asked by one process.
    """
    full = [load for load in loads if load.elapsed_s >= SHORTEST_S and load.cpu_s >= FULL_CORE * load.elapsed_s]
    if full and any(load.cpu_s < IDLE_CORE * load.elapsed_s for load in loads):
        first = full[0].hosts[0].host if full[0].hosts else "its hosts"
        return (
            f"CPU-bound in {len(full)} of {len(loads)} processes, for {first} most of all, and others have little to "
            "do: a host is asked by one process, so neither more of them nor more concurrency will help"
        )
    return explain(merged(loads))


def total(counts: Sequence[dict[str, int]]) -> Counter[str]:
    """Return the sum of counts by name."""
    return sum(map(Counter, counts), Counter[str]())
