"""What holds a run back, in one sentence, and when it will be finished: judged from how its workers spent their time.

The causes are looked for in this order, and the first that holds is told:

1. too short    elapsed under SHORTEST_S, or no worker did anything yet: nothing is said
2. the thread   the CPU share of the process, or parsing alone, fills a core, or the event loop is late all the time:
                no host and no option matters then
3. idle         workers had no job for IDLE_SHARE of the time: a host's turn, a slow source, or fewer URLs than workers
4. critical     all workers are busy, but one host's queue will outlast everything else by CRITICAL_RATIO
5. busy         the phase in which the workers spent most of their time
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct, structs

from scraper.stats import count, duration

SHORTEST_S = 1.0
FEWEST_RECORDS = 10
"""Before that many pages the phases of busy workers are those of the first connections."""
FULL_CORE = 0.9
"""CPU seconds for each second; one asyncio thread seldom gets nearer to 1 for the time it spends in `select`."""
LATE_S = 0.01
"""Of the event loop on average: 50 ms with all workers busy parsing, 1 ms when they wait for the network."""
IDLE_SHARE = 0.2
"""Where a fifth of the workers has nothing to do, more workers do not help, whatever the others wait for."""
CLEAR_SHARE = 0.4
"""Of the time, for the phase of busy workers to be called the cause; below, the two largest are named."""
CRITICAL_RATIO = 1.5
NEAR_RATIO = 0.5
"""Hosts of the same limit with at least that part of the longest's remaining time are counted along with it."""


_NOT_CONCURRENCY = "more concurrency will not help"
_ONLY_TIME = "nothing helps but time"
_ANOTHER_CORE = "another process on another core (--processes) would help, more concurrency will not"

Limit = Literal["per-host", "delay", "crawl-delay", "backing-off", "robots", "dns", "down", "paused"]
"""What holds a host: backing-off after 429/503, robots.txt or its address not known yet, down while it is probed,
paused by a person."""


class HostLoad(Struct, frozen=True, kw_only=True):
    """One host's queue and its pace."""

    host: str
    unfinished: int
    """Jobs that wait in the frontier or the backlog, and those in flight."""
    in_flight: int
    slots: int
    """How many at a time, now."""
    gap_s: float
    """Seconds between starts, now; 0: none."""
    paused_s: float
    """Seconds until it may start again; 0: it may."""
    request_s: float
    """Mean duration of its requests; 0: not known."""
    limit: Limit


class Load(Struct, frozen=True, kw_only=True):
    """How the workers of a run spent their time, over the whole of it or over its last seconds."""

    workers: int
    elapsed_s: float
    busy_s: float
    """Worker-seconds with a job."""
    waiting_s: float
    """Worker-seconds without a job while jobs waited for their hosts' turn."""
    starved_s: float
    """Worker-seconds without a job because nothing waited, while the source was still being read."""
    tail_s: float
    """Worker-seconds without a job because nothing waited, after the source had been read to its end."""
    phases_s: Mapping[str, float]
    """Worker-seconds with a job by phase: robots, dns, connect, first_byte, body, parse, text, write."""
    cpu_s: float
    """CPU seconds of the process, or of all of them."""
    processes: int = 1
    late_s: float = 0.0
    """How late the event loop was, summed over"""
    pulses: int = 0
    """so many looks."""
    unfinished: int
    """URLs that have no record yet."""
    records_per_s: float
    """URLs that come to their end, over the same time."""
    hosts: Sequence[HostLoad]
    """The few with the longest remaining time, longest first."""

    def since(self, earlier: "Load") -> "Load":
        """Return what was spent after `earlier`; what is unfinished, and the hosts, are as they are now."""
        elapsed_s = self.elapsed_s - earlier.elapsed_s
        records = self.records_per_s * self.elapsed_s - earlier.records_per_s * earlier.elapsed_s
        return structs.replace(
            self,
            elapsed_s=elapsed_s,
            busy_s=self.busy_s - earlier.busy_s,
            waiting_s=self.waiting_s - earlier.waiting_s,
            starved_s=self.starved_s - earlier.starved_s,
            tail_s=self.tail_s - earlier.tail_s,
            phases_s={phase: spent - earlier.phases_s.get(phase, 0.0) for phase, spent in self.phases_s.items()},
            cpu_s=self.cpu_s - earlier.cpu_s,
            late_s=self.late_s - earlier.late_s,
            pulses=self.pulses - earlier.pulses,
            records_per_s=records / elapsed_s if elapsed_s > 0 else 0.0,
        )


def explain(load: Load) -> str:
    """Return one sentence: the cause, its figures, what would help and what would not. Empty: too early to say."""
    if load.elapsed_s < SHORTEST_S or load.busy_s + load.waiting_s + load.starved_s <= 0:
        return ""
    if told := _thread(load):
        return told
    if _share(load, load.waiting_s + load.starved_s + load.tail_s) >= IDLE_SHARE:
        return _idle(load)
    if load.records_per_s * load.elapsed_s < FEWEST_RECORDS:
        return ""
    return _critical(load) or _busy(load)


def finish_s(load: Load) -> float | None:
    """Return in how many seconds the run will be finished; None when nobody can tell.

    The larger of the critical path, which is the longest host queue at its own pace, and of all that is unfinished
    at the run's pace. When nothing gets finished now, the hosts must account for everything that is left.
    """
    if not load.unfinished:
        return 0.0
    path_s = max(map(remaining_s, load.hosts), default=0.0)
    if load.records_per_s > 0:
        return max(path_s, load.unfinished / load.records_per_s)
    is_known = sum(host.unfinished for host in load.hosts) >= load.unfinished and all(map(_has_pace, load.hosts))
    return path_s if is_known else None


def remaining_s(host: HostLoad) -> float:
    """Return how long the queue of `host` takes; at least, where its pace is not known."""
    if not host.unfinished:
        return 0.0
    if host.limit == "down":  # what a probe finds decides: its queue goes on, or ends as host-down at once
        return host.paused_s + host.request_s
    pace_s = max(host.gap_s, host.request_s / max(host.slots, 1))
    return host.paused_s + max(host.unfinished * pace_s, host.request_s)


def _has_pace(host: HostLoad) -> bool:
    return host.gap_s > 0 or host.request_s > 0


def _thread(load: Load) -> str:
    """Tell what keeps the thread of the event loop busy; empty when it has time to spare."""
    if load.cpu_s >= FULL_CORE * load.elapsed_s * load.processes:
        return _cpu_bound(load)
    if load.phases_s.get("parse", 0.0) >= FULL_CORE * load.elapsed_s * load.processes:
        return _blocked(load)
    if load.late_s >= LATE_S * load.pulses > 0:
        return _crowded(load)
    return ""


def _cpu_bound(load: Load) -> str:
    parsing = load.phases_s.get("parse", 0.0) / (load.elapsed_s * load.processes)
    figures = [_cpu(load), f"{_busy_workers(load)} workers busy"]
    if parsing >= 0.1:  # noqa: PLR2004 - worth naming
        figures.append(f"parsing {_percent(parsing)}")
    return f"CPU-bound: {', '.join(figures)}; {_ANOTHER_CORE}"


def _blocked(load: Load) -> str:
    parsing = load.phases_s["parse"] / (load.elapsed_s * load.processes)
    return (
        f"parsing holds all workers up {_percent(parsing)} of the time, at {_cpu(load)}: the parse callback "
        "waits for something; a callback that does not wait would help, more concurrency will not"
    )


def _crowded(load: Load) -> str:
    return (
        f"CPU-bound beside other programs: {_cpu(load)}, what has arrived waits "
        f"{duration(load.late_s / load.pulses)} for its turn; a core of its own would help, more concurrency will not"
    )


def _cpu(load: Load) -> str:
    cores = "one core" if load.processes == 1 else f"{load.processes} cores"
    return f"{_percent(load.cpu_s / (load.elapsed_s * load.processes))} of {cores}"


def _idle(load: Load) -> str:
    """Tell why workers have no job: the largest of the three reasons."""
    longest_s = max(load.waiting_s, load.starved_s, load.tail_s)
    share = f"{_percent(_share(load, longest_s))} of the time"
    idle = f"{_workers(load, longest_s)} workers idle"
    if longest_s == load.waiting_s:
        return _held_by_host(load, share, idle)
    if longest_s == load.starved_s:
        return f"{share} waiting for the source, which delivers too slowly: {idle}; {_NOT_CONCURRENCY}"
    last = f", the last at {load.hosts[0].host}" if load.hosts else ""
    return f"{share} fewer URLs were left than workers{last}: {idle}; {_NOT_CONCURRENCY}"


def _held_by_host(load: Load, share: str, idle: str) -> str:
    culprits = _culprits(load.hosts)
    if not culprits:
        return f"{share} waiting for a host's turn: {idle}; {_NOT_CONCURRENCY}"
    what, remedy = _limit(culprits[0], _names(culprits))
    return f"{share} waiting for {what}: {idle}; {remedy}"


def _critical(load: Load) -> str:
    """Tell of the host that the run will wait for in the end; empty when there is none."""
    culprits = _culprits(load.hosts)
    if not culprits or not load.unfinished or not load.records_per_s or not _has_pace(culprits[0]):
        return ""
    path_s = remaining_s(culprits[0])
    if path_s < CRITICAL_RATIO * load.unfinished / load.records_per_s or path_s < SHORTEST_S:
        return ""
    what, remedy = _limit(culprits[0], _names(culprits))
    urls = count(culprits[0].unfinished, "URL")
    return f"the end will wait for {what}: {urls} left there, {_left(path_s)} more; {remedy}"


def _culprits(hosts: Sequence[HostLoad]) -> list[HostLoad]:
    """Return the host that is waited for, and those of the same limit that will take about as long."""
    waited_for = [host for host in hosts if host.unfinished > host.in_flight] or list(hosts[:1])
    if not waited_for:
        return []
    first = waited_for[0]
    least_s = NEAR_RATIO * remaining_s(first)
    return [host for host in waited_for if host.limit == first.limit and remaining_s(host) >= least_s]


def _names(hosts: Sequence[HostLoad]) -> str:
    others = len(hosts) - 1
    return hosts[0].host + (f" and {count(others, 'other host')}" if others else "")


def _limit(host: HostLoad, names: str) -> tuple[str, str]:
    """Return what is waited for, with its figures, and what would help."""
    slots, gap, pause = f"{host.slots} at a time", f"{duration(host.gap_s)} between requests", _left(host.paused_s)
    if host.limit == "backing-off" and host.paused_s > 0:
        pushed_back = f"which asked for a pause (429/503, {pause} more)"
    else:
        pushed_back = f"slowed down after 429/503 ({slots}{f', {gap}' if host.gap_s else ''})"
    probed = f"probed again in {pause}" if host.paused_s else "being probed"
    return {
        "per-host": (f"{names} ({slots})", f"{_NOT_CONCURRENCY}, a higher --per-host would"),
        "delay": (f"{names} ({gap})", f"{_NOT_CONCURRENCY}, a shorter --delay would"),
        "crawl-delay": (f"the Crawl-delay of {names} ({gap})", f"{_ONLY_TIME}, robots.txt asks for it"),
        "backing-off": (f"{names}, {pushed_back}", _ONLY_TIME),
        "robots": (f"the robots.txt of {names}", _ONLY_TIME),
        "dns": (f"the name server to tell the address of {names}", f"{_NOT_CONCURRENCY}, a nearer name server would"),
        "paused": (f"{names}, paused with `scrape ctl`", "`scrape ctl OUTPUT resume HOST` would help"),
        "down": (f"{names}, which does not answer ({probed})", _ONLY_TIME),
    }[host.limit]


_PHASES = {
    "robots": ("asking for robots.txt files", "a higher --concurrency would help"),
    "dns": ("looking up names", "a nearer name server would help, more concurrency will not"),
    "connect": ("connecting", "a higher --concurrency would help"),
    "first_byte": ("waiting for first bytes", "a higher --concurrency would help"),
    "body": ("receiving bodies", "a faster line would help, a higher --concurrency only where the servers are slow"),
    "parse": ("parsing", _ANOTHER_CORE),
    "text": ("finding main texts", "more cores would help, more concurrency will not"),
    "write": ("waiting for the output to be written", "a faster disk would help, more concurrency will not"),
}


def _busy(load: Load) -> str:
    """Tell what busy workers do."""
    known = sorted(((load.phases_s.get(phase, 0.0), phase) for phase in _PHASES), reverse=True)
    workers = f"{_busy_workers(load)} workers busy"
    (most_s, most), (second_s, second) = known[:2]
    if _share(load, most_s) >= CLEAR_SHARE:
        doing, remedy = _PHASES[most]
        return f"{_percent(_share(load, most_s))} of the time {doing}: {workers}; {remedy}"
    shares = ", ".join(
        f"{_percent(_share(load, seconds))} {_PHASES[phase][0]}"
        for seconds, phase in ((most_s, most), (second_s, second))
        if seconds > 0
    )
    return f"nothing stands out{f' ({shares})' if shares else ''}: {workers}; a higher --concurrency would help"


def _share(load: Load, seconds: float) -> float:
    """Return which part of the workers' time `seconds` is."""
    worker_s = load.busy_s + load.waiting_s + load.starved_s + load.tail_s  # they may have been more, or fewer, before
    return seconds / max(worker_s, load.workers * load.elapsed_s)


def _workers(load: Load, seconds: float) -> str:
    """Return how many workers `seconds` is on average: `41 of 50`, `all 50`."""
    number = min(round(seconds / load.elapsed_s), load.workers)
    return f"all {load.workers}" if number == load.workers else f"{number} of {load.workers}"


def _busy_workers(load: Load) -> str:
    return _workers(load, load.busy_s)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _left(seconds: float) -> str:
    return duration(math.ceil(seconds))
