"""What a run tells of itself while it goes: for the live line, the dashboard, and whoever else looks on."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from scraper.engine.bottleneck import Load
from scraper.seats import Busy


class View(Struct, frozen=True, kw_only=True):
    """What a run tells of itself at one moment: counts so far, and how its workers spent the last half minute."""

    done: int
    """Lines of the input whose end is known: ok, failed, duplicate, blank or done by an earlier run."""
    total: int | None = None
    """Lines of the input, when known."""
    ok: int
    failed: Mapping[str, int]
    """Records of this run by error kind."""
    busy: int
    """Workers that have a job."""
    workers: int
    queued: int
    """Jobs that wait in the frontier."""
    left_s: float | None = None
    """Seconds until the end, by the longest host queue at its pace; None when nobody can tell."""
    is_stopping: bool = False
    """It was asked to end; `note` says so, and is what is kept longest."""
    note: str = ""
    """What it is waiting for, or that it is stopping; empty when there is nothing to say."""

    elapsed_s: float = 0.0
    """Since the run began."""
    bytes: int = 0
    """Decoded bodies."""
    retries: int = 0
    statuses: Mapping[int, int] = {}
    """Records by their last HTTP status."""
    latency: Mapping[int, int] = {}
    """Records by the duration of their last attempt: what stats.Histogram counts."""
    load: Load | None = None
    """How the workers spent the last half minute, and the hosts that will take longest; None: nobody knows."""

    @property
    def records(self) -> int:
        """URLs that this run brought to an end."""
        return self.ok + sum(self.failed.values())


class HostCounts(Struct, frozen=True, array_like=True):
    """Hosts by what they do, at the last look at all of them."""

    active: int = 0
    """With URLs that wait or are in flight, in the frontier."""
    paused: int = 0
    """Of those, with URLs that wait for a time: a delay, Retry-After, a back-off, a host that is down."""
    resolving: int = 0
    """Whose name is being looked up."""


class Inside(Struct, frozen=True, kw_only=True, array_like=True):
    """What is going on inside a run at one moment: counted only for those who ask."""

    in_flight: Mapping[str, int] = {}
    """Busy workers by phase (`seats.PHASES`)."""
    hosts: HostCounts = HostCounts()
    open_sockets: int = 0
    """Idle ones included."""
    stalls: int = 0
    """How often nothing had come in for `config.STALL_TOLD_S`."""
    quiet_s: float = 0.0
    """Since anything came in, or came to its end."""
    phases: Mapping[str, Mapping[int, int]] = {}
    """By phase, records by how long their last attempt spent there, as stats.Histogram counts; none unless measured."""
    busy: Sequence[Busy] = ()
    """Workers that have a job, the longest at it first; not all of very many."""
