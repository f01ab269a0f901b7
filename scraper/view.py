"""What a run tells of itself while it goes: for the live line, the dashboard, and whoever else looks on."""

from collections.abc import Mapping

from msgspec import Struct

from scraper.bottleneck import Load


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
